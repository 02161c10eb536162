import type { RecordedEvent } from "@daybook/data/event-store/event";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { Context } from "@daybook/kernel/context";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "@daybook/shop-customers/events";
import { STOCK_CATEGORY, type StockEvent } from "@daybook/shop-inventory/events";
import { PAYMENT_CATEGORY, type PaymentEvent } from "@daybook/shop-payments/events";
import { RETURN_CATEGORY, type ReturnEvent } from "@daybook/shop-returns/events";
import { SHIPMENT_CATEGORY, type ShipmentEvent } from "@daybook/shop-shipping/events";
import { IMPORT_ACTOR } from "./contract.ts";
import type { OrderCommand } from "./order.ts";

/** What others' events say of an order, or of all orders of a customer. */
interface Learned {
  readonly of: { readonly orderId: string } | { readonly customerId: string };
  readonly command: OrderCommand;
}

/** Events of other contexts that move an order on. */
export const PROGRESS: LogFilter = {
  categories: [STOCK_CATEGORY, PAYMENT_CATEGORY, SHIPMENT_CATEGORY, RETURN_CATEGORY, CUSTOMER_CATEGORY],
  types: [
    "StockReserved",
    "PaymentCompleted",
    "ShipmentHandedOver",
    "ShipmentDelivered",
    "ShipmentHeld",
    "ShipmentReleased",
    "ReturnCompleted",
    "CustomerDeleted",
  ],
};

/** Pure; undefined for what says nothing about an order. */
function learnedFrom({ event }: RecordedEvent): Learned | undefined {
  const known = event as StockEvent | PaymentEvent | ShipmentEvent | ReturnEvent | CustomerEvent; // of the categories of PROGRESS
  switch (known.type) {
    case "StockReserved": {
      const { orderId, reservationId } = known.data;
      return { of: { orderId }, command: { type: "reserve", reservationId } };
    }
    case "PaymentCompleted":
      return { of: known.data, command: { type: "pay", paymentId: known.data.paymentId } };
    case "ShipmentHandedOver":
      // What the carrier has said has occurred when it says; of what we gave out, ordering has decided itself.
      return known.occurredAt === undefined ? undefined : { of: known.data, command: { type: "leave" } };
    case "ShipmentDelivered":
      return { of: known.data, command: { type: "deliver" } };
    case "ShipmentHeld":
      return { of: known.data, command: { type: "hold", reason: known.data.reason, by: "shipment" } };
    case "ShipmentReleased":
      return { of: known.data, command: { type: "release", by: "shipment" } };
    case "ReturnCompleted": {
      const { orderId, ...returned } = known.data;
      return { of: { orderId }, command: { type: "note-return", returned } };
    }
    case "CustomerDeleted":
      return { of: known.data, command: { type: "cancel", reason: "The customer's account was deleted." } };
    default:
      return undefined;
  }
}

export interface FollowParts {
  /** Tells an order; what it knows, or what comes too late, changes nothing; what comes early it keeps. */
  readonly tell: (orderId: string, command: OrderCommand, context: Context) => Promise<unknown>;
  /** A customer's orders that can still be cancelled. */
  readonly openOrders: (customerId: string) => AsyncIterable<string>;
}

/**
 * Tells orders what a page of others' events says: each order in turn, different ones side by side. The same page may come
 * again.
 */
export async function follow({ tell, openOrders }: FollowParts, page: readonly RecordedEvent[]): Promise<void> {
  const byOrder = Map.groupBy(newsOf(page), ({ learned: { of } }) => ("orderId" in of ? of.orderId : of.customerId));
  await Promise.all(
    [...byOrder.values()].map(async (news) => {
      for (const { learned, event } of news) {
        const { of, command } = learned;
        if ("orderId" in of) await tell(of.orderId, command, contextOf(event));
        else for await (const orderId of openOrders(of.customerId)) await tell(orderId, command, contextOf(event));
      }
    }),
  );
}

function contextOf({ id, meta: { correlation, tenant, trace, actor: by } }: RecordedEvent): Context {
  const actor = by === IMPORT_ACTOR ? IMPORT_ACTOR : "sys_ordering"; // what follows from an import is the import's
  const context = { correlationId: correlation, causationId: id, actor, tenant };
  return trace === undefined ? context : { ...context, traceparent: trace };
}

/** Several products are reserved for one order at once: it learns that once. */
function newsOf(page: readonly RecordedEvent[]) {
  const seen = new Set<string>();
  return page.flatMap((event) => {
    const learned = learnedFrom(event);
    if (!learned) return [];
    const key = event.event.type === "StockReserved" ? JSON.stringify(learned) : event.id;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ learned, event }];
  });
}
