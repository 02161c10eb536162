import { projection, type Projection } from "@daybook/data/cqrs/projection";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { streamName, type RecordedEvent } from "@daybook/data/event-store/event";
import { add } from "@daybook/kernel/money";
import { PAYMENT_CATEGORY, type PaymentEvent } from "@daybook/shop-payments/events";
import { SHIPMENT_CATEGORY, type ShipmentEvent } from "@daybook/shop-shipping/events";
import type {
  GetOrder,
  OrderDetails,
  OrderPayment,
  OrderShipment,
  OrderStep,
  PaymentStatus,
  ShipmentStatus,
  WholeOrder,
} from "./contract.ts";
import { ORDER_CATEGORY, type OrderEvent } from "./events.ts";

/**
 * The read model "order-details": one row an order, with what its payment and its shipment have come to. It is what lists are
 * filtered by; all else that is shown of an order stands in its own row and in three short streams, and is not copied.
 */
export const ORDER_DETAILS = "order-details";

/** Lists that the rows are in; entries end with the order's time of placing. */
export const DETAIL_LISTS = { byPayment: "payment", byShipment: "shipment" } as const;

export interface DetailsRow {
  readonly placedAt: number;
  readonly payment?: PaymentStatus;
  readonly shipment?: ShipmentStatus;
}

export type DetailedEvent = OrderEvent | PaymentEvent | ShipmentEvent;

/** What each event makes of a payment; a dispute, and parts that go back, leave it as it is. */
const PAYMENTS: Readonly<Record<PaymentEvent["type"], PaymentStatus | undefined>> = {
  PaymentPending: "pending",
  PaymentCompleted: "completed",
  PaymentDeclined: "declined",
  PaymentCancelled: "cancelled",
  PaymentRefunded: "refunded",
  PaymentGivenBack: undefined,
  PaymentDisputed: undefined,
};

const SHIPMENTS: Readonly<Record<ShipmentEvent["type"], ShipmentStatus>> = {
  ShipmentCreated: "created",
  ShipmentHeld: "held",
  ShipmentReleased: "created",
  ShipmentHandedOver: "in-transit",
  ShipmentDelivered: "delivered",
  ShipmentFailed: "failed",
  ShipmentCancelled: "cancelled",
};

export function orderDetailsProjection(): Projection<DetailsRow, DetailedEvent> {
  return projection<DetailsRow, DetailedEvent>({
    name: ORDER_DETAILS,
    version: 1,
    categories: [ORDER_CATEGORY, PAYMENT_CATEGORY, SHIPMENT_CATEGORY],
    types: [
      "OrderPlaced",
      ...Object.entries(PAYMENTS).flatMap(([type, status]) => (status ? [type] : [])),
      ...Object.keys(SHIPMENTS),
    ],
    async project({ event }, view) {
      if (event.type === "OrderPlaced") return view.put(event.data.orderId, { placedAt: event.data.placedAt });
      const news = newsOf(event);
      const before = news && (await view.get(news.orderId));
      if (!before) return;
      const row = { ...before, ...news.change };
      view.put(news.orderId, row, indexOf(row));
    },
  });
}

function newsOf(event: DetailedEvent): { readonly orderId: string; readonly change: Partial<DetailsRow> } | undefined {
  if (isShipments(event)) return { orderId: event.data.orderId, change: { shipment: SHIPMENTS[event.type] } };
  const payment = isPayments(event) ? PAYMENTS[event.type] : undefined;
  return isPayments(event) && payment ? { orderId: event.data.orderId, change: { payment } } : undefined;
}

function indexOf({ placedAt, payment, shipment }: DetailsRow) {
  return {
    ...(payment && { [DETAIL_LISTS.byPayment]: [`${payment} ${timeEntry(placedAt)}`] }),
    ...(shipment && { [DETAIL_LISTS.byShipment]: [`${shipment} ${timeEntry(placedAt)}`] }),
  };
}

/** Entries are in the order of their texts. */
export function timeEntry(placedAt: number): string {
  return String(placedAt).padStart(15, "0");
}

/** The order with its payment, shipment and timeline, as they were when it was what is `shown`. */
export async function wholeOrder(events: EventStore, shown: OrderDetails, asOf: GetOrder): Promise<WholeOrder> {
  const streamOf = (category: string) => streamName(category, shown.id);
  const [own, payments, shipments] = await Promise.all([
    events.read<OrderEvent>(streamOf(ORDER_CATEGORY), { from: shown.version, direction: "backwards" }),
    events.read<PaymentEvent>(streamOf(PAYMENT_CATEGORY)),
    events.read<ShipmentEvent>(streamOf(SHIPMENT_CATEGORY)),
  ]);
  const until = asOf.version === undefined ? Infinity : (own[0]?.position ?? 0);
  const isThen = ({ position, recordedAt }: RecordedEvent) => position <= until && recordedAt <= (asOf.recordedAt ?? Infinity);
  const paid = payments.filter(isThen);
  const sent = shipments.filter(isThen);
  const all: readonly RecordedEvent[] = [...own, ...paid, ...sent];
  return {
    ...shown,
    payment: paid.reduce(paymentAfter, undefined),
    shipping: sent.reduce(shipmentAfter, undefined),
    timeline: all.toSorted((a, b) => a.position - b.position).map(stepOf),
    revision: paid.length + sent.length,
  };
}

function paymentAfter(
  before: OrderPayment | undefined,
  { event, recordedAt: processedAt }: RecordedEvent<PaymentEvent>,
): OrderPayment | undefined {
  const status = PAYMENTS[event.type];
  if (event.type === "PaymentGivenBack") {
    const { amount } = event.data;
    return before && { ...before, givenBack: before.givenBack ? add(before.givenBack, amount) : amount };
  }
  if (event.type === "PaymentDisputed" || !status) return before && { ...before, isDisputed: true };
  const { failure: _, ...rest } = { ...before, paymentId: event.data.paymentId, status, processedAt };
  switch (event.type) {
    case "PaymentPending":
    case "PaymentCompleted": {
      const { amount, chargeId: transactionId } = event.data;
      return { ...rest, amount, transactionId };
    }
    case "PaymentDeclined":
      return { ...rest, failure: { code: event.data.code, reason: event.data.reason } };
    default:
      return before?.failure ? { ...rest, failure: before.failure } : rest;
  }
}

function shipmentAfter(
  before: OrderShipment | undefined,
  { event, recordedAt }: RecordedEvent<ShipmentEvent>,
): OrderShipment | undefined {
  const change = {
    shipmentId: event.data.shipmentId,
    status: SHIPMENTS[event.type],
    changedAt: event.occurredAt ?? recordedAt,
  };
  if (event.type !== "ShipmentCreated") return { ...before, ...change };
  const { carrier, trackingNumber, estimatedDelivery } = event.data;
  return { ...change, carrier, trackingNumber, estimatedDelivery };
}

function stepOf({ event: { type, data, occurredAt }, recordedAt: at }: RecordedEvent): OrderStep {
  const { reason } = data as { readonly reason?: string }; // in events of these contexts a reason is a text
  const step = type.replace(/[A-Z]/g, (letter, index) => (index === 0 ? "" : "-") + letter.toLowerCase());
  return {
    step,
    at,
    ...(occurredAt !== undefined && occurredAt !== at && { occurredAt }),
    ...(reason !== undefined && { reason }),
  };
}

function isPayments(event: DetailedEvent): event is PaymentEvent {
  return Object.hasOwn(PAYMENTS, event.type);
}

function isShipments(event: DetailedEvent): event is ShipmentEvent {
  return Object.hasOwn(SHIPMENTS, event.type);
}
