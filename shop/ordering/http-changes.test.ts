import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { httpTrial } from "@daybook/testing/http-trial";
import { trialOrders } from "./conformance/trial.ts";
import { ORDER_STATUSES, orderRoutes } from "./http.ts";

const card = { kind: "card", token: "tok_ok" };

function trial() {
  const { service: ordering, store, clock } = trialOrders();
  const routes = orderRoutes({ ordering, store, clock });
  const { ask } = httpTrial({ routes, clock, statuses: ORDER_STATUSES, customers: ["cus_1", "cus_2"] });
  async function placed(more: object = {}): Promise<string> {
    const items = [{ productId: "mug", quantity: 2 }];
    const { status, json } = await ask("POST", "/api/v1/orders", { as: "cus_1", body: { items, ...more } });
    assert.equal(status, 201);
    return `/api/v1/orders/${String(json["id"])}`;
  }
  return { ask, placed };
}

void describe("changes of an order over HTTP", () => {
  void test("an item is added by who has seen the order's version", async () => {
    const { ask, placed } = trial();
    const order = await placed();
    const body = { productId: "pot", quantity: 1 };
    assert.equal((await ask("POST", `${order}/items`, { as: "cus_1", body })).status, 428);
    const added = await ask("POST", `${order}/items`, { as: "cus_1", body, headers: { "if-match": '"1"' } });
    assert.deepEqual(
      [added.status, added.json["total"], added.headers["etag"]],
      [200, { amount: "51.00", currency: "GBP" }, '"2"'],
    );
    assert.equal((await ask("POST", `${order}/items`, { as: "cus_1", body, headers: { "if-match": '"1"' } })).status, 412);
    const dearer = { ...body, unitPrice: "1.00" };
    assert.equal(
      (await ask("POST", `${order}/items`, { as: "cus_1", body: dearer, headers: { "if-match": '"2"' } })).status,
      409,
    );
  });

  void test("how it is paid is chosen once, with the placing or later; then nothing is added", async () => {
    const { ask, placed } = trial();
    const order = await placed();
    assert.equal((await ask("POST", `${order}/payment`, { as: "cus_1", body: card })).status, 200);
    const again = await ask("POST", `${order}/payment`, { as: "cus_1", body: card });
    assert.deepEqual([again.status, again.json["code"]], [409, "payment-chosen"]);
    const paid = await placed({ payment: card });
    const headers = { "if-match": '"1"' };
    const late = await ask("POST", `${paid}/items`, { as: "cus_1", body: { productId: "pot", quantity: 1 }, headers });
    assert.deepEqual([late.status, late.json["code"]], [409, "order-under-way"]);
    assert.equal((await ask("GET", paid, { as: "cus_1" })).json["paidBy"], "card");
  });

  void test("operators hold and release an order; the same key is carried out once", async () => {
    const { ask, placed } = trial();
    const order = await placed();
    const body = { reason: "to be looked at" };
    assert.equal((await ask("POST", `${order}/hold`, { as: "cus_1", body })).status, 403);
    const headers = { "idempotency-key": "k1" };
    const held = await ask("POST", `${order}/hold`, { body, headers });
    assert.equal(held.status, 200);
    assert.deepEqual((await ask("GET", order)).json["hold"], body);
    assert.equal((await ask("POST", `${order}/release`, { body: {} })).status, 200);
    assert.equal((await ask("POST", `${order}/hold`, { body, headers })).text, held.text);
    assert.equal((await ask("GET", order)).json["hold"], undefined);
    assert.equal((await ask("POST", `${order}/hold`, { body: { reason: "x" }, headers })).status, 422);
  });

  void test("another person's order and a missing one answer alike", async () => {
    const { ask, placed } = trial();
    const order = await placed();
    const bodies = { payment: card, items: { productId: "pot", quantity: 1 }, cancel: { reason: "x" } };
    for (const [path, body] of Object.entries(bodies)) {
      for (const target of [order, "/api/v1/orders/ord_none"]) {
        const answer = await ask("POST", `${target}/${path}`, { as: "cus_2", body, headers: { "if-match": '"1"' } });
        assert.deepEqual([answer.status, answer.json["code"]], [404, "order-not-found"], `${target}/${path}`);
      }
    }
  });
});
