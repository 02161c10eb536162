import { createHash } from "node:crypto";
import type { DueItem } from "@daybook/data/store";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import { foldOrders, type FoldedOrder } from "./order-fold.ts";
import type { PlayedWorld } from "./played-world.ts";

/** What the log says of one order beside its own events. */
interface Deeds {
  reserved: number;
  released: number;
  shipped: number;
  /** Positions in the log. */
  paidAt: number;
  shippedAt: number;
  payment: string;
  shipment: string;
}

/** Each order ends carried out or undone; what the world outside was made to do agrees with it, and was done once. */
export function checkFulfilment(outside: PlayedWorld, state: RawState, findings: Findings): void {
  const folds = foldOrders(state.log);
  const deeds = deedsOf(state.log);
  const runs = new Map(state.rows.filter(({ collection }) => collection === "workflow").map(({ key, value }) => [key, value]));
  for (const [orderId, versions] of folds) {
    const order = versions.at(-1);
    if (!order) continue;
    const done = deeds.get(orderId) ?? NOTHING;
    if (order.payment) checkRun(orderId, runs.get(`order-processing-${orderId}`), findings);
    const expected = order.status === "shipped" || order.status === "delivered" ? wrongFulfilled : wrongUndone;
    const wrong = expected(order, done, outside);
    findings.expect("fulfilled or undone", wrong === undefined, () => `order ${orderId} is ${order.status}: ${wrong}`);
    const isPaidFirst = done.shippedAt === 0 || (done.paidAt > 0 && done.paidAt < done.shippedAt);
    findings.expect(
      "shipped is paid",
      isPaidFirst,
      () => `order ${orderId}: paid at ${done.paidAt}, shipped at ${done.shippedAt}`,
    );
  }
  checkCharges(outside, findings);
  checkLeavers(folds, state.log, findings);
}

/** However many keys were used: an order is charged once, and given back once. */
function checkCharges(outside: PlayedWorld, findings: Findings): void {
  const charges = Map.groupBy(outside.provider.charges.values(), ({ order }) => order.reference);
  for (const [orderId, all] of charges) {
    const charged = all.reduce((sum, charge) => sum + charge.charged, 0);
    const refunded = all.reduce((sum, charge) => sum + charge.refunded, 0);
    const isOnce = all.length === 1 && charged <= 1 && refunded <= charged;
    findings.expect("effects once", isOnce, () => `${orderId} was charged ${charged} times, refunded ${refunded} times`);
  }
}

/** Nothing is open of a customer who has left that was placed before. */
function checkLeavers(folds: ReadonlyMap<string, readonly FoldedOrder[]>, log: RawState["log"], findings: Findings): void {
  const placed = new Map<string, number>();
  for (const { type, data, stream, position } of log) {
    if (type === "OrderPlaced") placed.set(stream.slice("order-".length), position);
    if (type !== "CustomerDeleted") continue;
    const { customerId } = JSON.parse(data) as { customerId: string }; // as it is documented
    for (const [orderId, versions] of folds) {
      const order = versions.at(-1);
      if (order?.customerId !== customerId || !placed.has(orderId)) continue;
      const isOver = ["shipped", "delivered", "cancelled", "failed"].includes(order.status);
      findings.expect("leavers' orders end", isOver, () => `${customerId} has left, and ${orderId} is ${order.status}`);
    }
  }
}

const NOTHING: Deeds = { reserved: 0, released: 0, shipped: 0, paidAt: 0, shippedAt: 0, payment: "", shipment: "" };

/** What leaves a payment what it is. */
const ASIDE: ReadonlySet<string> = new Set(["PaymentDisputed", "PaymentGivenBack"]);

function deedsOf(log: RawState["log"]): ReadonlyMap<string, Deeds> {
  const deeds = new Map<string, Deeds>();
  for (const { stream, type, data, position } of log) {
    const { orderId = "" } = JSON.parse(data) as { orderId?: string }; // as events are documented
    const id = type === "OrderShipped" ? stream.slice("order-".length) : orderId;
    const order = deeds.getOrInsertComputed(id, () => ({ ...NOTHING }));
    if (type === "StockReserved") order.reserved++;
    if (type === "StockReleased") order.released++;
    if (type === "StockShipped") order.shipped++;
    if (type === "PaymentCompleted") order.paidAt = position;
    if (type === "OrderShipped") order.shippedAt = position;
    if (stream.startsWith("payment-") && !ASIDE.has(type)) order.payment = type;
    if (stream.startsWith("shipment-")) order.shipment = type;
  }
  return deeds;
}

function checkRun(orderId: string, row: string | undefined, findings: Findings): void {
  const { status } = JSON.parse(row ?? "{}") as { status?: string }; // as it is documented
  const isOver = ["completed", "compensated", "cancelled"].includes(status ?? "");
  findings.expect("workflows end", isOver, () => `the run of order ${orderId} is ${status}`);
}

function wrongFulfilled(order: FoldedOrder, done: Deeds, outside: PlayedWorld): string | undefined {
  const parcel = outside.carrier.parcels.get(parcelKey(order.orderId));
  if (done.payment !== "PaymentCompleted") return `its payment is ${done.payment}`;
  if (order.payment?.kind === "card" && chargeOf(order, outside)?.status !== "completed") return "its card is not charged";
  if (done.reserved === 0 || done.shipped !== done.reserved || done.released > 0) return `its stock is ${JSON.stringify(done)}`;
  if (!parcel || parcel.status === "cancelled") return `its parcel is ${parcel?.status}`;
  return SENT.includes(done.shipment) ? undefined : `its shipment is ${done.shipment}`;
}

const SENT = ["ShipmentHandedOver", "ShipmentDelivered", "ShipmentFailed"];

/** Also what was never carried out is so. */
function wrongUndone(order: FoldedOrder, done: Deeds, outside: PlayedWorld): string | undefined {
  if (order.payment && order.status !== "cancelled" && order.status !== "failed") return "it is paid for, and has not ended";
  const { status = "none" } = chargeOf(order, outside) ?? {};
  if (status === "completed" || status === "pending") return `its charge is ${status}`;
  if (done.payment === "PaymentCompleted" || done.payment === "PaymentPending") return `its payment is ${done.payment}`;
  if (done.released !== done.reserved || done.shipped > 0) return `its stock is ${JSON.stringify(done)}`;
  const parcel = outside.carrier.parcels.get(parcelKey(order.orderId));
  if (parcel && parcel.status !== "cancelled") return `its parcel is ${parcel.status}`;
  return done.shipment === "" || done.shipment === "ShipmentCancelled" ? undefined : `its shipment is ${done.shipment}`;
}

function chargeOf({ orderId }: FoldedOrder, outside: PlayedWorld) {
  return outside.provider.charges.get(`charge-pay_${digest(orderId)}`);
}

function parcelKey(orderId: string): string {
  return `parcel-shp_${digest(orderId)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 26);
}

/** Queues in which nothing is left when everything has come to its end. */
export const WORKED_OFF = [
  "order-work",
  "return-work",
  "payment-outcomes",
  "notifications",
  "pending-charges",
  "parcel-watch",
  "reservation-expiry",
];

/** In the store. */
export const QUEUES = WORKED_OFF.map((name) => `queue/${name}/0`);

/** No message is left, and none was given up. */
export function checkQueues(due: readonly DueItem[], { rows, keys }: RawState, findings: Findings): void {
  for (const { queue, id, payload } of due) {
    findings.expect("queues drain", false, () => `${queue} still holds ${id}: ${payload.slice(0, 300)}`);
  }
  for (const { collection, key, value } of rows) {
    findings.expect("queues drain", !collection.startsWith("dead."), () => `${collection} holds ${key}: ${value.slice(0, 300)}`);
  }
  for (const key of keys.keys()) findings.expect("queues drain", !key.startsWith("fifo/"), () => `the marker ${key} is left`);
}
