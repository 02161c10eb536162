import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { money } from "@daybook/kernel/money";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Product } from "@daybook/shop-catalog/contract";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import type { ImportOptions, ImportProgress, ImportReport, ImportReturn, ImportTarget } from "./contract.ts";
import { loadMapping } from "./mapping/mapping.ts";
import { importOrders } from "./service.ts";
import { syntheticInvoices, syntheticLines } from "./synthetic-year.ts";

const folder = mkdtempSync(join(tmpdir(), "daybook-import-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const mapping = await loadMapping(`${import.meta.dirname}/mappings/online-retail-lines.json`);
const invoicesMapping = await loadMapping(`${import.meta.dirname}/mappings/online-retail-invoices.json`);
const file = join(folder, "lines.csv");
const invoices = join(folder, "invoices.csv");
writeFileSync(file, syntheticLines({ seed: 7, invoices: 400 }));
writeFileSync(invoices, syntheticInvoices({ seed: 7, invoices: 2_000 }));

/** A shop that forgets nothing, and carries everything out at once. */
class Shelf implements ImportTarget {
  readonly products = new Map<string, Product>();
  readonly orders = new Map<string, ImportOrder>();
  readonly returns = new Map<string, ImportReturn>();
  largest = 0;
  private readonly under = new Set<string>();

  readonly list: ImportTarget["list"] = async (products) => {
    for (const product of products) if (!this.products.has(product.productId)) this.products.set(product.productId, product);
  };

  readonly place: ImportTarget["place"] = async (orders) => {
    for (const { orderId } of orders) this.under.add(orderId);
    this.largest = Math.max(this.largest, this.under.size);
    await Promise.resolve();
    if (orders.some(({ payment }) => !payment)) for (const { orderId } of orders) this.under.delete(orderId);
    return orders.map((order) => {
      const isThere = this.orders.has(order.orderId);
      this.orders.set(order.orderId, order);
      return { outcome: isThere ? "exists" : "placed" };
    });
  };

  readonly ended: ImportTarget["ended"] = async (orderIds) => {
    await new Promise((resolve) => setImmediate(resolve));
    for (const orderId of orderIds) this.under.delete(orderId);
    return orderIds.map(() => ({ end: "fulfilled" }));
  };

  readonly giveBack: ImportTarget["giveBack"] = async (returns) => {
    for (const each of returns) this.returns.set(each.key, each);
    return returns.map(() => ({ outcome: "completed", amount: money(7n, "GBP") }));
  };
}

async function imported(
  concurrency: number,
  shelf = new Shelf(),
  more: Partial<ImportOptions> = {},
): Promise<{ readonly report: ImportReport; readonly shelf: Shelf }> {
  const report = await importOrders({ file, mapping, target: shelf, concurrency, clock: virtualClock(), ...more });
  return { report, shelf };
}

test("a synthetic year has every defect, and each is found; credit notes come back", async () => {
  const { report, shelf } = await imported(64);
  const ofInvoices = await imported(64, undefined, { file: invoices, mapping: invoicesMapping });
  for (const { rejected, refunds } of [report, ofInvoices.report]) {
    const reasons = new Set(rejected.map(({ reason }) => reason));
    for (const reason of ["adjustment", "no-matching-order", "quantity-not-positive", "price-not-positive"])
      assert.ok(reasons.has(reason), reason);
    assert.ok(refunds > 0);
  }
  assert.ok(report.orders.placed > 200);
  assert.equal(report.orders.fulfilled, report.orders.placed);
  assert.equal(report.refunds, shelf.returns.size);
  const { ordered, charged, refunded } = report.money["GBP"] ?? {};
  assert.equal(charged, ordered);
  assert.equal(refunded, (shelf.returns.size * 0.07).toFixed(2));
});

test("results do not depend on concurrency, and no more is under way than was asked for", async () => {
  const one = await imported(1);
  const many = await imported(64);
  assert.deepEqual(one.report, many.report);
  assert.deepEqual(one.shelf.orders, many.shelf.orders);
  assert.deepEqual(one.shelf.products, many.shelf.products);
  assert.deepEqual(one.shelf.returns, many.shelf.returns);
  assert.equal(one.shelf.largest, 1);
  assert.ok(many.shelf.largest <= 64 && many.shelf.largest > 32, `${many.shelf.largest} at once`);
});

test("every product is listed before the first order, as its first row says", async () => {
  const shelf = new Shelf();
  const seen: number[] = [];
  const place: ImportTarget["place"] = (orders) => {
    seen.push(shelf.products.size);
    return shelf.place(orders);
  };
  const { list, ended, giveBack } = shelf;
  const target = { list, place, ended, giveBack };
  await importOrders({ file, mapping, target, concurrency: 64, clock: virtualClock() });
  assert.equal(new Set(seen).size, 1);
  const sold = new Set([...shelf.orders.values()].flatMap(({ lines }) => lines.map(({ productId }) => productId)));
  assert.ok([...sold].every((productId) => shelf.products.has(productId)));
});

test("imported again, the report is the same and nothing is done twice", async () => {
  const first = await imported(16);
  const count = first.shelf.orders.size;
  const second = await imported(16, first.shelf);
  assert.deepEqual(second.report, first.report);
  assert.equal(first.shelf.orders.size, count);
});

test("placed only, orders have no payment and nothing comes back", async () => {
  const { report, shelf } = await imported(64, undefined, { isPlaceOnly: true });
  assert.deepEqual([shelf.products.size, shelf.returns.size], [0, 0]);
  assert.ok([...shelf.orders.values()].every(({ payment }) => !payment));
  assert.deepEqual(report.orders, { placed: shelf.orders.size, fulfilled: 0, cancelled: 0, failed: 0, returned: 0 });
  assert.equal(report.money["GBP"]?.charged, "0.00");
  assert.ok(report.rejected.some(({ stage, reason }) => stage === "return" && reason === "returns-not-made"));
});

/** The shelf with another way to do some things. */
function shelfWith(other: Partial<ImportTarget>): ImportTarget {
  const { list, place, ended, giveBack } = new Shelf();
  return { list, place, ended, giveBack, ...other };
}

const common = { file, mapping, concurrency: 8, clock: virtualClock() };

test("a shop that fails ends the import with stage, item and cause, after what was under way", async () => {
  const failure = new TypeError("the shop is full");
  const target = shelfWith({ place: () => Promise.reject(failure) });
  await assert.rejects(importOrders({ ...common, target }), {
    code: "stage-failed",
    cause: failure,
    message: /^stage place, item \d{6}/,
  });
});

test("an order that is refused is listed with the stage, each row of it; so is a return", async () => {
  const refused = { outcome: "refused", code: "total-negative", message: "" } as const;
  const refusing: Partial<ImportTarget> = {
    place: async (orders) => orders.map(() => refused),
    giveBack: async (all) => all.map(() => refused),
  };
  const report = await importOrders({ ...common, target: shelfWith(refusing) });
  assert.equal(report.orders.placed, 0);
  assert.deepEqual(report.money, {});
  assert.ok(report.rejected.some(({ stage, reason }) => stage === "place" && reason === "total-negative"));
  const other = await importOrders({ ...common, target: shelfWith({ giveBack: async (all) => all.map(() => refused) }) });
  assert.equal(other.refunds, 0);
  assert.ok(other.rejected.some(({ stage, reason }) => stage === "return" && reason === "total-negative"));
});

test("orders count by how they ended, and what they were charged counts all the same", async () => {
  const amount = money(500n, "GBP");
  const ends = [{ end: "failed", charged: amount, refunded: amount }, { end: "cancelled" }] as const;
  let count = 0;
  const target = shelfWith({
    ended: async (orderIds) => orderIds.map(() => ends[count++] ?? { end: "fulfilled" }),
    giveBack: async (all) => all.map(() => ({ outcome: "refused", code: "order-not-sent", message: "" })),
  });
  const { orders, money: sums } = await importOrders({ ...common, target });
  assert.deepEqual([orders.failed, orders.cancelled, orders.fulfilled], [1, 1, orders.placed - 2]);
  assert.equal(sums["GBP"]?.refunded, "5.00");
});

test("aborted, it begins nothing more", async () => {
  const controller = new AbortController();
  const shelf = new Shelf();
  const failure = new Error("stopped");
  const onProgress = ({ placed }: ImportProgress) => placed > 0 && controller.abort(failure);
  await assert.rejects(imported(2, shelf, { signal: controller.signal, onProgress }), failure);
  assert.ok(shelf.orders.size > 0 && shelf.orders.size < 20);
});

test("a file with a torn quote at its end does nothing", async () => {
  const torn = join(folder, "torn.csv");
  writeFileSync(torn, `${syntheticLines({ seed: 7, invoices: 50 })}1,"2`);
  const shelf = new Shelf();
  const isInvalid = (error: unknown) => errorCode(error) === "import-file-invalid";
  await assert.rejects(imported(64, shelf, { file: torn }), isInvalid);
  assert.deepEqual([shelf.orders.size, shelf.products.size], [0, 0]);
});
