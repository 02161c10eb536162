import { isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { minorOf } from "./order-amounts.ts";

/** What an event after the placing does to an order: from which states, to which, and what it leaves in the row. */
export interface OrderChange {
  readonly from: readonly string[];
  /** As before unless given. */
  readonly to?: string;
  /** The row's members after it; a text says what is wrong with the event. */
  change(order: JsonRecord, data: JsonRecord): JsonRecord | string;
}

const CANCELLABLE = ["placed", "reserved", "paid", "confirmed"];

/** By the meaning of each event, not by the program's code. */
export const ORDER_CHANGES: Readonly<Record<string, OrderChange>> = {
  ItemAdded: { from: ["placed"], change: addItem },
  PaymentMethodChosen: {
    from: ["placed"],
    change: (order, data) =>
      order["payment"] === undefined ? withTexts(order, data, "payment") : "how it is paid was chosen twice",
  },
  OrderReserved: { from: ["placed"], to: "reserved", change: (order, data) => withTexts(order, data, "reservationId") },
  OrderPaid: { from: ["placed", "reserved"], to: "paid", change: (order, data) => withTexts(order, data, "paymentId") },
  OrderConfirmed: {
    from: ["placed", "reserved", "paid"],
    to: "confirmed",
    change: (order, data) => withTexts(order, data, "reservationId", "paymentId", "shipment"),
  },
  OrderShipped: {
    from: ["confirmed"],
    to: "shipped",
    change(order) {
      const isHeld = order["hold"] !== undefined || order["shipmentHold"] !== undefined;
      return isHeld && order["hasLeft"] !== true ? "shipped while on hold" : withoutHolds(order);
    },
  },
  OrderDelivered: { from: ["shipped"], to: "delivered", change: (order) => order },
  ParcelLeft: {
    from: CANCELLABLE,
    change: (order) => (order["hasLeft"] === undefined ? { ...order, hasLeft: true } : "left twice"),
  },
  ParcelArrived: {
    from: CANCELLABLE,
    change: (order) => (order["hasArrived"] === undefined ? { ...order, hasArrived: true } : "arrived twice"),
  },
  ItemsReturned: { from: ["shipped", "delivered"], change: noteReturn },
  OrderHeld: {
    from: CANCELLABLE,
    change: (order, { reason, by }) => (order[holdBy(by)] === undefined ? { ...order, [holdBy(by)]: { reason } } : "held twice"),
  },
  OrderReleased: {
    from: CANCELLABLE,
    change: (order, { by }) => (order[holdBy(by)] === undefined ? "released, but was not held" : without(order, holdBy(by))),
  },
  OrderCancelled: {
    from: CANCELLABLE,
    to: "cancelled",
    change: (order, { reason }) =>
      typeof reason === "string" ? given(order, { cancellation: { reason } }) : "cancelled without a reason",
  },
  OrderFailed: {
    from: CANCELLABLE,
    to: "failed",
    change: (order, data) => (typeof data["reason"] === "string" ? given(order, { failure: data }) : "failed without a reason"),
  },
};

/** No more comes back than was bought; each return is noted once. */
function noteReturn(order: JsonRecord, data: JsonRecord): JsonRecord | string {
  const before = Array.isArray(order["returns"]) ? (order["returns"] as readonly unknown[]) : []; // noted by this event
  if (before.some((each) => memberOf(each, "returnId") === data["returnId"])) return "a return is noted twice";
  const lines = Array.isArray(order["lines"]) ? (order["lines"] as readonly unknown[]) : []; // placed with lines
  const returns = [...before, data];
  const isTooMuch = lines.some((line, at) => Number(memberOf(line, "quantity")) < piecesOf(returns, at + 1));
  return isTooMuch ? "more has come back than was bought" : { ...order, returns };
}

function piecesOf(returns: readonly unknown[], number: number): number {
  const lines = returns.flatMap((each) => memberOf(each, "lines") as readonly unknown[]); // an event's
  const own = lines.filter((line) => memberOf(line, "line") === number);
  return own.reduce<number>((sum, line) => sum + Number(memberOf(line, "quantity")), 0);
}

function withTexts(order: JsonRecord, data: JsonRecord, ...names: readonly string[]): JsonRecord | string {
  const missing = names.find((name) => data[name] === undefined);
  return missing === undefined ? { ...order, ...data } : `an event without ${missing}`;
}

/** An order is given up until its parcel has left. */
function given(order: JsonRecord, end: JsonRecord): JsonRecord | string {
  const isWithCarrier = order["hasLeft"] === true || order["hasArrived"] === true;
  return isWithCarrier ? "given up after its parcel had left" : { ...withoutHolds(order), ...end };
}

/** Its shipment's hold is beside somebody's. */
function holdBy(by: unknown): "hold" | "shipmentHold" {
  return by === "shipment" ? "shipmentHold" : "hold";
}

function without(order: JsonRecord, member: string): JsonRecord {
  return Object.fromEntries(Object.entries(order).filter(([name]) => name !== member));
}

function withoutHolds(order: JsonRecord): JsonRecord {
  return without(without(order, "hold"), "shipmentHold");
}

/** The line replaces one of the same product, price and parcel; the total grows by what it grew. */
function addItem(order: JsonRecord, { line, total }: JsonRecord): JsonRecord | string {
  const currency = String(order["currency"]);
  const lines = Array.isArray(order["lines"]) ? (order["lines"] as readonly unknown[]) : []; // placed with lines
  const at = lines.findIndex((each) =>
    ["productId", "unitPrice", "parcel"].every((name) => memberOf(each, name) === memberOf(line, name)),
  );
  const grown = worth(line, currency) - (at < 0 ? 0n : worth(lines[at], currency));
  if (order["payment"] !== undefined) return "an item was added after the payment method was chosen";
  if (!isRecord(line) || minorOf(total, currency) !== (minorOf(order["total"], currency) ?? 0n) + grown) {
    return "the total did not grow by the item that was added";
  }
  return { ...order, lines: at < 0 ? [...lines, line] : lines.with(at, line), total };
}

function worth(line: unknown, currency: string): bigint {
  return (minorOf(memberOf(line, "amount"), currency) ?? 0n) + (minorOf(memberOf(line, "tax"), currency) ?? 0n);
}
