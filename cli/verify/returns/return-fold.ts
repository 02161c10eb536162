import { canonicalText, isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { minorOf } from "../shop/order-amounts.ts";
import type { FoldedOrder, OrderFact } from "../shop/order-fold.ts";
import { expectedShare, returnedLines, sentLines, type ReturnedLine, type Standing } from "./return-amounts.ts";

/** The returns of one order after their events, by id, as their rows show them. */
export type FoldedReturns = ReadonlyMap<string, JsonRecord>;

/** From which states each event comes, and to which. */
const MOVES: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
  ReturnAccepted: { from: ["requested"], to: "accepted" },
  ReturnRejected: { from: ["requested", "accepted"], to: "rejected" },
  ReturnReceived: { from: ["accepted"], to: "received" },
  ReturnCompleted: { from: ["received"], to: "completed" },
};

/** The returns after one more event, and why that event could not have been accepted. `order`: theirs, once one is asked for. */
export function foldReturns(
  orderId: string,
  before: FoldedReturns,
  { type, data }: OrderFact,
  order: FoldedOrder | undefined,
): { readonly returns: FoldedReturns; readonly faults: readonly string[] } {
  const returnId = memberOf(data, "returnId");
  if (!isRecord(data) || typeof returnId !== "string") return { returns: before, faults: ["an event of no return"] };
  const known = before.get(returnId);
  if (type === "ReturnRequested") {
    const faults = known ? ["the return is asked for again"] : requestFaults(orderId, before, data, order);
    return { returns: new Map([...before, [returnId, { ...data, status: "requested" }]]), faults };
  }
  const move = Object.hasOwn(MOVES, type) ? MOVES[type] : undefined;
  if (!move) return { returns: before, faults: ["not an event of a return"] };
  if (!known || !move.from.includes(String(known["status"]))) {
    return { returns: before, faults: [`${type}, but the return was ${known ? String(known["status"]) : "not asked for"}`] };
  }
  const after = { ...known, status: move.to, ...learned(type, data) };
  return { returns: new Map([...before, [returnId, after]]), faults: changeFaults(type, data, known) };
}

/** The text of a return's row: the version is that of the order's returns. */
export function returnRowText(one: JsonRecord, version: number): string {
  return canonicalText({ return: one, version });
}

function learned(type: string, data: JsonRecord): JsonRecord {
  switch (type) {
    case "ReturnRejected":
      return { rejection: { reason: data["reason"] } };
    case "ReturnReceived":
      return { writtenOff: data["writtenOff"] };
    case "ReturnCompleted":
      return data["creditNote"] === undefined ? {} : { creditNote: data["creditNote"] };
    default:
      return {};
  }
}

function changeFaults(type: string, data: JsonRecord, known: JsonRecord): readonly string[] {
  const lines = Array.isArray(known["lines"]) ? known["lines"] : [];
  if (type === "ReturnReceived") {
    const numbers = lines.map((line) => memberOf(line, "line"));
    const writtenOff = Array.isArray(data["writtenOff"]) ? data["writtenOff"] : [undefined];
    return writtenOff.every((number) => numbers.includes(number)) ? [] : ["something else is written off than came back"];
  }
  if (type !== "ReturnCompleted") return [];
  const pieces = lines.map((line) => ({ line: memberOf(line, "line"), quantity: memberOf(line, "quantity") }));
  const wanted = canonicalText([known["orderId"], pieces, known["amount"]]);
  const isSame = wanted === canonicalText([data["orderId"], data["lines"], data["amount"]]);
  return isSame ? [] : ["it is completed with something else than was asked for"];
}

/** Of an order that was sent; no more than was bought, and each line's exact share. */
function requestFaults(
  orderId: string,
  before: FoldedReturns,
  data: JsonRecord,
  order: FoldedOrder | undefined,
): readonly string[] {
  if (data["orderId"] !== orderId) return ["the return's order is not its stream's"];
  if (!order || (order.status !== "shipped" && order.status !== "delivered")) return ["a return of an order that was not sent"];
  if (data["customerId"] !== memberOf(order.placed["customer"], "id")) return ["a return of another person's order"];
  const currency = String(order.placed["currency"]);
  const lines = returnedLines(data, currency);
  if (!lines) return ["a return of nothing"];
  const isSum = lines.reduce((sum, { minor }) => sum + minor, 0n) === minorOf(data["amount"], currency);
  const faults = isSum ? [] : ["the amount of a return is not the sum of its lines"];
  const sent = sentLines(order.placed);
  const standing = standingOf(before, currency);
  for (const [at, line] of lines.entries()) {
    if ((lines[at - 1]?.line ?? 0) >= line.line) faults.push("the lines of a return are not in order");
    const fault = lineFault(line, sent[line.line - 1], standing.get(line.line) ?? { quantity: 0, minor: 0n });
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

function lineFault(
  line: ReturnedLine,
  sent: ReturnType<typeof sentLines>[number] | undefined,
  before: Standing,
): string | undefined {
  if (sent?.productId !== line.productId) return "what comes back is not what was bought";
  if (before.quantity + line.quantity > sent.bought) return "more comes back than was bought";
  const isShare = expectedShare(sent, before, line.quantity) === line.minor;
  return isShare ? undefined : "what is given back is not the share of what was charged";
}

/** What came back by line, in returns that were not rejected. */
function standingOf(returns: FoldedReturns, currency: string): ReadonlyMap<number, Standing> {
  const sums = new Map<number, Standing>();
  for (const one of returns.values()) {
    if (one["status"] === "rejected") continue;
    for (const { line, quantity, minor } of returnedLines(one, currency) ?? []) {
      const sum = sums.get(line) ?? { quantity: 0, minor: 0n };
      sums.set(line, { quantity: sum.quantity + quantity, minor: sum.minor + minor });
    }
  }
  return sums;
}
