import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { positionToken } from "@daybook/data/store/position";
import { money } from "@daybook/kernel/money";
import { httpTrial } from "@daybook/testing/http-trial";
import { trialOrders } from "./conformance/trial.ts";
import { ORDER_STATUSES, orderRoutes } from "./http.ts";

function trial() {
  const orders = trialOrders();
  const { service: ordering, store, clock } = orders;
  const routes = orderRoutes({ ordering, store, clock });
  const { ask } = httpTrial({ routes, clock, statuses: ORDER_STATUSES, customers: ["cus_1", "cus_2"] });
  const idsOf = async (query: string, as = "operator", path = "") => {
    const { status, json } = await ask("GET", `/api/v1/orders${path}?${query}`, { as });
    assert.equal(status, 200);
    return (json["orders"] as readonly { readonly id: string }[]).map(({ id }) => id);
  };
  return { ...orders, ask, idsOf };
}

void describe("an order over HTTP", () => {
  void test("is shown whole, to its customer, under a tag that changes with all that is shown and names the version", async () => {
    const { ask, place, record, clock } = trial();
    const orderId = await place({ customerId: "cus_1" });
    const order = `/api/v1/orders/${orderId}`;
    const at = new Date(clock.now()).toISOString();
    const first = await ask("GET", order, { as: "cus_1" });
    assert.deepEqual([first.headers["etag"], first.json["payment"], first.json["shipment"]], ['"1-0"', undefined, undefined]);
    await record(orderId, "PaymentDeclined", { code: "payment-declined", reason: "No." });
    await record(orderId, "ShipmentCreated", {
      carrier: "Post",
      trackingNumber: "T1",
      estimatedDelivery: 86_400_000,
      parcelId: "pc_1",
    });
    const { headers, json } = await ask("GET", order, { as: "cus_1", headers: { "if-none-match": '"1-0"' } });
    assert.equal(headers["etag"], '"1-2"');
    const failure = { code: "payment-declined", reason: "No." };
    assert.deepEqual(json["payment"], { status: "declined", paymentId: `pay_${orderId}`, failure, processedAt: at });
    assert.deepEqual(json["shipment"], {
      status: "created",
      shipmentId: `shp_${orderId}`,
      carrier: "Post",
      trackingNumber: "T1",
      estimatedDelivery: "1970-01-02T00:00:00.000Z",
      changedAt: at,
    });
    assert.deepEqual(json["timeline"], [
      { step: "order-placed", at },
      { step: "payment-declined", at, reason: "No." },
      { step: "shipment-created", at },
    ]);
    assert.equal((await ask("GET", order, { as: "cus_1", headers: { "if-none-match": '"1-2"' } })).status, 304);
    assert.equal((await ask("GET", order, { as: "cus_2" })).status, 404);
    const body = { reason: "late" };
    const cancel = (ifMatch: string) => ask("POST", `${order}/cancel`, { as: "cus_1", body, headers: { "if-match": ifMatch } });
    assert.equal((await cancel('"2-2"')).status, 412);
    assert.equal((await cancel('"1-0"')).status, 200, "what is new of payment and shipment does not change the version");
  });

  void test("is shown as it was", async () => {
    const { ask, place, record, clock } = trial();
    const orderId = await place();
    clock.advance(1_000);
    await record(orderId, "PaymentDeclined", { code: "payment-declined", reason: "No." });
    const before = new Date(clock.now() - 1).toISOString();
    for (const query of ["version=1", `at=${before}`]) {
      const { json, headers } = await ask("GET", `/api/v1/orders/${orderId}?${query}`);
      assert.deepEqual([json["payment"], headers["etag"]], [undefined, '"1-0"']);
    }
  });
});

void describe("lists of orders over HTTP", () => {
  void test("are filtered by payment, shipment and time; a customer's are their own", async () => {
    const { place, record, project, idsOf, clock } = trial();
    const [one, two, three] = [
      await place({ customerId: "cus_1" }),
      await place({ customerId: "cus_2" }),
      await place({ customerId: "cus_1" }),
    ];
    const entry = [
      { account: "house:card-clearing", currency: "GBP", minor: "-850" },
      { account: "house:sales", currency: "GBP", minor: "850" },
    ];
    for (const id of [one, two]) await record(id, "PaymentCompleted", { amount: money(850n, "GBP"), paidBy: "card", entry });
    await record(two, "ShipmentCancelled", { reason: "late" });
    const placed = new Date(clock.now()).toISOString();
    await project();
    assert.deepEqual(await idsOf("payment=completed"), [two, one]);
    assert.deepEqual(await idsOf("payment=completed&shipment=cancelled"), [two]);
    assert.deepEqual(await idsOf(`placedFrom=${placed}`), [three]);
    assert.deepEqual(await idsOf(`placedBefore=${placed}&status=placed`), [two, one]);
    assert.deepEqual(await idsOf("payment=completed", "cus_1", "/customer/cus_1"), [one]);
    assert.deepEqual(await idsOf("payment=completed&page=1&pageSize=1"), [two]);
    assert.deepEqual(await idsOf("payment=completed&page=2&pageSize=1"), [one]);
    assert.deepEqual(await idsOf("payment=completed&page=3&pageSize=1"), []);
  });

  void test("are counted with their pages, whatever they are filtered by", async () => {
    const { ask, place, idsOf, clock } = trial();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await place());
    const placedFrom = new Date(clock.now() - 2).toISOString();
    const { json } = await ask("GET", `/api/v1/orders?placedFrom=${placedFrom}&page=2&pageSize=2`);
    assert.deepEqual([json["total"], json["pages"], json["isTotalCapped"]], [3, 2, false]);
    assert.deepEqual(await idsOf(`placedFrom=${placedFrom}&page=2&pageSize=2`), ids.slice(2, 3));
    assert.deepEqual(await idsOf("page=2&pageSize=2"), ids.slice(2, 4));
  });

  for (const query of ["payment=paid", "shipment=lost", "placedFrom=yesterday", "placedBefore=1969-12-31T23:59:59Z"]) {
    void test(`${query} is refused`, async () => {
      const { status, json } = await trial().ask("GET", `/api/v1/orders?${query}`);
      assert.deepEqual([status, json["code"]], [400, "request-invalid"]);
    });
  }

  void test("show what the caller has written, or say how far behind they are", async () => {
    const { ask, place, record, project, idsOf, store, clock } = trial();
    const orderId = await place();
    await record(orderId, "ShipmentCancelled", { reason: "late" });
    const { epoch, position } = await store.head();
    const query = `shipment=cancelled&atLeast=${positionToken(epoch, position)}`;
    const waiting = ask("GET", `/api/v1/orders?${query}`);
    for (let turn = 0; turn < 400; turn++) {
      await new Promise(setImmediate);
      clock.advance(10);
    }
    const late = await waiting;
    assert.deepEqual([late.status, late.json["code"]], [503, "position-not-reached"]);
    await project();
    assert.deepEqual(await idsOf(query), [orderId]);
  });
});
