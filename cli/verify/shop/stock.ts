import { canonicalText, isRecord, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";
import { checkReservations, type OfOrder, type Outstanding } from "./reservations.ts";

const CATEGORY = "stock-";

type Counts = Readonly<Record<"onHand" | "reserved" | "shipped" | "writtenOff" | "received", number>>;
interface ExpectedStock extends ExpectedRow {
  readonly counts: Counts;
}

const NONE: Counts = { onHand: 0, reserved: 0, shipped: 0, writtenOff: 0, received: 0 };

/** Where the pieces of an event come from, and where they go; nothing is made or lost but what is received. */
const MOVES: Readonly<Record<string, { readonly from?: keyof Counts; readonly to: keyof Counts; readonly isForOrder: boolean }>> =
  {
    StockReceived: { to: "onHand", isForOrder: false },
    StockReserved: { from: "onHand", to: "reserved", isForOrder: true },
    StockReleased: { from: "reserved", to: "onHand", isForOrder: true },
    StockShipped: { from: "reserved", to: "shipped", isForOrder: true },
    StockWrittenOff: { from: "onHand", to: "writtenOff", isForOrder: false },
    // Those that are written off go on from there.
    StockReturned: { from: "shipped", to: "onHand", isForOrder: true },
  };

/**
 * Holds at every read: the pieces of each product are conserved and nowhere below zero; its row is that fold; and what is
 * reserved for an order is what its reservation says.
 */
export function stockCheck(verifying: Verifying): Check {
  const { store, head, meter } = verifying;
  const rules = new Findings("stock (law 12)");
  const rows = new Findings("stock read model (law 3)");
  const reservations = new Findings("reservations");
  const expected = new Map<string, ExpectedStock>();
  const outstanding: Outstanding = new Map();
  return {
    findings: [rules, rows, reservations],
    fact(fact) {
      const { stream, version, position, recordedAt } = fact.stored;
      if (!stream.startsWith(CATEGORY)) return;
      rules.checked++;
      const productId = stream.slice(CATEGORY.length);
      const { counts, faults } = moved(productId, expected.get(productId)?.counts ?? NONE, fact);
      for (const fault of faults) rules.violated(fault, placeOf(fact));
      noteOrder(outstanding, productId, fact);
      const digest = textDigest(canonicalText({ stock: { ...counts, productId }, version }));
      expected.set(productId, { digest, position, recordedAt, counts });
    },
    async end() {
      await compareRows({ store, name: "stock", expected, head, findings: rows, meter });
      await checkReservations(verifying, outstanding, reservations);
    },
  };
}

function moved(productId: string, before: Counts, { stored, data }: Fact): { counts: Counts; faults: readonly string[] } {
  const move = Object.hasOwn(MOVES, stored.type) ? MOVES[stored.type] : undefined;
  const quantity = memberOf(data, "quantity");
  if (!move || stored.schemaVersion !== 1 || !isRecord(data)) return { counts: before, faults: ["not an event of stock"] };
  if (!Number.isSafeInteger(quantity) || Number(quantity) < 1) return { counts: before, faults: ["pieces are not counted"] };
  const pieces = Number(quantity);
  const counts = { ...before };
  if (move.from) counts[move.from] -= pieces;
  else counts.received += pieces;
  counts[move.to] += pieces;
  const faults: string[] = [];
  if (stored.type === "StockReturned") {
    const lost = Number(data["writtenOff"]);
    if (!Number.isSafeInteger(lost) || lost < 0 || lost > pieces) faults.push("more is written off than came back");
    counts.onHand -= lost;
    counts.writtenOff += lost;
  }
  if (data["productId"] !== productId) faults.push("the product's id is not its stream's");
  if (move.isForOrder && typeof data["orderId"] !== "string") faults.push("pieces of no order");
  if (Object.values(counts).some((count) => count < 0)) faults.push("more pieces go than there are");
  const { onHand, reserved, shipped, writtenOff, received } = counts;
  if (received !== onHand + reserved + shipped + writtenOff) faults.push("pieces are made or lost");
  return { counts, faults };
}

function noteOrder(outstanding: Outstanding, productId: string, { stored: { type }, data }: Fact): void {
  const [orderId, quantity] = [memberOf(data, "orderId"), Number(memberOf(data, "quantity"))];
  const move = Object.hasOwn(MOVES, type) ? MOVES[type] : undefined;
  if (typeof orderId !== "string" || move?.isForOrder !== true || type === "StockReturned") return;
  const products = outstanding.get(orderId) ?? new Map<string, OfOrder>();
  const before = products.get(productId) ?? { reserved: 0, shipped: 0 };
  const reserved = before.reserved + (move.from === "onHand" ? quantity : -quantity);
  const shipped = before.shipped + (move.to === "shipped" ? quantity : 0);
  outstanding.set(orderId, products.set(productId, { reserved, shipped }));
}
