import { canonicalText, isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { readSealedBlock } from "../sealed-block.ts";
import { isLineAmount, minorOf } from "./order-amounts.ts";
import { ORDER_CHANGES } from "./order-changes.ts";

/** What an order is after its events, by their meaning. */
export interface FoldedOrder {
  readonly version: number;
  readonly status: string;
  /** What the row shows beside status and version. */
  readonly placed: JsonRecord;
}

export interface OrderFact {
  readonly type: string;
  readonly schemaVersion: number;
  readonly version: number;
  readonly data: unknown;
}

/** The order after one more event, and why that event could not have been accepted. */
export interface FoldStep {
  readonly order: FoldedOrder | undefined;
  readonly faults: readonly string[];
}

/** Placed once; whatever comes then is legal in the state that it meets. */
export function foldOrder(orderId: string, before: FoldedOrder | undefined, fact: OrderFact): FoldStep {
  const { type, version, data } = fact;
  if (fact.schemaVersion !== 1) return { order: before, faults: ["an event of an unknown schema version"] };
  if (!isRecord(data)) return { order: before, faults: ["an event without data"] };
  if (type === "OrderPlaced") {
    const faults = before ? ["placed again"] : placementFaults(orderId, data);
    return { order: { version, status: "placed", placed: data }, faults };
  }
  const change = Object.hasOwn(ORDER_CHANGES, type) ? ORDER_CHANGES[type] : undefined;
  if (!change) return { order: before, faults: ["not an event of an order"] };
  if (!before?.status || !change.from.includes(before.status)) {
    return { order: before, faults: [`${type}, but the order was ${before?.status ?? "not placed"}`] };
  }
  const placed = change.change(before.placed, data);
  if (typeof placed === "string") return { order: before, faults: [placed] };
  return { order: { version, status: change.to ?? before.status, placed }, faults: [] };
}

/** The order as its row and its snapshots show it. */
export function orderState({ status, placed }: FoldedOrder): JsonRecord {
  return { ...placed, status };
}

/** The text of the order's row in the read model "orders". */
export function orderRowText(order: FoldedOrder): string {
  return canonicalText({ order: orderState(order), version: order.version });
}

export interface OrderKeys {
  readonly placedAt: number;
  readonly customerId: string | undefined;
  /** Text of the sealed block. */
  readonly contact: string | undefined;
}

/** What orders are found by. */
export function orderKeys(placed: JsonRecord): OrderKeys {
  const customerId = memberOf(placed["customer"], "id");
  const contact = memberOf(placed["customer"], "contact");
  return {
    placedAt: Number(placed["placedAt"]),
    customerId: typeof customerId === "string" ? customerId : undefined,
    contact: typeof contact === "string" ? contact : undefined,
  };
}

function placementFaults(orderId: string, placed: JsonRecord): readonly string[] {
  const faults: string[] = [];
  if (placed["orderId"] !== orderId) faults.push("the order's id is not its stream's");
  if (!Number.isSafeInteger(placed["placedAt"])) faults.push("the time of placing is no time");
  if (!isContactOf(placed, orderId)) faults.push("the contact is not a sealed block of the customer, or of a guest's order");
  faults.push(...amountFaults(placed));
  return faults;
}

function isContactOf(placed: JsonRecord, orderId: string): boolean {
  const contact = memberOf(placed["customer"], "contact");
  if (contact === undefined) return isRecord(placed["customer"]);
  const block = typeof contact === "string" ? readSealedBlock(contact) : undefined;
  return block?.subject === (orderKeys(placed).customerId ?? orderId);
}

/** The total is the sum of lines, taxes and adjustments, in one currency, and is not negative. */
function amountFaults(placed: JsonRecord): readonly string[] {
  const { currency, total } = placed;
  const [lines, adjustments] = [listOf(placed["lines"]), listOf(placed["adjustments"])];
  if (typeof currency !== "string" || !lines || !adjustments) return ["there are no amounts"];
  if (lines.length === 0) return ["there are no lines"];
  const members = [...lines, ...adjustments];
  const taxes = members.flatMap((member) => memberOf(member, "tax") ?? []);
  const amounts = [...members.map((member) => memberOf(member, "amount")), ...taxes].map((amount) => minorOf(amount, currency));
  const said = minorOf(total, currency);
  if (said === undefined || amounts.includes(undefined)) return ["an amount is none, or not of the order's currency"];
  const faults = lines.flatMap((line, index) => lineFaults(line, index, placed));
  const sum = amounts.reduce<bigint>((before, amount) => before + (amount ?? 0n), 0n);
  if (sum !== said) faults.push("the total is not the sum of lines, taxes and adjustments");
  if (said < 0n) faults.push("the total is negative");
  return faults;
}

function lineFaults(line: unknown, index: number, placed: JsonRecord): string[] {
  const currency = String(placed["currency"]);
  const amount = minorOf(memberOf(line, "amount"), currency);
  const [quantity, unitPrice] = [Number(memberOf(line, "quantity")), String(memberOf(line, "unitPrice"))];
  const isRight = amount !== undefined && isLineAmount({ quantity, unitPrice, amount }, currency, placed["origin"] !== undefined);
  return isRight ? [] : [`the amount of line ${index + 1} is not its quantity × price`];
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
