import type { Aggregates } from "@daybook/data/cqrs/aggregates";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import { STOCK_CATEGORY, type StockEvent } from "@daybook/shop-inventory/events";
import { PAYMENT_CATEGORY, type PaymentEvent } from "@daybook/shop-payments/events";
import type { Order, OrderCommand } from "./order.ts";

/** What others' events say of an order. */
interface Learned {
  readonly orderId: string;
  readonly command: OrderCommand;
}

/** Events of other contexts that move an order on. */
export const PROGRESS: LogFilter = {
  categories: [STOCK_CATEGORY, PAYMENT_CATEGORY],
  types: ["StockReserved", "PaymentCompleted"],
};

/** Pure; undefined for what says nothing about an order. */
export function learnedFrom({ event }: Pick<RecordedEvent, "event">): Learned | undefined {
  const known = event as StockEvent | PaymentEvent; // of the categories of PROGRESS
  switch (known.type) {
    case "StockReserved":
      return { orderId: known.data.orderId, command: { type: "reserve", reservationId: known.data.reservationId } };
    case "PaymentCompleted":
      return { orderId: known.data.orderId, command: { type: "pay", paymentId: known.data.paymentId } };
    default:
      return undefined;
  }
}

/**
 * Tells orders what a page of others' events says: each order in turn, different ones side by side. An order that knows it
 * already stays as it is, so that the same page may come again.
 */
export async function follow(orders: Aggregates<Order, OrderCommand>, page: readonly RecordedEvent[]): Promise<void> {
  const byOrder = Map.groupBy(newsOf(page), ({ learned }) => learned.orderId);
  await Promise.all(
    [...byOrder].map(async ([orderId, news]) => {
      for (const { learned, event } of news) {
        const { tenant, trace } = event.meta;
        const context = { correlationId: orderId, causationId: event.id, actor: "sys_ordering", tenant };
        const traced = trace === undefined ? context : { ...context, traceparent: trace };
        await orders.execute(orderId, learned.command, { context: traced, render: () => null });
      }
    }),
  );
}

/** Several products are reserved for one order at once: it learns that once. */
function newsOf(page: readonly RecordedEvent[]) {
  const seen = new Set<string>();
  return page.flatMap((event) => {
    const learned = learnedFrom(event);
    const key = `${learned?.orderId} ${learned?.command.type}`;
    if (!learned || seen.has(key)) return [];
    seen.add(key);
    return [{ learned, event }];
  });
}
