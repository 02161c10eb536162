import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { subscribe } from "@daybook/data/event-store/subscription";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { stockEvents } from "@daybook/shop-inventory/events";
import { paymentEvents } from "@daybook/shop-payments/events";
import { shipmentEvents } from "@daybook/shop-shipping/events";
import { levelName } from "@daybook/messaging/queue";
import { cancelOrder, choosePayment, holdOrder, IMPORT_ACTOR, orderWork, releaseOrder } from "./contract.ts";
import { outcomeOf, trialOrders } from "./conformance/trial.ts";
import { orderEvents } from "./events.ts";

const context = { correlationId: "cor_1", actor: "sys_1", tenant: "shop" };
const ten = money(1_000n, "GBP");

function trial() {
  const orders = trialOrders();
  const { store, clock, service } = orders;
  const ids = idSource(clock, seededRandom(2));
  const events = eventStore(store, { ...orderEvents, ...stockEvents, ...paymentEvents, ...shipmentEvents }, memoryKeys());
  const append = (stream: string, type: string, data: object, actor = context.actor) =>
    events.append({ unitId: ids("unt"), stream, events: [{ type, data }], context: { ...context, actor } });
  const reserved = (orderId: string, productId: string) =>
    append(`stock-${productId}`, "StockReserved", { orderId, productId, quantity: 1, reservationId: "res_1" });
  const entry = [
    { account: "house:card-clearing", currency: "GBP", minor: "-1000" },
    { account: "house:sales", currency: "GBP", minor: "1000" },
  ];
  const paid = (orderId: string) =>
    append(`payment-${orderId}`, "PaymentCompleted", { orderId, paymentId: "pay_1", amount: ten, paidBy: "card", entry });

  const shipment = (orderId: string, type: string, more: object = {}) =>
    append(`shipment-${orderId}`, type, { orderId, shipmentId: "shp_1", ...more });
  /** By the carrier's word, which occurred when it says. */
  const left = (orderId: string) => {
    const event = { type: "ShipmentHandedOver", data: { orderId, shipmentId: "shp_1" }, occurredAt: 1 };
    return events.append({ unitId: ids("unt"), stream: `shipment-${orderId}`, events: [event], context });
  };

  /** Ordering's own part of carrying it out, as fulfilment asks for it. */
  async function confirmed(orderId: string): Promise<void> {
    const parcel = { shipmentId: "shp_1", carrier: "Post", trackingNumber: "T1" };
    const input = { orderId, reservationId: "res_1", paymentId: "pay_1", shipment: parcel };
    await service.calls.serve("confirm", input, { context });
  }
  const ship = (orderId: string) => service.calls.serve("ship", { orderId }, { context });

  /** Follows from the start to the head, as a process that has never followed before. */
  async function followAll(name: string): Promise<void> {
    const { position: until } = await store.head();
    const subscription = subscribe({ name, events, clock, ids, owner: "prc_1", until, ...service.progress });
    for (let isOver = false; !isOver; clock.advance(1)) {
      isOver = await Promise.race([subscription.ended.then(() => true), setImmediate(false)]);
    }
  }

  const typesOf = async (orderId: string) => (await events.read(`order-${orderId}`)).map(({ event }) => event.type);
  return { ...orders, events, append, reserved, paid, shipment, left, confirmed, ship, followAll, typesOf };
}

void describe("an order", () => {
  void test("learns that it is reserved and paid, once, however often it is told", async () => {
    const trialled = trial();
    const { reserved, paid, followAll, typesOf, events } = trialled;
    const orderId = await trialled.place();
    for (const product of ["mug", "pot"]) await reserved(orderId, product);
    await paid(orderId);
    for (const name of ["a", "b"]) await followAll(name);
    assert.deepEqual(await typesOf(orderId), ["OrderPlaced", "OrderReserved", "OrderPaid"]);
    const [, second] = await events.read(`order-${orderId}`);
    assert.equal(second?.meta.correlation, orderId);
    assert.match(second.meta.causation, /^unt_.*\/0$/, "the cause is the event that it learned from");
  });

  void test("says what it learned by itself, unless an import brought it about", async () => {
    const trialled = trial();
    const { append, followAll, events } = trialled;
    const orderIds = [await trialled.place(), await trialled.place()];
    for (const [at, orderId] of orderIds.entries()) {
      const data = { orderId, productId: "mug", quantity: 1, reservationId: "res_1" };
      await append("stock-mug", "StockReserved", data, at === 0 ? IMPORT_ACTOR : "usr_1");
    }
    await followAll("a");
    const learned = await Promise.all(orderIds.map((orderId) => events.read(`order-${orderId}`, { from: 2 })));
    assert.deepEqual(
      learned.map(([event]) => event?.meta.actor),
      [IMPORT_ACTOR, "sys_ordering"],
    );
  });

  void test("that is paid before it heard of the reservation is paid", async () => {
    const trialled = trial();
    const { reserved, paid, followAll, typesOf } = trialled;
    const orderId = await trialled.place();
    await paid(orderId);
    await reserved(orderId, "mug");
    await followAll("a");
    assert.deepEqual(await typesOf(orderId), ["OrderPlaced", "OrderPaid"]);
  });

  void test("that was cancelled stays so; of one that does not exist nothing is made", async () => {
    const trialled = trial();
    const { reserved, followAll, typesOf, service, store } = trialled;
    const orderId = await trialled.place();
    await outcomeOf(service, cancelOrder, { orderId, reason: "late" });
    await reserved(orderId, "mug");
    await reserved("ord_none", "mug");
    await followAll("a");
    assert.deepEqual(await typesOf(orderId), ["OrderPlaced", "OrderCancelled"]);
    assert.equal(await store.streamVersion("order-ord_none"), 0);
  });

  void test("that hears of its parcel's arrival before it is shipped is delivered once it is, however often it is told", async () => {
    const trialled = trial();
    const { shipment, confirmed, ship, followAll, typesOf, service } = trialled;
    const orderId = await trialled.place();
    await confirmed(orderId);
    await outcomeOf(service, holdOrder, { orderId, reason: "odd" });
    await shipment(orderId, "ShipmentDelivered"); // the carrier does not know that the order is on hold
    for (const name of ["a", "b"]) await followAll(name);
    await outcomeOf(service, releaseOrder, { orderId });
    await ship(orderId);
    await followAll("c");
    assert.deepEqual((await typesOf(orderId)).slice(3), ["ParcelArrived", "OrderReleased", "OrderShipped", "OrderDelivered"]);
  });

  void test("whose parcel the carrier has goes on: it is not cancelled, nobody holds it any more, and its workflow is told", async () => {
    const trialled = trial();
    const { left, confirmed, ship, followAll, typesOf, service, store } = trialled;
    const orderId = await trialled.place();
    await outcomeOf(service, choosePayment, { orderId, payment: { kind: "card", token: "tok_ok" } });
    await confirmed(orderId);
    await outcomeOf(service, holdOrder, { orderId, reason: "odd" });
    await left(orderId);
    for (const name of ["a", "b"]) await followAll(name);
    assert.deepEqual((await typesOf(orderId)).slice(3), ["OrderHeld", "ParcelLeft", "OrderShipped"]);
    const refused = await outcomeOf(service, cancelOrder, { orderId, reason: "late" });
    assert.ok(refused.kind === "refused" && refused.refusal.code === "illegal-transition");
    assert.deepEqual(await ship(orderId), { value: {} });
    const told = await store.listDue(levelName(orderWork, 0), Infinity);
    assert.ok(told.some(({ payload }) => payload.includes('"released"')));
  });

  void test("whose parcel has left before it is confirmed is not cancelled, and shipped as it is confirmed", async () => {
    const trialled = trial();
    const { left, confirmed, followAll, typesOf, service } = trialled;
    const orderId = await trialled.place();
    await left(orderId);
    await followAll("a");
    const refused = await outcomeOf(service, cancelOrder, { orderId, reason: "late" });
    assert.ok(refused.kind === "refused" && refused.refusal.code === "parcel-left");
    await confirmed(orderId);
    assert.deepEqual(await typesOf(orderId), ["OrderPlaced", "ParcelLeft", "OrderConfirmed", "OrderShipped"]);
  });

  void test("that is handed over by us learns nothing by it", async () => {
    const trialled = trial();
    const orderId = await trialled.place();
    await trialled.shipment(orderId, "ShipmentHandedOver");
    await trialled.followAll("a");
    assert.deepEqual(await trialled.typesOf(orderId), ["OrderPlaced"]);
  });

  void test("that somebody holds is not released by its shipment's release, also when a page is told again", async () => {
    const trialled = trial();
    const { shipment, confirmed, ship, followAll, service } = trialled;
    const orderId = await trialled.place();
    await confirmed(orderId);
    await shipment(orderId, "ShipmentHeld", { reason: "wet", by: "carrier" });
    await followAll("a");
    await outcomeOf(service, holdOrder, { orderId, reason: "odd" });
    await shipment(orderId, "ShipmentReleased");
    for (const name of ["b", "c"]) await followAll(name);
    assert.deepEqual(await ship(orderId), {
      refusal: { code: "order-held", message: "The order is on hold.", details: { reason: "odd" } },
    });
  });
});
