import type { Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { namesOf, rowsOf } from "../listed-entries.ts";
import { placeOf, type Check } from "../log/fact.ts";
import { askedIn, dueOf } from "../store/asked.ts";
import { isOpenRun } from "../store/runs.ts";
import type { Verifying } from "../verifying.ts";
import { carryingOf, newOrder, wantedPieces, type CarriedOrder } from "./carried-order.ts";

type Orders = ReadonlyMap<string, CarriedOrder>;

const RUN = "order-processing-";
const RETURN_RUN = "return-";
/** Queues whose messages wait for their time, and dead letters, which wait for a person. */
const WAITING =
  /^(workflow\/|parked\.|queue\/(comparisons|parcel-watch|pending-charges|reservation-expiry)\/|queue\/[^/]+\/dead$)/;
const PERSONS = /^(parked\.|queue\/[^/]+\/dead$)/;

/**
 * Each order agrees with its payment, stock and shipment. At every read: what was sent was paid in full and is a shipment;
 * once the order's workflow has ended, the order is carried out whole or undone whole; one that is to be carried out has a
 * workflow, or the message that starts it. At rest: none is open but those that wait for somebody, and of no order that
 * came to nothing is anything left.
 */
export function agreementCheck(verifying: Verifying): Check {
  const always = new Findings("orders agree");
  const rest = new Findings("orders at rest", "at rest");
  const orders = new Map<string, CarriedOrder>();
  return {
    findings: [always, rest],
    fact(fact) {
      const carrying = carryingOf(fact);
      if (!carrying) return;
      const order = orders.get(carrying.orderId) ?? newOrder();
      orders.set(carrying.orderId, order);
      const fault = carrying.change(order);
      if (fault !== undefined) always.violated(fault, placeOf(fact));
    },
    async end() {
      await checkAlways(verifying, orders, always);
      await checkAtRest(verifying, orders, rest);
    },
  };
}

async function checkAlways({ store, marks }: Verifying, orders: Orders, findings: Findings): Promise<void> {
  const asked = await askedIn(store, "order-work", "orderId");
  const parked = await parkedPositions(store);
  const isHeard = (position: number) => position <= marks.progressedTo && !parked.has(position);
  for (const [orderId, order] of orders) {
    findings.checked++;
    const where = { stream: `order-${orderId}` };
    for (const fault of faultsOf(order, isHeard)) findings.violated(fault, where);
    if (!isCarried(order) || order.run !== undefined || asked.has(orderId)) continue;
    const run = await store.getRow("workflow", `${RUN}${orderId}`);
    if (!run) findings.violated("it is to be carried out, and nothing is going to do that", where);
  }
}

/** Of events that orders passed over, which a person redrives or drops. */
async function parkedPositions(store: Store): Promise<ReadonlySet<number>> {
  const positions = new Set<number>();
  for await (const { key } of rowsOf(store, "parked.order-progress")) positions.add(Number(key));
  return positions;
}

function* faultsOf(order: CarriedOrder, isHeard: (position: number) => boolean): Generator<string> {
  const { status, payment, charged, total, shipment } = order;
  if (status === undefined) yield "nobody placed this order";
  if (status === undefined || order.isImported) return;
  const wanted = wantedPieces(order);
  if (order.reserved.size > 0 && !isSame(order.reserved, wanted)) yield "what is reserved is not what the order is for";
  if (order.shipped.size > 0 && !isSame(order.shipped, wanted)) yield "what left the stock is not what the order is for";
  if (isSent(order)) {
    if (payment !== "charged" || charged !== total) yield `it was sent, but not paid in full: the payment is ${payment}`;
    if (shipment === "none" || shipment === "cancelled") yield `it was sent, but its shipment is ${shipment}`;
    if (status === "delivered" && shipment !== "delivered") yield `it was delivered, but its shipment is ${shipment}`;
  } else if (order.shipped.size > 0) yield "pieces of an order that was not sent have left the stock";
  if (!knowsLeaving(order, isHeard)) yield "the carrier has its parcel, and the order does not know";
  if (!knowsArrival(order, isHeard)) yield "its shipment was delivered, and the order does not know";
  if (order.run === "completed" || order.run === "compensated" || order.run === "cancelled") yield* endFaults(order);
}

/** What the carrier has is kept until the order is confirmed, and sends it then. */
function knowsLeaving(order: CarriedOrder, isHeard: (position: number) => boolean): boolean {
  const { status, leftAt, hasLeft } = order;
  if (leftAt === undefined || !isHeard(leftAt) || isUndone(order)) return true;
  return isSent(order) || (hasLeft && status !== "confirmed");
}

/** An arrival counts once the order is sent; until then it is kept. */
function knowsArrival(order: CarriedOrder, isHeard: (position: number) => boolean): boolean {
  const { status, deliveredAt, hasArrived } = order;
  if (deliveredAt === undefined || !isHeard(deliveredAt) || isUndone(order)) return true;
  return isSent(order) ? status === "delivered" : hasArrived;
}

/** What must be once the order's workflow has ended. One that failed, or was terminated, is a person's. */
function* endFaults(order: CarriedOrder): Generator<string> {
  if (isSent(order)) {
    if (!isSame(order.shipped, wantedPieces(order))) yield "it was carried out, but its pieces did not leave the stock";
    if (order.shipment === "created" || order.shipment === "held") yield "it was carried out, but not handed over";
  } else if (isUndone(order)) yield* leftFaults(order);
  else yield `its workflow has ended, and it is ${String(order.status)}`;
}

/** What is left of an order that came to nothing. A parcel that the carrier had before anybody here knew is a person's. */
function* leftFaults({ payment, reserved, shipment, isCalledBack }: CarriedOrder): Generator<string> {
  if (payment === "charged" || payment === "pending") yield `it came to nothing, but its payment is ${payment}`;
  if (reserved.size > 0) yield "it came to nothing, but pieces are reserved for it";
  if (shipment !== "none" && shipment !== "cancelled" && !isCalledBack)
    yield `it came to nothing, but its shipment is ${shipment}`;
}

async function checkAtRest(verifying: Verifying, orders: Orders, findings: Findings): Promise<void> {
  const count = verifying.isAtRest ? 0 : await underWay(verifying.store, orders);
  if (count > 0) return findings.notChecked(`${count} ${count === 1 ? "piece" : "pieces"} of work under way`);
  for (const [orderId, order] of orders) {
    if (order.status === undefined || order.isImported) continue;
    findings.checked++;
    const where = { stream: `order-${orderId}` };
    if (isUndone(order)) for (const fault of leftFaults(order)) findings.violated(fault, where);
    else if (!isSent(order) && isCarried(order) && !isWaiting(order)) {
      findings.violated(`nothing is under way, and it is ${order.status}`, where);
    } else if (!isSent(order) && !isCarried(order) && order.reserved.size > 0) {
      findings.violated("pieces are reserved before it is known how it is paid", where);
    }
  }
}

/** Work that is due, messages that are tried again, and workflows of orders that wait for nobody. */
async function underWay(store: Store, orders: Orders): Promise<number> {
  const now = await store.now();
  let count = 0;
  for await (const queue of namesOf(store, "queue")) {
    if (PERSONS.test(queue)) continue;
    count += (await Array.fromAsync(dueOf(store, queue, WAITING.test(queue) ? now : Infinity), ({ id }) => id)).length;
  }
  for await (const row of rowsOf(store, "workflow")) {
    if (!isOpenRun(row)) continue;
    if (!isRunWaiting(row.key, orders) && !(await isReturnWaiting(store, row.key))) count++;
  }
  return count;
}

function isRunWaiting(id: string, orders: Orders): boolean {
  const order = id.startsWith(RUN) ? orders.get(id.slice(RUN.length)) : undefined;
  return order !== undefined && isWaiting(order);
}

/** A return waits for a decision, or for its pieces. */
async function isReturnWaiting(store: Store, id: string): Promise<boolean> {
  if (!id.startsWith(RETURN_RUN)) return false;
  const row = await store.getRow("returns", id.slice(RETURN_RUN.length));
  const status = memberOf(memberOf(parsedJson(row?.value ?? ""), "return"), "status");
  return status === "requested" || status === "accepted";
}

function isCarried({ isChosen, isImported, status }: CarriedOrder): boolean {
  return status !== undefined && isChosen && !isImported;
}

function isSent({ status }: CarriedOrder): boolean {
  return status === "shipped" || status === "delivered";
}

function isUndone({ status }: CarriedOrder): boolean {
  return status === "cancelled" || status === "failed";
}

/** For an operator, or for the customer's bank. */
function isWaiting({ isHeld, isShipmentHeld, payment }: CarriedOrder): boolean {
  return isHeld || isShipmentHeld || payment === "pending";
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, count]) => b.get(key) === count);
}
