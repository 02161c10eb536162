import assert from "node:assert/strict";
import { test } from "node:test";
import { rowCleaner } from "./clean-row.ts";
import { loadMapping, parseMapping } from "./mapping/mapping.ts";
import type { Cells, RowFault } from "./rows/source-row.ts";

const lines = rowCleaner(await loadMapping(`${import.meta.dirname}/mappings/online-retail-lines.json`));
const invoices = rowCleaner(await loadMapping(`${import.meta.dirname}/mappings/online-retail-invoices.json`));

const GOOD: Cells = {
  number: "536365",
  time: "2010-12-01 08:26:00",
  quantity: "6",
  unitPrice: "2.55",
  customer: "17850.0",
  country: "United Kingdom",
  product: "85123A",
  description: "WHITE HANGING HEART",
};

function reasonOf(cells: Cells, fault?: RowFault): string | undefined {
  const cleaned = lines({ row: 7, cells: { ...GOOD, ...cells }, fault });
  return "reason" in cleaned ? `${cleaned.row} ${cleaned.stage} ${cleaned.reason}` : undefined;
}

test("a good row keeps its price as text, and its customer without what a spreadsheet left", () => {
  assert.deepEqual(lines({ row: 1, cells: GOOD }), {
    kind: "line",
    row: 1,
    number: "536365",
    time: Date.parse("2010-12-01T08:26:00Z"),
    quantity: 6,
    unitPrice: "2.55",
    currency: "GBP",
    productId: "85123A",
    name: "WHITE HANGING HEART",
    customerId: "cus_17850",
    country: "United Kingdom",
  });
});

test("whatever is no line of an order has its reason", () => {
  assert.equal(reasonOf({}), undefined);
  assert.equal(reasonOf({ number: "A563185" }), "7 clean adjustment");
  assert.equal(reasonOf({ number: "C536379", quantity: "0" }), "7 clean quantity-not-positive");
  assert.equal(reasonOf({ quantity: "0" }), "7 clean quantity-not-positive");
  assert.equal(reasonOf({ quantity: "-10" }), "7 clean quantity-not-positive");
  assert.equal(reasonOf({ quantity: "1.5" }), "7 clean quantity-unreadable");
  assert.equal(reasonOf({ quantity: "1000001" }), "7 clean quantity-too-large");
  assert.equal(reasonOf({ unitPrice: "0.0" }), "7 clean price-not-positive");
  assert.equal(reasonOf({ unitPrice: "-11062.06" }), "7 clean price-not-positive");
  assert.equal(reasonOf({ unitPrice: "1e3" }), "7 clean price-unreadable");
  assert.equal(reasonOf({ time: "2010-13-01 08:26:00" }), "7 clean time-unreadable");
  assert.equal(reasonOf({ product: "" }), "7 clean product-missing");
  assert.equal(reasonOf({ number: "" }), "7 clean number-missing");
  assert.equal(reasonOf({}, "columns-differ"), "7 parse columns-differ");
});

test("a row without customer is a guest's", () => {
  const empty = lines({ row: 1, cells: { ...GOOD, customer: "" } });
  const blank = invoices({ row: 1, cells: { ...GOOD, time: "12/1/2010 8:26", customer: "(blank)" } });
  assert.equal("customerId" in empty && empty.customerId, undefined);
  assert.equal("customerId" in blank && blank.customerId, undefined);
});

test("a file without products is of the stand-in; a product without description is called by its code", () => {
  const { product: _, ...cells } = GOOD;
  const standIn = invoices({ row: 1, cells: { ...cells, time: "12/1/2010 8:26" } });
  assert.equal("productId" in standIn && standIn.productId, "online-retail-invoice");
  const nameless = lines({ row: 1, cells: { ...GOOD, description: "" } });
  assert.equal("name" in nameless && nameless.name, "85123A");
});

test("a credit note keeps what came back, with or without a minus, whatever its price", () => {
  const note = { kind: "note", row: 1, number: "C1", time: Date.parse("2010-12-01T08:26:00Z"), productId: "85123A" };
  for (const quantity of ["-6", "6.0"]) {
    const cleaned = lines({ row: 1, cells: { ...GOOD, number: "C1", quantity, unitPrice: "x" } });
    assert.deepEqual(cleaned, { ...note, quantity: 6, customerId: "cus_17850", returnOf: undefined });
  }
});

test("what cannot be an id is called by its digest, the same each time", () => {
  const charges = lines({ row: 1, cells: { ...GOOD, product: "BANK CHARGES", description: "" } });
  assert.ok("productId" in charges && "name" in charges);
  assert.match(charges.productId, /^prd_[0-9a-f]{26}$/);
  assert.equal(charges.name, "BANK CHARGES");
});

const BASE = { source: "x", timeFormat: "iso", timeZone: "UTC", currency: "EUR" };
const COLUMNS = { number: "n", time: "t", quantity: "q", unitPrice: "p", product: "s" };

test("numbers are read with the mapping's marks, prices shifted, currencies by row", () => {
  const columns = { ...COLUMNS, currency: "c" };
  const clean = rowCleaner(parseMapping({ ...BASE, columns, decimalMark: ",", groupMark: ".", priceExponent: 2 }, "x"));
  const cells = { number: "1", time: "2026-01-01T10:00:00+02:00", product: "A", currency: "USD" };
  const row = (quantity: string, unitPrice: string) => clean({ row: 1, cells: { ...cells, quantity, unitPrice } });
  const good = row("1.200", "1.234,5");
  assert.ok("kind" in good && good.kind === "line");
  assert.deepEqual([good.quantity, good.unitPrice, good.currency], [1_200, "12.345", "USD"]);
  assert.equal(good.time, Date.parse("2026-01-01T08:00:00Z"));
  for (const price of ["12.34,5", "1,2,3", "1.2345", ""]) assert.equal("reason" in row("1", price), true, price);
  assert.ok("reason" in clean({ row: 1, cells: { ...cells, quantity: "1", unitPrice: "1", currency: "usd" } }));
});

test("a row is what its status says", () => {
  const statuses = { creditNote: ["returned"], adjustment: ["fee"], cancelled: ["void", "lost"] };
  const clean = rowCleaner(parseMapping({ ...BASE, columns: { ...COLUMNS, status: "st", returnOf: "of" }, statuses }, "x"));
  const cells = { number: "1", time: "2026-01-01T10:00Z", product: "A", quantity: "1", unitPrice: "1" };
  const kindOf = (status: string) => {
    const cleaned = clean({ row: 1, cells: { ...cells, status, returnOf: "7" } });
    return "reason" in cleaned ? cleaned.reason : "returnOf" in cleaned ? `note of ${cleaned.returnOf}` : cleaned.kind;
  };
  assert.deepEqual(["sent", "returned", "fee", "lost"].map(kindOf), ["line", "note of 7", "adjustment", "cancelled"]);
});
