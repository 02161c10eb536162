import { isDeepStrictEqual } from "node:util";
import type { Row } from "@daybook/data/store";
import type { RecordedRead } from "@daybook/testing/simulation/recorded-store";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Operation } from "./operation.ts";

interface Pieces {
  onHand: number;
  reserved: number;
  shipped: number;
  writtenOff: number;
  received: number;
}

interface Movement {
  readonly productId: string;
  readonly quantity: number;
  readonly orderId?: string;
  readonly reference?: string;
  /** Of pieces that came back. */
  readonly writtenOff?: number;
}

/** What a movement takes from where, and where to. */
const MOVES: Readonly<Record<string, readonly [from: keyof Pieces | undefined, to: keyof Pieces]>> = {
  StockReceived: [undefined, "onHand"],
  StockReserved: ["onHand", "reserved"],
  StockReleased: ["reserved", "onHand"],
  StockShipped: ["reserved", "shipped"],
  StockWrittenOff: ["onHand", "writtenOff"],
  StockReturned: ["shipped", "onHand"],
};

/** Stock: nothing below zero, received = on hand + reserved + shipped + written off, after each event and at every read. */
export function checkStock(
  operations: readonly Operation[],
  reads: readonly RecordedRead[],
  { log, rows }: RawState,
  findings: Findings,
): void {
  const stocks = foldStock(log, findings);
  for (const { name, input, answer } of reads) {
    const row = answer as Row | undefined; // of getRow
    if (name !== "getRow" || input[0] !== "stock" || !row) continue;
    const { stock } = JSON.parse(row.value) as { stock: Pieces }; // as it is documented
    findings.expect("stock conserved", isConserved(stock), () => `a read of ${String(input[1])} shows ${JSON.stringify(stock)}`);
  }
  for (const [productId, pieces] of stocks) {
    const value = rows.find(({ collection, key }) => collection === "stock" && key === productId)?.value;
    const row = JSON.parse(value ?? "{}") as { stock?: Pieces & { productId?: string } }; // as it is documented
    const { productId: _, ...stock } = row.stock ?? { productId };
    findings.expect(
      "stock rows",
      isDeepStrictEqual(stock, pieces),
      () => `${productId} is ${value}, not ${JSON.stringify(pieces)}`,
    );
  }
  checkReservations(log, findings);
  checkReceived(operations, log, findings);
}

function foldStock(log: RawState["log"], findings: Findings): ReadonlyMap<string, Pieces> {
  const stocks = new Map<string, Pieces>();
  for (const { type, data, position } of log) {
    const move = MOVES[type];
    if (!move) continue;
    const { productId, quantity, writtenOff = 0 } = JSON.parse(data) as Movement; // as it is documented
    const pieces = stocks.getOrInsertComputed(productId, () => ({
      onHand: 0,
      reserved: 0,
      shipped: 0,
      writtenOff: 0,
      received: 0,
    }));
    const [from, to] = move;
    if (from) pieces[from] -= quantity;
    else pieces.received += quantity;
    pieces[to] += quantity;
    pieces.onHand -= writtenOff;
    pieces.writtenOff += writtenOff;
    findings.expect("stock conserved", isConserved(pieces), () => `${productId} is ${JSON.stringify(pieces)} at ${position}`);
  }
  return stocks;
}

function isConserved({ onHand, reserved, shipped, writtenOff, received }: Pieces): boolean {
  const parts = [onHand, reserved, shipped, writtenOff];
  return parts.every((part) => part >= 0) && parts.reduce((sum, part) => sum + part, 0) === received;
}

/** A product is reserved for an order once, and then released or shipped once, in the same quantity. */
function checkReservations(log: RawState["log"], findings: Findings): void {
  const reserved = new Map<string, number>();
  const ended = new Set<string>();
  for (const { type, data } of log) {
    if (type !== "StockReserved" && type !== "StockReleased" && type !== "StockShipped") continue;
    const { productId, quantity, orderId } = JSON.parse(data) as Movement; // as it is documented
    const id = `${orderId} ${productId}`;
    if (type === "StockReserved") {
      findings.expect("reserved once", !reserved.has(id), () => `${id} is reserved twice`);
      reserved.set(id, quantity);
      continue;
    }
    const isRight = reserved.get(id) === quantity && !ended.has(id);
    findings.expect(
      "released once",
      isRight,
      () => `${type} of ${id}: ${quantity} of ${reserved.get(id)}, ended: ${ended.has(id)}`,
    );
    ended.add(id);
  }
}

/** What arrived was counted once when that was acknowledged, once at most when nobody knows. */
function checkReceived(operations: readonly Operation[], log: RawState["log"], findings: Findings): void {
  const counts = new Map<string, number>();
  for (const { type, data } of log) {
    if (type !== "StockReceived") continue;
    const { reference = "" } = JSON.parse(data) as Movement; // as it is documented
    counts.set(reference, (counts.get(reference) ?? 0) + 1);
  }
  for (const { id, request, outcome } of operations) {
    if (request.kind !== "receive") continue;
    const count = counts.get(id) ?? 0;
    const isRight = outcome === "ok" ? count === 1 : count <= 1;
    findings.expect("received once", isRight, () => `${id} (${outcome}) was counted ${count} times`);
  }
}
