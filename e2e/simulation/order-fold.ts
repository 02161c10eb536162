import type { RawState } from "@daybook/testing/simulation/store-checker";

/** An order as its events tell it: the checkers' own fold. */
export interface FoldedOrder {
  readonly orderId: string;
  /** Of the event that led here. */
  readonly type: string;
  readonly status: string;
  readonly isHeld: boolean;
  readonly version: number;
  readonly customerId: string | undefined;
  /** Of a cancellation. */
  readonly reason: string | undefined;
  /** Why it is on hold, or was last. */
  readonly holdReason: string | undefined;
  readonly total: string;
  readonly lines: readonly FoldedLine[];
  readonly payment: FoldedPayment | undefined;
  /** Ids of the operations that brought the events, by version. */
  readonly causes: readonly string[];
  readonly recordedAt: number;
}

export interface FoldedPayment {
  readonly kind: string;
  readonly token?: string;
  readonly accountId?: string;
}

export interface FoldedLine {
  readonly productId: string;
  /** Decimal text. */
  readonly unitPrice: string;
  readonly quantity: number;
  readonly amount: { readonly minor: string };
}

interface PlacedData {
  readonly orderId: string;
  readonly customer: { readonly id?: string };
  readonly lines: readonly FoldedLine[];
  readonly total: { readonly minor: string };
  readonly payment?: FoldedPayment;
}

/** Members of the events that come after the first, as they are documented. */
interface ChangedData {
  readonly reason?: string;
  readonly payment?: FoldedPayment;
  readonly line?: FoldedLine;
  readonly total?: { readonly minor: string };
}

/** What an event makes of an order's status; others leave it as it is. */
const LEADS_TO: Readonly<Record<string, string>> = {
  OrderReserved: "reserved",
  OrderPaid: "paid",
  OrderConfirmed: "confirmed",
  OrderShipped: "shipped",
  OrderDelivered: "delivered",
  OrderCancelled: "cancelled",
  OrderFailed: "failed",
};

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
  const { type } = event;
  if (type === "OrderPlaced") {
    const { orderId, customer, lines, total, payment } = JSON.parse(event.data) as PlacedData; // the event as it is documented
    const placed = { orderId, customerId: customer.id, lines, total: total.minor, payment, isHeld: false };
    return { ...placed, type, status: "placed", reason: undefined, holdReason: undefined, version, causes, recordedAt };
  }
  if (!before) throw new TypeError(`${event.stream} begins with ${type}`);
  const data = JSON.parse(event.data) as ChangedData; // likewise
  const status = LEADS_TO[type] ?? before.status;
  const isOver = type === "OrderCancelled" || type === "OrderFailed" || type === "OrderReleased";
  return {
    ...before,
    type,
    status,
    isHeld: type === "OrderHeld" || (before.isHeld && !isOver),
    reason: type === "OrderCancelled" ? data.reason : before.reason,
    holdReason: type === "OrderHeld" ? data.reason : before.holdReason,
    payment: data.payment ?? before.payment,
    lines: data.line ? withLine(before.lines, data.line) : before.lines,
    total: data.total?.minor ?? before.total,
    version,
    causes,
    recordedAt,
  };
}

/** The line as it then is; an order has one a product and price. */
function withLine(lines: readonly FoldedLine[], line: FoldedLine): readonly FoldedLine[] {
  const at = lines.findIndex(({ productId, unitPrice }) => productId === line.productId && unitPrice === line.unitPrice);
  return at < 0 ? [...lines, line] : lines.with(at, line);
}
