import assert from "node:assert/strict";
import { test } from "node:test";
import { rowCleaner } from "./clean-row.ts";
import type { Cells } from "./csv-rows.ts";
import { loadMapping } from "./mapping.ts";

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

function reasonOf(cells: Cells, isComplete = true): string | undefined {
  const cleaned = lines({ row: 7, cells: { ...GOOD, ...cells }, isComplete });
  return "reason" in cleaned ? `${cleaned.row} ${cleaned.stage} ${cleaned.reason}` : undefined;
}

test("a good row keeps its price as text, and its customer without what a spreadsheet left", () => {
  assert.deepEqual(lines({ row: 1, cells: GOOD, isComplete: true }), {
    row: 1,
    number: "536365",
    time: Date.parse("2010-12-01T08:26:00Z"),
    quantity: 6,
    unitPrice: "2.55",
    productId: "85123A",
    name: "WHITE HANGING HEART",
    customerId: "cus_17850",
    country: "United Kingdom",
  });
});

test("whatever is no line of an order has its reason", () => {
  assert.equal(reasonOf({}), undefined);
  assert.equal(reasonOf({ number: "A563185" }), "7 clean adjustment");
  assert.equal(reasonOf({ number: "C536379", quantity: "-1" }), "7 clean returns-not-yet");
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
  assert.equal(reasonOf({}, false), "7 parse columns-differ");
});

test("a row without customer is a guest's", () => {
  const empty = lines({ row: 1, cells: { ...GOOD, customer: "" }, isComplete: true });
  const blank = invoices({ row: 1, cells: { ...GOOD, time: "12/1/2010 8:26", customer: "(blank)" }, isComplete: true });
  assert.equal("customerId" in empty && empty.customerId, undefined);
  assert.equal("customerId" in blank && blank.customerId, undefined);
});

test("a file without products is of the stand-in; a product without description is called by its code", () => {
  const standIn = invoices({ row: 1, cells: { ...GOOD, time: "12/1/2010 8:26" }, isComplete: true });
  assert.equal("productId" in standIn && standIn.productId, "online-retail-invoice");
  const nameless = lines({ row: 1, cells: { ...GOOD, description: "" }, isComplete: true });
  assert.equal("name" in nameless && nameless.name, "85123A");
});
