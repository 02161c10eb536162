import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Folded } from "@daybook/data/event-store/fold";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Effect } from "@daybook/data/store/unit";
import { encodeRecord } from "@daybook/kernel/record-codec";
import { orderOf } from "./conformance/trial.ts";
import { orderDetailsSchema } from "./contract.ts";
import { orderEvents, type OrderPlaced } from "./events.ts";
import { orderDetails, orderRow, ORDERS, parseOrderRow } from "./order-row.ts";
import type { Order } from "./order.ts";

function stateOf(more: Partial<OrderPlaced> = {}): Folded<Order> {
  return { state: { ...orderOf(more), status: "placed" }, version: 1 };
}

function rowOf(folded: Folded<Order>, id = "ord_1"): Effect & { kind: "putRow" } {
  const [effect, ...others] = orderRow(id, folded);
  assert.ok(effect?.kind === "putRow" && others.length === 0);
  return effect;
}

void describe("an order's row", () => {
  void test("an order that does not exist has none", () => {
    assert.deepEqual(orderRow("ord_1", { state: { status: "absent" }, version: 0 }), []);
  });

  void test("a customer's order is in all lists; entries end with the time of placing", () => {
    const { collection, key, index } = rowOf(stateOf({ placedAt: 1_767_225_600_001 }));
    assert.deepEqual([collection, key], [ORDERS, "ord_1"]);
    assert.deepEqual(index, {
      placed: ["001767225600001"],
      status: ["placed 001767225600001"],
      end: ["1_dro"],
      customer: ["cus_1 001767225600001"],
      "customer-status": ["cus_1 placed 001767225600001"],
    });
  });

  void test("a guest's order is in no customer's list", () => {
    assert.deepEqual(Object.keys(rowOf(stateOf({ customer: {} })).index ?? {}), ["placed", "status", "end"]);
  });

  void test("entries of earlier orders sort before those of later ones, over all allowed times", () => {
    const time = fc.integer({ min: 0, max: 253_402_300_799_999 });
    const property = fc.property(time, time, (a, b) => {
      const [first, second] = [a, b].map((placedAt) => rowOf(stateOf({ placedAt })).index?.["placed"]?.[0] ?? "");
      assert.equal(Math.sign(a - b), first === second ? 0 : (first ?? "") < (second ?? "") ? -1 : 1);
    });
    fc.assert(property);
  });

  void test("property: no customer's entries begin with another's, whoever is whose beginning", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_.-]{1,6}$/);
    const property = fc.property(id, id, (one, other) => {
      fc.pre(one !== other);
      const { index } = rowOf(stateOf({ customer: { id: one } }));
      for (const list of ["customer", "customer-status"]) {
        for (const entry of index?.[list] ?? []) assert.ok(!entry.startsWith(`${other} `), `${entry} in the list of ${other}`);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  void test("the longest ids and the largest times stay inside the store's limit of 255 bytes", () => {
    const id = "x".repeat(100);
    const { index } = rowOf(stateOf({ customer: { id }, placedAt: 253_402_300_799_999 }), id);
    for (const entry of Object.values(index ?? {}).flat()) assert.ok(Buffer.byteLength(entry) <= 255, entry);
  });
});

void describe("an order as it is shown", () => {
  void test("fits its schema, and counts its pieces", async () => {
    const row = parseOrderRow(rowOf(stateOf()).value);
    const details = await orderDetails(row, 2_000, memoryKeys());
    assert.equal(orderDetailsSchema.safeParse(details).success, true);
    assert.deepEqual([details.itemCount, details.updatedAt, details.version, details.status], [2, 2_000, 1, "placed"]);
  });

  void test("a contact is opened; after erasure the order is there, marked, without it", async () => {
    const keys = memoryKeys();
    const order = orderOf({ customer: { id: "cus_1", contact: { firstName: "Zoë" } } });
    const { data } = encodeRecord(orderEvents.OrderPlaced, order, "unt_1/0", await keys.ensure(["cus_1"]));
    const row = rowOf({ state: { ...data, status: "placed" }, version: 1 });
    assert.ok(!row.value.includes("firstName"), "sealed in the row");
    const shown = () => orderDetails(parseOrderRow(row.value), 2_000, keys);
    assert.deepEqual((await shown()).customer, { id: "cus_1", contact: { firstName: "Zoë" } });
    await keys.erase("cus_1");
    assert.deepEqual((await shown()).customer, { id: "cus_1", contact: undefined, isErased: true });
  });
});
