import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { call, codeOf } from "./call.ts";

const MAPPING = {
  source: "web",
  format: "ndjson",
  lines: "items",
  columns: {
    number: "no",
    time: "at",
    quantity: "items.count",
    unitPrice: "items.price",
    customer: "buyer.id",
    product: "items.sku",
    status: "kind",
    returnOf: "of",
  },
  timeFormat: "iso",
  timeZone: "Europe/Berlin",
  currency: "EUR",
  priceExponent: 2,
  statuses: { creditNote: ["return"], cancelled: ["void"] },
};
const at = "2026-03-01T10:00:00Z";
const items = [
  { sku: "A", count: 2, price: 1_250 },
  { sku: "B", count: 1, price: 99 },
];
const DOCUMENTS = [
  { no: 1, at, buyer: { id: "ada" }, kind: "sale", items },
  { no: 2, at, buyer: {}, kind: "void", items },
  { no: 3, at: "2026-03-02T10:00:00Z", kind: "return", of: "1", items: items.slice(0, 1) },
  { no: 4, at: "2026-03-02T10:00:00Z", kind: "return", of: "7", items: items.slice(0, 1) },
];

void describe("the commands of imports", () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-import-cli-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const file = join(folder, "orders.ndjson");
  writeFileSync(file, DOCUMENTS.map((document) => JSON.stringify(document)).join("\n"));
  const mappingFile = (mapping: unknown): string => {
    const path = join(folder, "mapping.json");
    writeFileSync(path, typeof mapping === "string" ? mapping : JSON.stringify(mapping));
    return path;
  };
  const imported = (mapping: unknown, ...more: readonly string[]) =>
    call(["import", "orders", file, "--mapping", mappingFile(mapping), "--data", data, "--json", "--quiet", ...more]);

  void test("a dry run says what would be done, and makes nothing", async () => {
    const { code, out, err } = await imported(MAPPING, "--dry-run");
    assert.equal(code, 0, err);
    const { seconds: _, ...report } = JSON.parse(out);
    assert.deepEqual(report, {
      rows: 6,
      orders: { placed: 1, fulfilled: 1, cancelled: 0, failed: 0, returned: 1 },
      refunds: 1,
      rejected: [
        { row: 3, stage: "clean", reason: "cancelled" },
        { row: 4, stage: "clean", reason: "cancelled" },
        { row: 6, stage: "match", reason: "no-matching-order" },
      ],
      money: { EUR: { ordered: "25.99", charged: "25.99", refunded: "0.00" } },
      dryRun: true,
    });
    assert.ok(!existsSync(data));
  });

  void test("a wrong mapping is named by its places, and nothing is made", async () => {
    const wrong = { ...MAPPING, timeZone: "Mars", columns: { ...MAPPING.columns, number: 7, sku: "x" } };
    const called = await imported(wrong);
    assert.deepEqual([called.code, codeOf(called)], [2, "mapping-invalid"]);
    const { details } = JSON.parse(called.err).error;
    const pointers = details.errors.map(({ pointer }: { pointer: string }) => pointer);
    assert.deepEqual(pointers.toSorted(), ["/columns/number", "/columns/sku", "/timeZone"]);
    assert.equal(codeOf(await imported("{")), "mapping-invalid");
    const { source: _, ...noSource } = MAPPING;
    assert.equal(codeOf(await imported(noSource)), "mapping-invalid");
    assert.ok(!existsSync(data));
  });

  void test("a file that fails on its way says where, with the cause's code", async () => {
    const called = await imported({ ...MAPPING, format: "csv", lines: undefined }, "--place-only");
    assert.equal(codeOf(called), "import-file-invalid");
    assert.ok(!existsSync(data));
    const stranger = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const { port } = stranger.address() as AddressInfo; // it listens
    const asked = await imported(MAPPING, "--place-only", "--url", `http://127.0.0.1:${port}`, "--token", "x");
    stranger.closeAllConnections();
    stranger.close();
    const { code, message, details } = JSON.parse(asked.err).error;
    assert.deepEqual([code, details.stage, details.item], ["answer-unreadable", "place", "1"]);
    assert.match(message, /\(stage place, item 1\)$/);
  });

  void test("placed only, orders wait for their payment, and the shop's own commands show them", async () => {
    const { code, out, err } = await imported(MAPPING, "--place-only");
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out).orders, { placed: 1, fulfilled: 0, cancelled: 0, failed: 0, returned: 0 });
    const listed = await call(["order", "ls", "--data", data, "--jsonl"]);
    const { status, total, customer } = JSON.parse(listed.out);
    assert.deepEqual([status, total.amount, customer.id], ["placed", "25.99", "cus_ada"]);
  });

  void test("without partners nothing is begun", async () => {
    const other = join(folder, "other");
    const words = ["import", "orders", file, "--mapping", mappingFile(MAPPING), "--data", other, "--partners", "none", "--json"];
    const called = await call(words);
    assert.deepEqual([called.code, codeOf(called)], [4, "orders-not-carried-out"]);
    assert.ok(!existsSync(other));
  });

  void test("print the schema that mappings follow, and the document of mappings names its fields", async () => {
    const { code, out } = await call(["import", "schema"]);
    assert.equal(code, 0);
    const { properties } = JSON.parse(out);
    const document = readFileSync(join(import.meta.dirname, "../../docs/import.md"), "utf8");
    const fields = [...Object.keys(properties), ...Object.keys(properties.columns.properties)];
    assert.deepEqual(
      fields.filter((field) => !document.includes(`\`${field}\``)),
      [],
    );
  });
});
