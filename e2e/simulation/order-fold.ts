import type { RawState } from "@daybook/testing/simulation/store-checker";

/** An order as its events tell it: the checkers' own fold. */
export interface FoldedOrder {
  readonly orderId: string;
  readonly status: "placed" | "cancelled";
  readonly version: number;
  readonly customerId: string | undefined;
  readonly reason: string | undefined;
  readonly total: string;
  readonly lines: readonly FoldedLine[];
  /** Ids of the operations that brought the events, by version. */
  readonly causes: readonly string[];
  readonly recordedAt: number;
}

export interface FoldedLine {
  readonly productId: string;
  readonly quantity: number;
  readonly amount: { readonly minor: string };
}

interface PlacedData {
  readonly orderId: string;
  readonly customer: { readonly id?: string };
  readonly lines: readonly FoldedLine[];
  readonly total: { readonly minor: string };
}

/** All versions of all orders of a log, by order id: the first is version 1. */
export function foldOrders(log: RawState["log"]): ReadonlyMap<string, readonly FoldedOrder[]> {
  const orders = new Map<string, FoldedOrder[]>();
  for (const event of log) {
    if (!event.stream.startsWith("order-")) continue;
    const id = event.stream.slice("order-".length);
    const versions = orders.get(id) ?? [];
    orders.set(id, versions);
    const { causation } = JSON.parse(event.meta) as { causation: string }; // every event has one
    versions.push(next(versions.at(-1), event, causation));
  }
  return orders;
}

function next(before: FoldedOrder | undefined, event: RawState["log"][number], cause: string): FoldedOrder {
  const { version, recordedAt } = event;
  const causes = [...(before?.causes ?? []), cause];
  if (event.type === "OrderPlaced") {
    const { orderId, customer, lines, total } = JSON.parse(event.data) as PlacedData; // the event as it is documented
    const placed = { orderId, customerId: customer.id, lines, total: total.minor };
    return { ...placed, status: "placed", reason: undefined, version, causes, recordedAt };
  }
  const { reason } = JSON.parse(event.data) as { reason: string }; // likewise
  if (!before) throw new TypeError(`${event.stream} begins with ${event.type}`);
  return { ...before, status: "cancelled", reason, version, causes, recordedAt };
}
