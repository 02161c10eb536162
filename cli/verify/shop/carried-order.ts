import { memberOf } from "../canonical-text.ts";
import type { Fact } from "../log/fact.ts";

/** An order with its payment, stock, shipment and workflow, as the facts so far left them. */
export interface CarriedOrder {
  /** Undefined for what is said of an order that nobody placed. */
  status?: string;
  /** Carried out by somebody else, and kept here. */
  isImported: boolean;
  isHeld: boolean;
  isShipmentHeld: boolean;
  /** It knows that its parcel has left, and has arrived, and is not sent yet. */
  hasLeft: boolean;
  hasArrived: boolean;
  /** It was said how it is paid: from then on it is carried out. */
  isChosen: boolean;
  /** Of its lines, by product, price and parcel. */
  readonly lines: Map<string, Line>;
  /** Amounts as text: currency and minor units. */
  total: string;
  payment: "none" | "pending" | "declined" | "cancelled" | "charged" | "refunded";
  charged: string;
  /** Pieces by product. */
  readonly reserved: Map<string, number>;
  readonly shipped: Map<string, number>;
  shipment: "none" | "created" | "held" | "handed-over" | "delivered" | "failed" | "cancelled";
  /** Positions at which the carrier said that it has the parcel, and at which the shipment was delivered. */
  leftAt?: number;
  deliveredAt?: number;
  /** Somebody was asked to call its parcel back. */
  isCalledBack: boolean;
  /** How its workflow ended. */
  run?: string;
}

interface Line {
  readonly productId: string;
  readonly quantity: number;
}

/** A fact that says something of an order: which one, and what it does; answers what is wrong with it. */
export interface Carrying {
  readonly orderId: string;
  change(order: CarriedOrder): string | undefined;
}

const RUN = "workflow-order-processing-";

/** Undefined for a fact that says nothing of an order. */
export function carryingOf(fact: Fact): Carrying | undefined {
  const { stream, type, position } = fact.stored;
  const { data } = fact;
  const [category = "", ...rest] = stream.split("-");
  const orderId = rest.join("-");
  switch (category) {
    case "order":
      return { orderId, change: (order) => placed(order, type, data) };
    case "payment":
      return { orderId, change: (order) => paid(order, type, data) };
    case "shipment":
      return { orderId, change: (order) => shipped(order, type, position, fact) };
    case "question": {
      const [of, cause] = [memberOf(data, "orderId"), memberOf(data, "cause")];
      if (typeof of !== "string" || cause !== "parcel-under-way") return undefined;
      return { orderId: of, change: (order) => void (order.isCalledBack = true) };
    }
    case "stock": {
      const of = memberOf(data, "orderId");
      return typeof of === "string" ? { orderId: of, change: (order) => moved(order, type, data) } : undefined;
    }
    case "workflow":
      if (!stream.startsWith(RUN)) return undefined;
      return { orderId: stream.slice(RUN.length), change: (order) => ended(order, data) };
    default:
      return undefined;
  }
}

export function newOrder(): CarriedOrder {
  return {
    isImported: false,
    isHeld: false,
    isShipmentHeld: false,
    isCalledBack: false,
    hasLeft: false,
    hasArrived: false,
    isChosen: false,
    lines: new Map(),
    total: "",
    payment: "none",
    charged: "",
    reserved: new Map(),
    shipped: new Map(),
    shipment: "none",
  };
}

/** Pieces that the order is for, by product. */
export function wantedPieces({ lines }: CarriedOrder): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const { productId, quantity } of lines.values()) wanted.set(productId, (wanted.get(productId) ?? 0) + quantity);
  return wanted;
}

const STATUSES: Readonly<Record<string, string>> = {
  OrderPlaced: "placed",
  OrderReserved: "reserved",
  OrderPaid: "paid",
  OrderConfirmed: "confirmed",
  OrderShipped: "shipped",
  OrderDelivered: "delivered",
  OrderCancelled: "cancelled",
  OrderFailed: "failed",
};

/** Whether each event is legal is the order rules' business. */
function placed(order: CarriedOrder, type: string, data: unknown): undefined {
  const status = Object.hasOwn(STATUSES, type) ? STATUSES[type] : undefined;
  if (status !== undefined) order.status = status;
  switch (type) {
    case "OrderPlaced": {
      const lines = memberOf(data, "lines");
      for (const line of Array.isArray(lines) ? lines : []) addLine(order, line);
      order.isImported = memberOf(data, "origin") !== undefined;
      order.isChosen = memberOf(data, "payment") !== undefined;
      order.total = amountText(memberOf(data, "total"));
      return;
    }
    case "ItemAdded":
      order.lines.delete(lineKey(memberOf(data, "line")));
      addLine(order, memberOf(data, "line"));
      order.total = amountText(memberOf(data, "total"));
      return;
    case "PaymentMethodChosen":
      order.isChosen = true;
      return;
    case "ParcelLeft":
      order.hasLeft = true;
      return;
    case "ParcelArrived":
      order.hasArrived = true;
      return;
    case "OrderHeld":
    case "OrderReleased":
      order[memberOf(data, "by") === "shipment" ? "isShipmentHeld" : "isHeld"] = type === "OrderHeld";
  }
}

function paid(order: CarriedOrder, type: string, data: unknown): undefined {
  if (type === "PaymentCompleted") order.charged = amountText(memberOf(data, "amount"));
  const payment = PAYMENTS[type];
  if (payment) order.payment = payment;
}

const PAYMENTS: Readonly<Record<string, CarriedOrder["payment"]>> = {
  PaymentPending: "pending",
  PaymentDeclined: "declined",
  PaymentCancelled: "cancelled",
  PaymentCompleted: "charged",
  PaymentRefunded: "refunded",
};

type Shipment = CarriedOrder["shipment"];
const HERE: readonly Shipment[] = ["created", "held"];

/** What each event of a shipment makes of it, and after what it may come. */
const SHIPMENTS: Readonly<Record<string, { readonly from: readonly Shipment[]; readonly to: Shipment }>> = {
  ShipmentCreated: { from: ["none"], to: "created" },
  ShipmentHeld: { from: HERE, to: "held" },
  ShipmentReleased: { from: ["held"], to: "created" },
  ShipmentHandedOver: { from: HERE, to: "handed-over" },
  ShipmentDelivered: { from: ["handed-over"], to: "delivered" },
  ShipmentFailed: { from: ["handed-over"], to: "failed" },
  ShipmentCancelled: { from: ["none", ...HERE], to: "cancelled" },
};

function shipped(order: CarriedOrder, type: string, position: number, { meta }: Fact): string | undefined {
  const move = Object.hasOwn(SHIPMENTS, type) ? SHIPMENTS[type] : undefined;
  if (!move) return "not an event of a shipment";
  const before = order.shipment;
  order.shipment = move.to;
  // What the carrier has said has occurred when it says.
  if (move.to === "handed-over" && memberOf(meta, "occurredAt") !== undefined) order.leftAt = position;
  if (move.to === "delivered") order.deliveredAt = position;
  return move.from.includes(before) ? undefined : `${type}, but the shipment was ${before}`;
}

function moved({ reserved, shipped: sent }: CarriedOrder, type: string, data: unknown): undefined {
  if (type === "StockReturned") return; // it was sent all the same
  const productId = String(memberOf(data, "productId"));
  const pieces = Number(memberOf(data, "quantity"));
  add(reserved, productId, type === "StockReserved" ? pieces : -pieces);
  if (type === "StockShipped") add(sent, productId, pieces);
}

/** Again, when an operator had it go back and on. */
function ended(order: CarriedOrder, data: unknown): undefined {
  order.run = String(memberOf(data, "status"));
}

function add(pieces: Map<string, number>, productId: string, count: number): void {
  const sum = (pieces.get(productId) ?? 0) + count;
  if (sum === 0) pieces.delete(productId);
  else pieces.set(productId, sum);
}

function addLine({ lines }: CarriedOrder, line: unknown): void {
  const [productId, quantity] = [String(memberOf(line, "productId")), Number(memberOf(line, "quantity"))];
  const key = lineKey(line);
  lines.set(lines.has(key) ? `${key} ${lines.size}` : key, { productId, quantity });
}

function lineKey(line: unknown): string {
  return ["productId", "unitPrice", "parcel"].map((name) => String(memberOf(line, name))).join(" ");
}

function amountText(amount: unknown): string {
  return `${String(memberOf(amount, "currency"))} ${String(memberOf(amount, "minor"))}`;
}
