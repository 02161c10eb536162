import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import type { ImportReport, OrderSink } from "./contract.ts";
import { loadMapping } from "./mapping.ts";
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

/** A store that forgets nothing. */
class Shelf implements OrderSink {
  readonly orders = new Map<string, ImportOrder>();
  largest = 0;
  private under = 0;

  async place(orders: readonly ImportOrder[]): ReturnType<OrderSink["place"]> {
    this.under += orders.length;
    this.largest = Math.max(this.largest, this.under);
    await Promise.resolve();
    this.under -= orders.length;
    return orders.map((order) => {
      const isThere = this.orders.has(order.orderId);
      this.orders.set(order.orderId, order);
      return { outcome: isThere ? "exists" : "placed" };
    });
  }
}

async function imported(
  concurrency: number,
  shelf = new Shelf(),
): Promise<{ readonly report: ImportReport; readonly shelf: Shelf }> {
  return { report: await importOrders({ file, mapping, sink: shelf, concurrency }), shelf };
}

test("a synthetic year has every defect, and each is found", async () => {
  const { report } = await imported(64);
  const invoiceReport = await importOrders({ file: invoices, mapping: invoicesMapping, sink: new Shelf(), concurrency: 64 });
  for (const { rejected } of [report, invoiceReport]) {
    const reasons = new Set(rejected.map(({ reason }) => reason));
    for (const reason of ["adjustment", "returns-not-yet", "quantity-not-positive", "price-not-positive"])
      assert.ok(reasons.has(reason), reason);
  }
  assert.ok(report.orders.placed > 200);
});

test("results do not depend on concurrency, and no more is under way than was asked for", async () => {
  const one = await imported(1);
  const many = await imported(64);
  assert.deepEqual(one.report, many.report);
  assert.deepEqual(one.shelf.orders, many.shelf.orders);
  assert.equal(one.shelf.largest, 1);
  assert.ok(many.shelf.largest <= 64);
});

test("imported again, the report is the same and nothing is placed twice", async () => {
  const first = await imported(16);
  const count = first.shelf.orders.size;
  const second = await imported(16, first.shelf);
  assert.deepEqual(second.report, first.report);
  assert.equal(first.shelf.orders.size, count);
});

test("a sink that fails ends the import with its error, after what was under way", async () => {
  const failure = new Error("the sink is full");
  await assert.rejects(importOrders({ file, mapping, concurrency: 8, sink: { place: () => Promise.reject(failure) } }), failure);
});

test("an order that is refused is listed with the stage, each row of it", async () => {
  const sink: OrderSink = {
    place: async (orders) => orders.map(() => ({ outcome: "refused", code: "total-negative", message: "" })),
  };
  const report = await importOrders({ file, mapping, sink, concurrency: 8 });
  assert.equal(report.orders.placed, 0);
  assert.deepEqual(report.money, {});
  assert.ok(report.rejected.some(({ stage, reason }) => stage === "place" && reason === "total-negative"));
});

test("aborted, it reads no further", async () => {
  const controller = new AbortController();
  const shelf = new Shelf();
  const onProgress = () => controller.abort(failure);
  const failure = new Error("stopped");
  await assert.rejects(
    importOrders({ file, mapping, sink: shelf, concurrency: 2, signal: controller.signal, onProgress }),
    failure,
  );
  assert.ok(shelf.orders.size > 0 && shelf.orders.size < 20);
});

test("a file with a torn quote at its end places nothing", async () => {
  const torn = join(folder, "torn.csv");
  writeFileSync(torn, `${syntheticLines({ seed: 7, invoices: 50 })}1,"2`);
  const shelf = new Shelf();
  const isInvalid = (error: unknown) => errorCode(error) === "import-file-invalid";
  await assert.rejects(importOrders({ file: torn, mapping, sink: shelf, concurrency: 64 }), isInvalid);
  assert.equal(shelf.orders.size, 0);
});
