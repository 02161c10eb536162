import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { httpTrial } from "@daybook/testing/http-trial";
import { orderOf, trialReturns } from "./conformance/trial.ts";
import { RETURN_STATUSES, returnRoutes } from "./http.ts";
import { returnRulesSchema } from "./rules.ts";

const ASK = returnRulesSchema.parse([{ decision: "ask", because: "Somebody looks at it." }]);

function trial(rules?: typeof ASK) {
  const around = trialReturns(rules ? { rules } : {});
  const { service: returns, store, ids, clock } = around;
  const statuses = { ...RETURN_STATUSES, "order-not-found": 404, "illegal-transition": 409 };
  const { ask } = httpTrial({ routes: returnRoutes({ returns, store, ids }), clock, statuses, customers: ["cus_1", "cus_2"] });
  const request = (body: object, more: object = {}) =>
    ask("POST", "/api/v1/orders/ord_1/returns", { as: "cus_1", body, ...more });
  return { ...around, ask, request };
}

const two = { items: [{ productId: "mug", quantity: 2 }], reason: "too big" };

void describe("returns over HTTP", () => {
  void test("are asked for by the customer, once under a key, and received by an operator", async () => {
    const { ask, request } = trial();
    const headers = { "idempotency-key": "k1" };
    const made = await request(two, { headers });
    assert.deepEqual(
      [made.status, made.json["status"], made.json["amount"]],
      [201, "accepted", { amount: "6.67", currency: "GBP" }],
    );
    assert.equal((await request(two, { headers })).text, made.text);
    assert.equal((await request({ ...two, reason: "another" }, { headers })).json["code"], "idempotency-key-reused");
    const at = String(made.headers["location"]);
    assert.equal((await ask("POST", `${at}/receive`, { as: "cus_1", body: {} })).status, 403);
    const stale = await ask("POST", `${at}/receive`, { body: {}, headers: { "if-match": '"1"' } });
    assert.deepEqual([stale.status, stale.json["code"]], [412, "version-mismatch"]);
    const received = await ask("POST", `${at}/receive`, { body: { writtenOff: [1] } });
    assert.deepEqual([received.status, received.json["status"], received.json["writtenOff"]], [200, "received", [1]]);
    assert.deepEqual([received.headers["etag"], (await ask("GET", at)).headers["etag"]], ['"3"', '"3"']);
  });

  void test("wait for an operator where a rule says so, who accepts or rejects them", async () => {
    const { ask, request } = trial(ASK);
    const [one, other] = [await request(two), await request({ reason: "the rest" })];
    assert.deepEqual([one.json["status"], one.json["question"]], ["requested", "Somebody looks at it."]);
    const waiting = await ask("GET", "/api/v1/returns?status=requested");
    assert.equal((waiting.json["returns"] as unknown[]).length, 2); // by the route's schema
    const accepted = await ask("POST", `${String(one.headers["location"])}/accept`, { body: {} });
    assert.equal(accepted.json["status"], "accepted");
    const at = String(other.headers["location"]);
    assert.equal((await ask("POST", `${at}/receive`, { body: {} })).json["code"], "illegal-transition");
    const rejected = await ask("POST", `${at}/reject`, { body: { reason: "worn" } });
    assert.deepEqual([rejected.json["status"], rejected.json["rejection"]], ["rejected", { reason: "worn" }]);
    assert.equal((await ask("POST", `${at}/accept`, { body: {} })).json["code"], "illegal-transition");
  });

  void test("show customers their own, and nobody else's", async () => {
    const { ask, request } = trial();
    const at = String((await request(two)).headers["location"]);
    const count = async (target: string, as: string) => ((await ask("GET", target, { as })).json["returns"] as unknown[]).length; // by the route's schema
    assert.deepEqual([await count("/api/v1/returns", "cus_1"), await count("/api/v1/returns", "cus_2")], [1, 0]);
    const ofOrder = "/api/v1/orders/ord_1/returns";
    assert.deepEqual([await count(ofOrder, "cus_1"), await count(ofOrder, "cus_2"), await count(ofOrder, "viewer")], [1, 0, 1]);
    assert.deepEqual(
      [(await ask("GET", at, { as: "cus_1" })).status, (await ask("GET", at, { as: "cus_2" })).status],
      [200, 404],
    );
    const foreign = await request(two, { as: "cus_2" });
    assert.deepEqual([foreign.status, foreign.json["code"]], [404, "order-not-found"]);
  });

  void test("go over pages", async () => {
    const { ask, request } = trial();
    for (const reason of ["one", "two"]) await request({ items: [{ productId: "mug", quantity: 1 }], reason });
    const first = await ask("GET", "/api/v1/orders/ord_1/returns?limit=1");
    const next = await ask("GET", `/api/v1/orders/ord_1/returns?limit=1&cursor=${String(first.json["next"])}`);
    assert.notDeepEqual(next.json["returns"], first.json["returns"]);
    assert.equal((await ask("GET", "/api/v1/returns?cursor=x")).json["code"], "cursor-invalid");
  });

  const hostile: readonly (readonly [what: string, body: object, status: number, code: string])[] = [
    ["nothing", {}, 400, "request-invalid"],
    ["no reason", { ...two, reason: " " }, 400, "request-invalid"],
    ["half a piece", { ...two, items: [{ productId: "mug", quantity: 0.5 }] }, 400, "request-invalid"],
    ["less than nothing", { ...two, items: [{ productId: "mug", quantity: -1 }] }, 400, "request-invalid"],
    ["no items", { ...two, items: [] }, 400, "request-invalid"],
    ["an amount of their own", { ...two, amount: "99.00" }, 400, "request-invalid"],
    ["that it was received", { ...two, received: {} }, 400, "request-invalid"],
    ["more than was bought", { ...two, items: [{ productId: "mug", quantity: 4 }] }, 409, "too-many-returned"],
    ["what was not bought", { ...two, items: [{ productId: "vase", quantity: 1 }] }, 409, "not-in-order"],
  ];
  for (const [what, body, status, code] of hostile) {
    void test(`refuse ${what}, and nothing happens`, async () => {
      const { request, store } = trial();
      const answer = await request(body);
      assert.deepEqual([answer.status, answer.json["code"]], [status, code]);
      assert.equal((await store.head()).position, 0);
    });
  }

  void test("refuse an order that was not sent, and a return that is not there", async () => {
    const { ask, request, orders } = trial();
    orders.set("ord_1", orderOf({ status: "confirmed" }));
    assert.equal((await request(two)).json["code"], "order-not-sent");
    assert.equal((await ask("POST", "/api/v1/returns/ret_x/accept", { body: {} })).json["code"], "return-not-found");
    assert.equal((await ask("GET", "/api/v1/returns/ret_x")).status, 404);
  });
});
