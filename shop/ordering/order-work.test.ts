import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { levelName } from "@daybook/messaging/queue";
import { readMessage } from "@daybook/messaging/queue/stored-message";
import { client } from "@daybook/network/rpc/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { localTransport } from "@daybook/network/rpc/server";
import { codeOf, outcomeOf, trialOrders, type TrialOrders } from "./conformance/trial.ts";
import { addItem, cancelOrder, choosePayment, holdOrder, orderingContract, orderWork, releaseOrder } from "./contract.ts";

const card = { kind: "card", token: "tok_ok" } as const;

/** What waits to be done, in order. */
async function workIn({ store }: TrialOrders): Promise<readonly unknown[]> {
  const waiting = await store.listDue(levelName(orderWork, 0), Number.MAX_SAFE_INTEGER);
  return waiting.map(({ payload }) => JSON.parse(readMessage(payload)?.body ?? "null") as unknown);
}

void describe("what an order leaves to be done", () => {
  void test("placed with a payment method, it is to be carried out", async () => {
    const orders = trialOrders();
    const orderId = await orders.place({ payment: card });
    assert.deepEqual(await workIn(orders), [{ type: "fulfil", orderId }]);
  });

  void test("placed without, nothing, until the method is chosen", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    await outcomeOf(orders.service, holdOrder, { orderId, reason: "odd" });
    await outcomeOf(orders.service, releaseOrder, { orderId });
    assert.deepEqual(await workIn(orders), []);
    await outcomeOf(orders.service, choosePayment, { orderId, payment: card });
    assert.deepEqual(await workIn(orders), [{ type: "fulfil", orderId }]);
  });

  void test("cancelled, what was begun is to be undone; what was not, not", async () => {
    const orders = trialOrders();
    const [idle, begun] = [await orders.place(), await orders.place({ payment: card })];
    for (const orderId of [idle, begun]) await outcomeOf(orders.service, cancelOrder, { orderId, reason: "late" });
    assert.deepEqual(await workIn(orders), [
      { type: "fulfil", orderId: begun },
      { type: "cancel", orderId: begun, reason: "late" },
    ]);
  });

  void test("released, what waits for it may go on", async () => {
    const orders = trialOrders();
    const orderId = await orders.place({ payment: card });
    await outcomeOf(orders.service, holdOrder, { orderId, reason: "odd" });
    await outcomeOf(orders.service, releaseOrder, { orderId });
    assert.deepEqual(await workIn(orders), [
      { type: "fulfil", orderId },
      { type: "released", orderId },
    ]);
  });

  void test("a refused command leaves nothing", async () => {
    const orders = trialOrders();
    const orderId = await orders.place({ payment: card });
    const refused = await outcomeOf(orders.service, choosePayment, { orderId, payment: card });
    assert.equal(codeOf(refused), "payment-chosen");
    assert.equal((await workIn(orders)).length, 1);
  });
});

void describe("adding an item", () => {
  const mug = { productId: "mug", quantity: 2 };

  void test("takes the catalogue's price, and its total is the order's", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    const added = await outcomeOf(orders.service, addItem, { orderId, item: { ...mug, unitPrice: "8.5" } });
    assert.ok(added.kind === "done" && added.state.status === "placed");
    assert.deepEqual([added.state.total.minor, added.state.lines.length, added.version], ["2550", 1, 2]);
  });

  void test("is refused for what is not sold, at another price, and to others", async () => {
    const orders = trialOrders();
    const orderId = await orders.place({ customerId: "cus_1" });
    const add = async (item: object, customerId?: string) =>
      codeOf(await outcomeOf(orders.service, addItem, { orderId, item: { ...mug, ...item }, customerId }));
    assert.equal(await add({ productId: "cup" }), "unknown-product");
    assert.equal(await add({ unitPrice: "8.49" }), "price-differs");
    assert.equal(await add({}, "cus_2"), "order-not-found");
    assert.equal(await add({}, "cus_1"), "done");
  });
});

void describe("those who carry an order out", () => {
  const shipment = { shipmentId: "shp_1", carrier: "Post", trackingNumber: "T1" };
  const confirmed = { reservationId: "res_1", paymentId: "pay_1", shipment };
  const context = { correlationId: "cor_9", actor: "sys_fulfilment", tenant: "shop" };

  async function trial() {
    const orders = trialOrders();
    const local = localTransport({ clock: orders.clock });
    local.add(orders.service.calls);
    const contact = { firstName: "Ada", email: "ada@example.org" };
    const orderId = await orders.place({ payment: card, contact, customerId: "cus_1" });
    return { orders, orderId, ordering: client(orderingContract, local.transport) };
  }

  void test("learn what is asked for, and who is written to", async () => {
    const { ordering, orderId } = await trial();
    assert.deepEqual(valueOf(await ordering.forFulfilment({ orderId }, { context })), {
      orderId,
      status: "placed",
      isHeld: false,
      customerId: "cus_1",
      items: [{ productId: "mug", quantity: 1 }],
      total: { minor: "850", currency: "GBP" },
      payment: card,
    });
    assert.equal(valueOf(await ordering.contactOf({ orderId }, { context }))?.email, "ada@example.org");
    assert.equal(valueOf(await ordering.forFulfilment({ orderId: "ord_none" }, { context })), null);
    assert.equal(valueOf(await ordering.contactOf({ orderId: "ord_none" }, { context })), null);
  });

  void test("confirm and ship it, each as often as they like", async () => {
    const { ordering, orderId, orders } = await trial();
    for (let turn = 0; turn < 2; turn++) valueOf(await ordering.confirm({ orderId, ...confirmed }, { context }));
    for (let turn = 0; turn < 2; turn++) valueOf(await ordering.ship({ orderId }, { context }));
    assert.equal(valueOf(await ordering.forFulfilment({ orderId }, { context }))?.status, "shipped");
    assert.equal(await orders.store.streamVersion(`order-${orderId}`), 3);
    assert.deepEqual(await ordering.fail({ orderId, code: "x", reason: "y" }, { context }), {
      refusal: {
        code: "illegal-transition",
        message: 'An order that is shipped cannot be changed by "fail".',
        details: { status: "shipped", legal: ["deliver", "note-return"] },
      },
    });
  });

  void test("do not ship what was cancelled in time, and it is not cancelled once it is shipped", async () => {
    const { ordering, orderId, orders } = await trial();
    valueOf(await ordering.confirm({ orderId, ...confirmed }, { context }));
    const [cancelled, shipped] = await Promise.all([
      outcomeOf(orders.service, cancelOrder, { orderId, reason: "late" }),
      ordering.ship({ orderId }, { context }),
    ]);
    assert.equal(codeOf(cancelled), "done");
    assert.ok("refusal" in shipped && shipped.refusal.code === "illegal-transition");
  });

  void test("are told that there is no such order", async () => {
    const { ordering } = await trial();
    const answer = await ordering.fail({ orderId: "ord_none", code: "x", reason: "y" }, { context });
    assert.ok("refusal" in answer && answer.refusal.code === "order-not-found");
  });
});
