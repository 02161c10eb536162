import type { DueItem, Store } from "@daybook/data/store";
import { memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { namesOf, paged, rowsOf } from "../listed-entries.ts";
import { placeOf, type Check } from "../log/fact.ts";
import { isOpenRun } from "../store/runs.ts";
import type { Verifying } from "../verifying.ts";
import { carryingOf, newOrder, wantedPieces, type CarriedOrder } from "./carried-order.ts";

type Orders = ReadonlyMap<string, CarriedOrder>;

const RUN = "order-processing-";
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
  const asked = await ordersAsked(store);
  for (const [orderId, order] of orders) {
    findings.checked++;
    const where = { stream: `order-${orderId}` };
    for (const fault of faultsOf(order, marks.progressedTo)) findings.violated(fault, where);
    if (!isCarried(order) || order.run !== undefined || asked.has(orderId)) continue;
    const run = await store.getRow("workflow", `${RUN}${orderId}`);
    if (!run) findings.violated("it is to be carried out, and nothing is going to do that", where);
  }
}

function* faultsOf(order: CarriedOrder, progressedTo: number): Generator<string> {
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
  if (!knowsLeaving(order, progressedTo)) yield "the carrier has its parcel, and the order does not know";
  if (!knowsArrival(order, progressedTo)) yield "its shipment was delivered, and the order does not know";
  if (order.run === "completed" || order.run === "compensated" || order.run === "cancelled") yield* endFaults(order);
}

/** What the carrier has is kept until the order is confirmed, and sends it then. */
function knowsLeaving(order: CarriedOrder, progressedTo: number): boolean {
  const { status, leftAt = Infinity, hasLeft } = order;
  if (leftAt > progressedTo || isUndone(order)) return true;
  return isSent(order) || (hasLeft && status !== "confirmed");
}

/** An arrival counts once the order is sent; until then it is kept. */
function knowsArrival(order: CarriedOrder, progressedTo: number): boolean {
  const { status, deliveredAt = Infinity, hasArrived } = order;
  if (deliveredAt > progressedTo || isUndone(order)) return true;
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
    const order = row.key.startsWith(RUN) ? orders.get(row.key.slice(RUN.length)) : undefined;
    if (!order || !isWaiting(order)) count++;
  }
  return count;
}

/** Orders of which a message says that they are to be carried out, also one that was given up for a person to look at. */
async function ordersAsked(store: Store): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  const note = (text: string) => text.split("\n").forEach((line) => ordersIn(parsedJson(line), asked));
  for await (const queue of namesOf(store, "queue")) {
    if (queue.startsWith("queue/order-work/")) for await (const { payload } of dueOf(store, queue, Infinity)) note(payload);
  }
  for await (const { value } of rowsOf(store, "dead.order-work")) note(value);
  return asked;
}

function ordersIn(value: unknown, found: Set<string>): void {
  const orderId = memberOf(value, "orderId");
  if (typeof orderId === "string") found.add(orderId);
  else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) ordersIn(member, found);
}

function dueOf(store: Store, queue: string, until: number): AsyncGenerator<DueItem> {
  return paged((after: DueItem | undefined) =>
    store.listDue(queue, until, after ? { after: { at: after.at, id: after.id } } : {}),
  );
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
