import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { lineAmount, money, type Money } from "@daybook/kernel/money";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { specification } from "@daybook/testing/specification";
import { catalogueOf, mugs, PRODUCTS } from "./conformance/trial.ts";
import { importOrderSchema, placeOrderSchema, type ImportOrder, type PlaceOrder } from "./contract.ts";
import type { Line, OrderPlaced } from "./events.ts";
import { orderDecider } from "./order.ts";
import { importedOrder, pricedOrder } from "./place-order.ts";

type Item = PlaceOrder["items"][number];

function priced(items: readonly Item[], products = PRODUCTS): Promise<OrderPlaced | Refusal> {
  return pricedOrder("ord_1", placeOrderSchema.parse({ customerId: "cus_1", items }), catalogueOf(products), 5);
}

function imported(lines: readonly Line[], more: Partial<ImportOrder> = {}): OrderPlaced | Refusal {
  const origin = { source: "shop", number: "7" };
  return importedOrder(importOrderSchema.parse({ orderId: "7", currency: "GBP", placedAt: 5, origin, lines, ...more }));
}

function accepted(order: OrderPlaced | Refusal): OrderPlaced {
  assert.ok(!("code" in order), JSON.stringify(order));
  specification(orderDecider)
    .given()
    .when({ type: "place", order })
    .thenHappens({ type: "OrderPlaced", data: order, occurredAt: order.placedAt });
  return order;
}

function refusalOf(order: OrderPlaced | Refusal): readonly [code: string, details: unknown] {
  assert.ok("code" in order, "it was not refused");
  return [order.code, order.details];
}

void describe("pricing an order", () => {
  void test("names and prices are the catalogue's, the total is the sum", async () => {
    const order = accepted(
      await priced([
        { productId: "mug", quantity: 2 },
        { productId: "pot", quantity: 3, unitPrice: "34.00" },
      ]),
    );
    assert.deepEqual(order.lines, [
      mugs(2),
      { productId: "pot", name: "Pot", quantity: 3, unitPrice: "34.00", amount: money(10_200n, "GBP") },
    ]);
    assert.deepEqual([order.total, order.currency, order.placedAt], [money(11_900n, "GBP"), "GBP", 5]);
    assert.deepEqual([order.orderId, order.customer.id], ["ord_1", "cus_1"]);
  });

  void test("the same product twice is one line", async () => {
    const order = accepted(await priced(["mug", "pot", "mug"].map((productId) => ({ productId, quantity: 2 }))));
    assert.deepEqual(
      order.lines.map((line) => [line.productId, line.quantity]),
      [
        ["mug", 4],
        ["pot", 2],
      ],
    );
  });

  void test("a currency without decimals is priced in whole units", async () => {
    const order = accepted(await priced([{ productId: "bowl", quantity: 2, unitPrice: "900" }]));
    assert.deepEqual(order.total, money(1_800n, "JPY"));
  });

  void test("a sent price must equal the catalogue's, as a number", async () => {
    for (const unitPrice of ["8.50", "8.5", "08.500"]) accepted(await priced([{ productId: "mug", quantity: 1, unitPrice }]));
    for (const unitPrice of ["8.51", "8.501", "85", "0", "8", "850"]) {
      const expected = ["price-differs", { productId: "mug", price: "8.50", currency: "GBP" }];
      assert.deepEqual(refusalOf(await priced([{ productId: "mug", quantity: 1, unitPrice }])), expected, unitPrice);
    }
  });

  void test("an unknown product is named", async () => {
    const items = [
      { productId: "mug", quantity: 1 },
      { productId: "hat", quantity: 1 },
      { productId: "cat", quantity: 1 },
    ];
    assert.deepEqual(refusalOf(await priced(items)), ["unknown-product", { productId: "hat" }]);
  });

  void test("one currency per order", async () => {
    const items = [
      { productId: "mug", quantity: 1 },
      { productId: "vase", quantity: 1 },
    ];
    assert.equal(refusalOf(await priced(items))[0], "mixed-currencies");
  });

  void test("at most a million pieces of a product, also in parts", async () => {
    accepted(await priced([{ productId: "mug", quantity: 1_000_000 }]));
    const items = [
      { productId: "mug", quantity: 1_000_000 },
      { productId: "mug", quantity: 1 },
    ];
    assert.deepEqual(refusalOf(await priced(items)), ["quantity-too-large", { productId: "mug" }]);
  });

  void test("a product is asked for once", async () => {
    const asked: string[] = [];
    const catalogue = { ...catalogueOf(PRODUCTS), product: async (id: string) => (asked.push(id), PRODUCTS[0]) };
    const items = Array.from({ length: 100 }, () => ({ productId: "mug", quantity: 1 }));
    accepted(await pricedOrder("ord_1", { items }, catalogue, 5));
    assert.deepEqual(asked, ["mug"]);
  });

  void test("property: whatever is ordered, the order is accepted, or refused with a reason", async () => {
    const item = fc.record({
      productId: fc.constantFrom("mug", "pot", "vase", "hat"),
      quantity: fc.integer({ min: 1, max: 1_000_000 }),
    });
    const dear = PRODUCTS.map((product) => ({ ...product, price: { ...product.price, minor: "9".repeat(12) } }));
    const codes = new Set<string>();
    const property = fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), async (items) => {
      const order = await priced(items, dear);
      codes.add("code" in order ? order.code : accepted(order).currency);
    });
    await fc.assert(property, { numRuns: 300 });
    assert.deepEqual([...codes].toSorted(), ["EUR", "GBP", "mixed-currencies", "quantity-too-large", "unknown-product"]);
  });
});

void describe("an imported order", () => {
  const line = (more: Partial<Line> = {}): Line => {
    const whole = { ...mugs(2), ...more };
    return { ...whole, amount: more.amount ?? lineAmount(whole.quantity, whole.unitPrice, "GBP") };
  };

  void test("keeps its id, names, prices, time and origin", () => {
    const order = accepted(
      imported([line({ unitPrice: "4.8533", name: "Own name" })], { country: "France", customerId: "17850" }),
    );
    assert.deepEqual([order.orderId, order.placedAt, order.country, order.customer.id], ["7", 5, "France", "17850"]);
    assert.deepEqual(order.lines, [line({ unitPrice: "4.8533", name: "Own name", amount: money(971n, "GBP") })]);
    assert.deepEqual(order.origin, { source: "shop", number: "7" });
  });

  void test("rows of one product at one price are one line, their amounts and taxes added up", () => {
    const tax = money(5n, "GBP");
    const rows = [line({ tax }), line({ unitPrice: "8.00" }), line({ tax, quantity: 3 }), line()];
    const order = accepted(imported(rows));
    assert.deepEqual(
      order.lines.map(({ quantity, unitPrice, amount, tax }) => [quantity, unitPrice, amount.minor, tax?.minor]),
      [
        [7, "8.50", "5950", "10"],
        [2, "8.00", "1600", undefined],
      ],
    );
    assert.deepEqual(order.total, money(7_560n, "GBP"));
  });

  void test("what travels in different parcels stays apart", () => {
    const order = accepted(imported([line({ parcel: "1" }), line({ parcel: "2" })]));
    assert.deepEqual(
      order.lines.map(({ parcel }) => parcel),
      ["1", "2"],
    );
  });

  void test("an amount that is not quantity × unit price is refused, with the right one", () => {
    const wrong = imported([line({ amount: money(1_699n, "GBP") })]);
    assert.deepEqual(refusalOf(wrong), ["amount-differs", { productId: "mug", unitPrice: "8.50", amount: "17.00" }]);
  });

  void test("amounts and taxes are of the order's currency", () => {
    const euro = (minor: bigint): Money => money(minor, "EUR");
    for (const rows of [[line({ amount: euro(1_700n) })], [line(), line({ amount: euro(1_700n) })], [line({ tax: euro(1n) })]]) {
      assert.equal(refusalOf(imported(rows))[0], "mixed-currencies");
    }
    assert.equal(refusalOf(imported([line()], { currency: "EUR" }))[0], "mixed-currencies");
  });

  void test("rows that come to more than a million pieces are refused", () => {
    const rows = [line({ quantity: 1_000_000 }), line({ quantity: 1 })];
    assert.deepEqual(refusalOf(imported(rows)), ["quantity-too-large", { productId: "mug" }]);
  });

  void test("property: a whole import is accepted, its total the sum of what was sent", () => {
    const row = fc.record({
      productId: fc.constantFrom("a", "b"),
      quantity: fc.integer({ min: 1, max: 900 }),
      unitPrice: fc.constantFrom("0", "0.005", "1.015", "123456789012.12345678901234567890"),
      tax: fc.option(fc.bigInt({ min: -10n, max: 10n ** 25n - 1n }), { nil: undefined }),
    });
    const property = fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const lines = rows.map(({ tax, ...rest }) => line({ ...rest, ...(tax !== undefined && { tax: money(tax, "GBP") }) }));
      const sent = lines.reduce((sum, { amount, tax }) => sum + BigInt(amount.minor) + BigInt(tax?.minor ?? 0), 0n);
      if (sent < 0n) return;
      assert.equal(accepted(imported(lines)).total.minor, String(sent));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
