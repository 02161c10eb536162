import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { outcomeOf, trialOrders, type TrialOrders } from "./conformance/trial.ts";
import { cancelOrder, countOrders, getOrder, importOrder, listOrders, type ListOrders, type OrderPage } from "./contract.ts";

const AROUND = { context: { correlationId: "cor_2", actor: "usr_2", tenant: "shop" } };

function listed(orders: TrialOrders, list: Partial<ListOrders> = {}): Promise<OrderPage> {
  return orders.service.queries.dispatch(listOrders, { limit: 10, ...list }, AROUND);
}

async function idsOf(orders: TrialOrders, list: Partial<ListOrders> = {}): Promise<readonly string[]> {
  return (await listed(orders, list)).orders.map(({ id }) => id);
}

function cancel(orders: TrialOrders, orderId: string) {
  return outcomeOf(orders.service, cancelOrder, { orderId, reason: "late" });
}

function imported(orders: TrialOrders, orderId: string, placedAt: number, customerId = "17850") {
  const amount = { minor: "1700", currency: "GBP" };
  const lines = [{ productId: "mug", name: "Mug", quantity: 2, unitPrice: "8.50", amount }];
  const origin = { source: "old shop", number: orderId };
  return outcomeOf(orders.service, importOrder, { orderId, customerId, currency: "GBP", placedAt, origin, lines });
}

void describe("lists of orders", () => {
  void test("are newest first, by time of placing, whenever they were written", async () => {
    const orders = trialOrders();
    const first = await orders.place();
    const second = await orders.place();
    await imported(orders, "536365", 1_000);
    await cancel(orders, first);
    assert.deepEqual(await idsOf(orders), [second, first, "536365"]);
  });

  void test("a customer's, a status's, and both", async () => {
    const orders = trialOrders();
    const [a1, b1, a2, guests] = [
      await orders.place({ customerId: "a" }),
      await orders.place({ customerId: "b" }),
      await orders.place({ customerId: "a" }),
      await orders.place(),
    ];
    await cancel(orders, a1);
    await cancel(orders, guests);
    assert.deepEqual(await idsOf(orders, { customerId: "a" }), [a2, a1]);
    assert.deepEqual(await idsOf(orders, { status: "cancelled" }), [guests, a1]);
    assert.deepEqual(await idsOf(orders, { status: "placed" }), [a2, b1]);
    assert.deepEqual(await idsOf(orders, { status: "placed", customerId: "a" }), [a2]);
    assert.deepEqual(await idsOf(orders, { status: "cancelled", customerId: "b" }), []);
    assert.deepEqual(await idsOf(orders, { customerId: "c" }), []);
  });

  void test("nobody sees the orders of a customer whose id begins with theirs, or contains words of lists", async () => {
    const orders = trialOrders();
    for (const customerId of ["a", "a.b", "ab", "a-placed", "placed"]) await orders.place({ customerId });
    for (const customerId of ["a", "a.b", "ab", "a-placed", "placed"]) {
      const { orders: found } = await listed(orders, { customerId });
      assert.deepEqual(
        found.map(({ customer }) => customer.id),
        [customerId],
      );
    }
    for (const customerId of ["", "a.", "cus", "a placed", "a 0"])
      assert.deepEqual(await idsOf(orders, { customerId }).catch(() => []), []);
  });

  void test("an id with the separator of lists in it never gets in", async () => {
    const orders = trialOrders();
    for (const customerId of ["a b", "a:b", "a\u0000", "ü", "", "x".repeat(101)]) {
      await assert.rejects(orders.place({ customerId }), (error) => errorCode(error) === "input-invalid");
    }
    assert.equal((await orders.store.head()).position, 0);
  });

  void test("pages follow each other without gap or overlap, also when orders come in between", async () => {
    const orders = trialOrders();
    const before: string[] = [];
    for (let n = 0; n < 7; n++) before.unshift(await orders.place({ customerId: "a" }));
    for (const list of [{}, { customerId: "a" }, { status: "placed" }, { status: "placed", customerId: "a" }] as const) {
      const seen: string[] = [];
      let after: OrderPage["next"];
      do {
        const page: OrderPage = await listed(orders, { ...list, limit: 3, after });
        seen.push(...page.orders.map(({ id }) => id));
        after = page.next;
        await orders.place({ customerId: "a" }); // newer than what is still to be seen
      } while (after);
      assert.deepEqual(seen.slice(-7), before);
      assert.equal(new Set(seen).size, seen.length);
    }
  });

  void test("orders of one moment are in a list once each", async () => {
    const orders = trialOrders();
    for (const number of ["3", "1", "2"]) await imported(orders, number, 1_000);
    const first = await listed(orders, { limit: 2 });
    const second = await listed(orders, { limit: 2, after: first.next });
    assert.deepEqual(
      [...first.orders, ...second.orders].map(({ id }) => id),
      ["3", "2", "1"],
    );
    assert.equal(second.next, undefined);
  });

  void test("are counted up to a cap", async () => {
    const orders = trialOrders();
    for (let n = 0; n < 5; n++) await orders.place({ customerId: n < 2 ? "a" : "b" });
    const count = (query: object) => orders.service.queries.dispatch(countOrders, { cap: 4, ...query }, AROUND);
    const counts = await Promise.all(
      [{}, { customerId: "a" }, { status: "cancelled" }, { placedBefore: orders.clock.now() - 2 }].map(count),
    );
    assert.deepEqual(
      counts.map(({ count, isCapped }) => [count, isCapped]),
      [[4, true], [2, false], [0, false], [2, false]],
    ); // prettier-ignore
  });
});

void describe("one order", () => {
  void test("is shown as it is, and as it was at a version or a time", async () => {
    const orders = trialOrders();
    const contact = { firstName: "Zoë", email: "zoe@example.org" };
    const orderId = await orders.place({ customerId: "a", contact });
    const placedAt = orders.clock.now();
    orders.clock.advance(50);
    await cancel(orders, orderId);
    const get = (asOf: object) => orders.service.queries.dispatch(getOrder, { orderId, ...asOf }, AROUND);
    const now = await get({});
    assert.deepEqual(
      [now?.status, now?.version, now?.updatedAt, now?.cancellation],
      ["cancelled", 2, placedAt + 50, { reason: "late" }],
    );
    assert.deepEqual(now?.customer, { id: "a", contact });
    const then = await get({ version: 1 });
    assert.deepEqual([then?.status, then?.version, then?.updatedAt], ["placed", 1, placedAt]);
    assert.deepEqual(await get({ recordedAt: placedAt + 49 }), then);
    assert.deepEqual(await get({ recordedAt: placedAt + 50 }), await get({ version: 2 }));
    assert.deepEqual(await get({ version: 2 }), now);
    assert.equal(await get({ recordedAt: placedAt - 1 }), undefined);
  });

  void test("that does not exist is undefined, also in the past", async () => {
    const orders = trialOrders();
    for (const asOf of [{}, { version: 1 }, { recordedAt: 0 }]) {
      assert.equal(await orders.service.queries.dispatch(getOrder, { orderId: "ord_0", ...asOf }, AROUND), undefined);
    }
  });

  void test("has its life under its own correlation id, whoever acts", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    await cancel(orders, orderId);
    const life = await orders.store.readCorrelation(orderId);
    assert.deepEqual(
      life.map(({ type }) => type),
      ["OrderPlaced", "OrderCancelled"],
    );
  });
});
