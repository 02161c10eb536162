import assert from "node:assert/strict";
import { test } from "node:test";
import { isId } from "@daybook/kernel/ids";
import type { CleanRow } from "./clean-row.ts";
import { mappedOrder, orderIdOf } from "./map-order.ts";
import { loadMapping } from "./mapping/mapping.ts";
import { OrderGroups, RowIndex } from "./order-groups.ts";

const mapping = await loadMapping(`${import.meta.dirname}/mappings/online-retail-lines.json`);

function row(number: string, more: Partial<CleanRow> = {}): CleanRow {
  const line = { productId: "A", name: "A thing", quantity: 1, unitPrice: "1.00" };
  const nobody = { customerId: undefined, country: undefined };
  return { kind: "line", row: 1, number, time: 1_000, currency: "GBP", ...line, ...nobody, ...more };
}

test("an order is at its rows' earliest time, each amount rounded half to even", () => {
  const lines = [
    row("1", { time: 2_000, unitPrice: "0.125" }),
    row("1", { quantity: 3, unitPrice: "0.125" }),
    row("1", { quantity: 81, unitPrice: "2.7826", customerId: "cus_1" }),
  ];
  const order = mappedOrder({ number: "1", lines }, mapping, false);
  assert.ok("orderId" in order);
  assert.equal(order.placedAt, 1_000);
  assert.equal(order.customerId, "cus_1");
  assert.deepEqual(order.origin, { source: "online-retail-lines", number: "1" });
  assert.deepEqual(
    order.lines.map(({ amount }) => amount.minor),
    ["12", "38", "22539"],
  );
});

test("an order with too many lines is rejected, every row of it", () => {
  const lines = Array.from({ length: 1_001 }, (_, index) => row("1", { row: index + 1 }));
  const rejections = mappedOrder({ number: "1", lines }, mapping, false);
  assert.ok(!("orderId" in rejections));
  assert.equal(rejections.length, 1_001);
  assert.deepEqual(rejections[1_000], { row: 1_001, stage: "map", reason: "too-many-lines" });
});

test("rows of several currencies are no order", () => {
  const lines = [row("1"), row("1", { row: 2, currency: "EUR" })];
  const rejections = mappedOrder({ number: "1", lines }, mapping, true);
  assert.deepEqual(
    rejections,
    [1, 2].map((row) => ({ row, stage: "map", reason: "currencies-differ" })),
  );
});

test("customers pay from an account, the same in every file, guests by card; or as the mapping says", () => {
  const paidBy = (customerId: string | undefined, of = mapping, currency = "GBP") => {
    const order = mappedOrder({ number: "1", lines: [row("1", { customerId, currency })] }, of, true);
    assert.ok("orderId" in order);
    return order.payment;
  };
  const first = paidBy("cus_1");
  assert.ok(first?.kind === "account" && isGiven(first.accountId));
  assert.deepEqual(paidBy("cus_1", { ...mapping, source: "other" }), first);
  assert.notDeepEqual(paidBy("cus_2"), first);
  assert.notDeepEqual(paidBy("cus_1", mapping, "EUR"), first);
  assert.deepEqual(paidBy(undefined), { kind: "card", token: "tok_ok" });
  const byCard = { ...mapping, payment: { customers: { card: "tok_1" }, guests: { card: "tok_2" } } };
  assert.deepEqual(
    [paidBy("cus_1", byCard), paidBy(undefined, byCard)].map((each) => each?.kind === "card" && each.token),
    ["tok_1", "tok_2"],
  );
  const unpaid = mappedOrder({ number: "1", lines: [row("1")] }, mapping, false);
  assert.ok("orderId" in unpaid && !("payment" in unpaid));
});

function isGiven(id: string): boolean {
  return /^acc_[0-9a-f]{26}$/.test(id);
}

test("an order's id is an id: the same for the same order, other for another, rising with time", () => {
  const id = orderIdOf(1_291_191_960_000, "online-retail-lines", "536365");
  assert.equal(id, orderIdOf(1_291_191_960_000, "online-retail-lines", "536365"));
  assert.ok(isId(id, "ord"), id);
  assert.notEqual(id, orderIdOf(1_291_191_960_000, "online-retail-lines", "536366"));
  assert.notEqual(id, orderIdOf(1_291_191_960_000, "online-retail-invoices", "536365"));
  for (let number = 0; number < 200; number++) {
    assert.ok(orderIdOf(1_000_000 + number, "x", String(number)) < orderIdOf(1_000_001 + number, "x", String(number + 1)));
  }
});

test("a group is given out with its last row, also when that is no line, and held only until then", () => {
  const index = new RowIndex();
  for (const number of ["1", "2", "1", "2", "3"]) index.add(number);
  const groups = new OrderGroups(index);
  assert.equal(groups.add("1", row("1")), undefined);
  assert.equal(groups.add("2", row("2")), undefined);
  assert.equal(groups.waiting, 2);
  assert.equal(groups.add("1", undefined)?.lines.length, 1);
  assert.equal(groups.add("2", row("2"))?.lines.length, 2);
  assert.equal(groups.add("3", undefined), undefined, "an order without lines is none");
  assert.equal(groups.waiting, 0);
});
