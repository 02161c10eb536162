import { accept, refuse, type Decider, type Decision, type Refusal } from "@daybook/data/cqrs/decider";
import { add, isSameMoney, money, type Money } from "@daybook/kernel/money";
import { stateMachine } from "@daybook/kernel/state-machine";
import {
  ORDER_CATEGORY,
  type ItemsReturned,
  type Line,
  type OrderEvent,
  type OrderPlaced,
  type OrderConfirmed,
  type PaymentMethod,
  type Shipment,
} from "./events.ts";

/** What has become of an order. `absent` is the state of a stream without events; on hold is beside the status. */
export type OrderStatus =
  | "absent"
  | "placed"
  | "reserved"
  | "paid"
  | "confirmed"
  | "shipped"
  | "delivered"
  | "cancelled"
  | "failed";
export type OrderAction = Exclude<OrderCommand["type"], "refuse">;

/**
 * Which command is legal in which state, and where it leads. A parcel that has left or arrived before the order is confirmed
 * leaves it where it is, and it is no longer cancelled: once confirmed, it is shipped; once shipped, it is delivered.
 */
export const orderStates = stateMachine<OrderStatus, OrderAction>("absent", {
  absent: { place: "placed" },
  placed: {
    "add-item": "placed",
    "choose-payment": "placed",
    reserve: "reserved",
    pay: "paid",
    confirm: "confirmed",
    leave: "placed",
    deliver: "placed",
    hold: "placed",
    release: "placed",
    cancel: "cancelled",
    fail: "failed",
  },
  reserved: {
    pay: "paid",
    confirm: "confirmed",
    leave: "reserved",
    deliver: "reserved",
    hold: "reserved",
    release: "reserved",
    cancel: "cancelled",
    fail: "failed",
  },
  paid: {
    confirm: "confirmed",
    leave: "paid",
    deliver: "paid",
    hold: "paid",
    release: "paid",
    cancel: "cancelled",
    fail: "failed",
  },
  confirmed: {
    ship: "shipped",
    leave: "shipped",
    deliver: "confirmed",
    hold: "confirmed",
    release: "confirmed",
    cancel: "cancelled",
    fail: "failed",
  },
  shipped: { deliver: "delivered", "note-return": "shipped" },
  delivered: { "note-return": "delivered" },
  cancelled: {},
  failed: {},
});

export type Order =
  | { readonly status: "absent" }
  | (OrderPlaced & {
      readonly status: Exclude<OrderStatus, "absent">;
      /** Somebody's. */
      readonly hold?: Hold;
      /** Its shipment's, as long as shipping holds it. */
      readonly shipmentHold?: Hold;
      readonly reservationId?: string;
      readonly paymentId?: string;
      readonly shipment?: Shipment;
      /** The carrier has the parcel by its own word. */
      readonly hasLeft?: true;
      /** The carrier has delivered it. */
      readonly hasArrived?: true;
      readonly cancellation?: { readonly reason: string };
      readonly failure?: { readonly code: string; readonly reason: string };
      /** What has come back: no state of the order, which was sent. */
      readonly returns?: readonly ItemsReturned[];
    });
type PlacedOrder = Exclude<Order, { status: "absent" }>;

interface Hold {
  readonly reason: string;
}

/** Why an order is not shipped at present; undefined when it may be. */
export function holdOf({ hold, shipmentHold }: PlacedOrder): Hold | undefined {
  return hold ?? shipmentHold;
}

export type OrderCommand =
  | { readonly type: "place"; readonly order: OrderPlaced }
  /** `customerId` (here and below): asked by the customer, who has no orders but their own. */
  | { readonly type: "choose-payment"; readonly payment: PaymentMethod; readonly customerId?: string | undefined }
  /** Legal until the payment method is chosen: what is being carried out does not change. */
  | { readonly type: "add-item"; readonly line: Line; readonly customerId?: string | undefined }
  | { readonly type: "reserve"; readonly reservationId: string }
  | { readonly type: "pay"; readonly paymentId: string }
  | { readonly type: "confirm"; readonly confirmed: OrderConfirmed }
  | { readonly type: "ship" }
  /** The carrier says that it has the parcel: whoever holds the order is too late. */
  | { readonly type: "leave" }
  | { readonly type: "deliver" }
  /** `by`: the order follows its shipment; else it is somebody's word. Neither releases what the other holds. */
  | { readonly type: "hold"; readonly reason: string; readonly by?: "shipment"; readonly customerId?: string | undefined }
  | { readonly type: "release"; readonly by?: "shipment"; readonly customerId?: string | undefined }
  | { readonly type: "cancel"; readonly reason: string; readonly customerId?: string | undefined }
  | { readonly type: "fail"; readonly code: string; readonly reason: string }
  | { readonly type: "note-return"; readonly returned: ItemsReturned }
  /** Refused before it came to the aggregate (unknown product, other price): answered and kept like any refusal. */
  | { readonly type: "refuse"; readonly refusal: Refusal };

/** An order: placed once, then carried out, cancelled or failed. Its total is the sum of its lines, taxes and adjustments. */
export const orderDecider: Decider<Order, OrderCommand, OrderEvent> = {
  category: ORDER_CATEGORY,
  version: 2,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: OrderCommand, order: Order): Decision<OrderEvent> {
  if (command.type === "refuse") return { refusal: command.refusal };
  if ("customerId" in command && isForeign(order, command.customerId)) return illegal(command.type, "absent");
  if (!orderStates.next(order.status, command.type)) {
    return isLate(command, order) ? accept() : illegal(command.type, order.status);
  }
  if (command.type === "place") return place(command.order);
  return order.status === "absent" ? illegal(command.type, order.status) : change(command, order);
}

type Change = Exclude<OrderCommand, { type: "place" | "refuse" }>;

function change(command: Change, order: PlacedOrder): Decision<OrderEvent> {
  switch (command.type) {
    case "add-item":
      return addItem(command.line, order);
    case "choose-payment":
      if (order.payment) return refuse("payment-chosen", "How this order is paid was chosen before.");
      return accept({ type: "PaymentMethodChosen", data: { payment: command.payment } });
    case "reserve":
      return accept({ type: "OrderReserved", data: { reservationId: command.reservationId } });
    case "pay":
      return accept({ type: "OrderPaid", data: { paymentId: command.paymentId } });
    case "confirm":
      return confirm(command.confirmed, order);
    case "ship":
      return ship(order);
    case "leave":
      return leave(order);
    case "deliver":
      return deliver(order);
    case "hold":
    case "release":
      return heldOrReleased(command, order);
    case "cancel":
      return isWithCarrier(order) ? parcelLeft() : accept({ type: "OrderCancelled", data: { reason: command.reason } });
    case "fail":
      if (isWithCarrier(order)) return parcelLeft();
      return accept({ type: "OrderFailed", data: { code: command.code, reason: command.reason } });
    case "note-return": {
      const isKnown = order.returns?.some(({ returnId }) => returnId === command.returned.returnId);
      return isKnown ? accept() : accept({ type: "ItemsReturned", data: command.returned });
    }
  }
}

/** What other contexts say comes late or twice: it changes nothing then. What comes early is legal, see the table. */
function isLate(command: OrderCommand, order: Order): boolean {
  if (order.status === "absent") return false;
  switch (command.type) {
    case "reserve":
    case "pay":
    case "leave":
    case "deliver":
      return true;
    case "confirm":
      return isOnItsWay(order.status) && order.shipment?.shipmentId === command.confirmed.shipment.shipmentId;
    case "ship":
      return isOnItsWay(order.status);
    case "fail":
      return order.status === "failed";
    default:
      return false;
  }
}

function isOnItsWay(status: OrderStatus): boolean {
  return status === "confirmed" || status === "shipped" || status === "delivered";
}

/** Another person's order and a missing one answer alike. */
function isForeign(order: Order, customerId: string | undefined): boolean {
  return customerId !== undefined && order.status !== "absent" && order.customer.id !== customerId;
}

function illegal(action: OrderAction, status: OrderStatus): Decision<OrderEvent> {
  if (status === "absent") return refuse("order-not-found", "There is no such order.");
  if (action === "place") return refuse("order-exists", "An order with this id was placed before.", { status });
  return refuse("illegal-transition", `An order that is ${status} cannot be changed by "${action}".`, {
    status,
    legal: orderStates.legal(status),
  });
}

function place(order: OrderPlaced): Decision<OrderEvent> {
  const amounts = [...order.lines.flatMap(amountsOf), ...order.adjustments.map((adjustment) => adjustment.amount)];
  if (amounts.some((amount) => amount.currency !== order.currency)) return mixedCurrencies(order.currency);
  const total = amounts.reduce(add, money(0n, order.currency));
  if (!isSameMoney(total, order.total)) return refuse("total-differs", "The total is not the sum of the lines.", { total });
  if (total.minor.startsWith("-")) return refuse("total-negative", "The adjustments exceed the lines.", { total });
  return accept({ type: "OrderPlaced", data: order, occurredAt: order.placedAt });
}

/** The same product at the same price is one line. */
function addItem(line: Line, order: PlacedOrder): Decision<OrderEvent> {
  if (order.payment) return refuse("order-under-way", "Items are added until the payment method is chosen.");
  if (amountsOf(line).some((amount) => amount.currency !== order.currency)) return mixedCurrencies(order.currency);
  const before = order.lines.find((each) => isSameItem(each, line));
  const merged = before ? mergedLine(before, line) : line;
  if (merged.quantity > QUANTITY_MAX) return refuse("quantity-too-large", `At most 1,000,000 pieces of ${line.productId}.`);
  if (!before && order.lines.length >= LINES_MAX) return refuse("too-many-lines", "An order has at most 1,000 lines.");
  return accept({ type: "ItemAdded", data: { line: merged, total: amountsOf(line).reduce(add, order.total) } });
}

const QUANTITY_MAX = 1_000_000;
const LINES_MAX = 1_000;

function ship(order: PlacedOrder): Decision<OrderEvent> {
  const hold = holdOf(order);
  if (hold) return refuse("order-held", "The order is on hold.", { reason: hold.reason });
  return accept(...shipped(order));
}

function shipped({ shipment, hasArrived }: PlacedOrder): readonly OrderEvent[] {
  const event: OrderEvent = { type: "OrderShipped", data: { trackingNumber: shipment?.trackingNumber ?? "" } };
  return hasArrived ? [event, DELIVERED] : [event];
}

function confirm(confirmed: OrderConfirmed, order: PlacedOrder): Decision<OrderEvent> {
  const event: OrderEvent = { type: "OrderConfirmed", data: confirmed };
  return accept(event, ...(isWithCarrier(order) ? shipped({ ...order, ...confirmed }) : []));
}

/** What the carrier has is the pivot: the order goes on, also when we have not come to shipping it, or hold it. */
function leave(order: PlacedOrder): Decision<OrderEvent> {
  if (order.hasLeft) return accept();
  const left: OrderEvent = { type: "ParcelLeft", data: {} };
  return order.status === "confirmed" ? accept(left, ...shipped(order)) : accept(left);
}

function isWithCarrier({ hasLeft, hasArrived }: PlacedOrder): boolean {
  return hasLeft === true || hasArrived === true;
}

function parcelLeft(): Decision<OrderEvent> {
  return refuse("parcel-left", "The carrier has the parcel: what it brings is returned, the order is not cancelled any more.");
}

/** The carrier has the parcel from when it is made, and may be faster than we are: what it says is kept until it counts. */
function deliver(order: PlacedOrder): Decision<OrderEvent> {
  if (order.status === "shipped") return accept(DELIVERED);
  return order.hasArrived ? accept() : accept({ type: "ParcelArrived", data: {} });
}

const DELIVERED: OrderEvent = { type: "OrderDelivered", data: {} };

function heldOrReleased(command: Change & { type: "hold" | "release" }, order: PlacedOrder): Decision<OrderEvent> {
  const by = command.by && { by: command.by };
  const isHeld = (command.by ? order.shipmentHold : order.hold) !== undefined;
  if (command.type === "hold") {
    return isHeld ? accept() : accept({ type: "OrderHeld", data: { reason: command.reason, ...by } });
  }
  if (isHeld) return accept({ type: "OrderReleased", data: { ...by } });
  if (by || !order.shipmentHold) return accept();
  return refuse("order-held", "Its shipment is on hold: that is to be released.", { reason: order.shipmentHold.reason });
}

function mixedCurrencies(currency: string): Decision<OrderEvent> {
  return refuse("mixed-currencies", "An order has one currency.", { currency });
}

function amountsOf(line: Line): readonly Money[] {
  return line.tax ? [line.amount, line.tax] : [line.amount];
}

function isSameItem(a: Line, b: Line): boolean {
  return a.productId === b.productId && a.unitPrice === b.unitPrice && a.parcel === b.parcel;
}

/** Two lines of one product as one. */
export function mergedLine(before: Line, line: Line): Line {
  const tax = before.tax && line.tax ? add(before.tax, line.tax) : (before.tax ?? line.tax);
  const quantity = before.quantity + line.quantity;
  return { ...before, quantity, amount: add(before.amount, line.amount), ...(tax && { tax }) };
}

function evolve(order: Order, event: OrderEvent): Order {
  if (event.type === "OrderPlaced") return { ...event.data, status: "placed" };
  return order.status === "absent" ? order : evolved(order, event);
}

function evolved(order: PlacedOrder, event: Exclude<OrderEvent, { type: "OrderPlaced" }>): PlacedOrder {
  switch (event.type) {
    case "ItemAdded":
      return { ...order, lines: withLine(order.lines, event.data.line), total: event.data.total };
    case "PaymentMethodChosen":
      return { ...order, payment: event.data.payment };
    case "OrderReserved":
      return { ...order, status: "reserved", reservationId: event.data.reservationId };
    case "OrderPaid":
      return { ...order, status: "paid", paymentId: event.data.paymentId };
    case "OrderConfirmed":
      return { ...order, status: "confirmed", ...event.data };
    case "OrderShipped":
      return { ...released(shipmentReleased(order)), status: "shipped" };
    case "OrderDelivered":
      return { ...order, status: "delivered" };
    case "ParcelLeft":
      return { ...order, hasLeft: true };
    case "ParcelArrived":
      return { ...order, hasArrived: true };
    case "OrderHeld": {
      const hold = { reason: event.data.reason };
      return event.data.by ? { ...order, shipmentHold: hold } : { ...order, hold };
    }
    case "OrderReleased":
      return event.data.by ? shipmentReleased(order) : released(order);
    case "OrderCancelled":
      return { ...released(shipmentReleased(order)), status: "cancelled", cancellation: { reason: event.data.reason } };
    case "OrderFailed":
      return { ...released(shipmentReleased(order)), status: "failed", failure: event.data };
    case "ItemsReturned":
      return { ...order, returns: [...(order.returns ?? []), event.data] };
  }
}

function withLine(lines: readonly Line[], line: Line): Line[] {
  const at = lines.findIndex((each) => isSameItem(each, line));
  return at < 0 ? [...lines, line] : lines.with(at, line);
}

function released({ hold, ...order }: PlacedOrder): PlacedOrder {
  return order;
}

function shipmentReleased({ shipmentHold, ...order }: PlacedOrder): PlacedOrder {
  return order;
}
