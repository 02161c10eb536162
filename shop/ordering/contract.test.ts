import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seal } from "@daybook/kernel/sealed";
import type { z } from "zod";
import { cancelOrderSchema, importOrderSchema, placeOrderSchema } from "./contract.ts";

const item = { productId: "mug", quantity: 1 };
const place = { customerId: "cus_1", contact: { firstName: "Zoë", email: "zoe@example.org" }, items: [item] };
const line = { productId: "85123A", name: "MUG", quantity: 2, unitPrice: "4.8533", amount: { minor: "971", currency: "GBP" } };
const origin = { source: "old shop", number: "536365" };
const imported = { orderId: "536365", customerId: "17850", currency: "GBP", placedAt: 1_291_191_960_000, origin, lines: [line] };
const cancel = { orderId: "ord_1", reason: "late" };

function takes(schema: z.ZodType, input: unknown): void {
  assert.equal(schema.safeParse(input).success, true, JSON.stringify(input));
}

function refuses(schema: z.ZodType, inputs: Readonly<Record<string, unknown>>): void {
  for (const [what, input] of Object.entries(inputs)) assert.equal(schema.safeParse(input).success, false, what);
}

void describe("placing, as it may be asked for", () => {
  void test("what is meant is taken", () => {
    takes(placeOrderSchema, place);
    takes(placeOrderSchema, { items: [{ ...item, unitPrice: "8.50", quantity: 1_000_000 }] });
    takes(placeOrderSchema, { items: Array.from({ length: 1_000 }, () => item) });
    takes(placeOrderSchema, { ...place, customerId: "A-z_0.9" });
  });

  void test("unknown fields are refused, at every depth", () => {
    refuses(placeOrderSchema, {
      top: { ...place, total: "1" },
      item: { ...place, items: [{ ...item, name: "Mug" }] },
      contact: { ...place, contact: { phone: "1" } },
      address: { ...place, contact: { address: { street: "1", city: "T", country: "GB", door: "2" } } },
    });
  });

  void test("a contact is in the clear: a sealed one, even a genuine one, is refused", () => {
    const sealed = seal(new Uint8Array(32), "cus_2", "unt_1/0", '{"firstName":"Eve"}');
    refuses(placeOrderSchema, { genuine: { ...place, contact: sealed }, forged: { ...place, contact: "sealed:1:a:b:AAAA" } });
  });

  void test("sizes and forms are limited", () => {
    const contact = (more: object) => ({ ...place, contact: more });
    refuses(placeOrderSchema, {
      "no items": { ...place, items: [] },
      "too many items": { items: Array.from({ length: 1_001 }, () => item) },
      "no pieces": { items: [{ ...item, quantity: 0 }] },
      "negative pieces": { items: [{ ...item, quantity: -1 }] },
      "half a piece": { items: [{ ...item, quantity: 0.5 }] },
      "too many pieces": { items: [{ ...item, quantity: 1_000_001 }] },
      "pieces as text": { items: [{ ...item, quantity: "1" }] },
      "long product id": { items: [{ ...item, productId: "x".repeat(101) }] },
      "long price": { items: [{ ...item, unitPrice: "1".repeat(13) }] },
      "negative price": { items: [{ ...item, unitPrice: "-1" }] },
      "price with exponent": { items: [{ ...item, unitPrice: "1e3" }] },
      "long name": contact({ firstName: "x".repeat(101) }),
      "blank name": contact({ firstName: "  " }),
      "no e-mail": contact({ email: "nobody" }),
      "long e-mail": contact({ email: `${"x".repeat(250)}@b.org` }),
    });
  });

  void test("ids are what lists, streams and sealed blocks can carry", () => {
    for (const id of ["", " ", "a b", "a:b", "a/b", "a\n", "ü", "\ud800", "\u0000", "x".repeat(101)]) {
      const what = JSON.stringify(id);
      refuses(placeOrderSchema, {
        [what]: { ...place, customerId: id },
        [`product ${what}`]: { items: [{ ...item, productId: id }] },
      });
      refuses(cancelOrderSchema, { [what]: { ...cancel, orderId: id }, [`customer ${what}`]: { ...cancel, customerId: id } });
      refuses(importOrderSchema, { [what]: { ...imported, orderId: id }, [`customer ${what}`]: { ...imported, customerId: id } });
    }
  });
});

void describe("importing, as it may be asked for", () => {
  void test("what is meant is taken: other shops' product numbers, too", () => {
    takes(importOrderSchema, imported);
    takes(importOrderSchema, { ...imported, lines: [{ ...line, productId: "BANK CHARGES" }] });
  });

  void test("times are of the years that lists can sort", () => {
    for (const placedAt of [0, 253_402_300_799_999]) takes(importOrderSchema, { ...imported, placedAt });
    for (const placedAt of [-1, 253_402_300_800_000, 1.5, Number.NaN])
      refuses(importOrderSchema, { [placedAt]: { ...imported, placedAt } });
  });

  void test("unknown fields, sealed contacts and absurd amounts are refused", () => {
    const amount = (minor: string) => ({ ...imported, lines: [{ ...line, amount: { minor, currency: "GBP" } }] });
    takes(importOrderSchema, amount("9".repeat(25)));
    refuses(importOrderSchema, {
      contact: { ...imported, contact: { firstName: "Zoë" } },
      total: { ...imported, total: { minor: "1", currency: "GBP" } },
      line: { ...imported, lines: [{ ...line, discount: 1 }] },
      "no lines": { ...imported, lines: [] },
      "long amount": amount("9".repeat(27)),
      "amount with decimals": amount("9.71"),
      currency: { ...imported, currency: "gbp" },
    });
  });
});

void describe("cancelling, as it may be asked for", () => {
  void test("with a reason that says something", () => {
    takes(cancelOrderSchema, cancel);
    assert.equal(cancelOrderSchema.parse({ ...cancel, reason: " late " }).reason, "late");
    refuses(cancelOrderSchema, {
      none: { orderId: "ord_1" },
      blank: { ...cancel, reason: "  " },
      long: { ...cancel, reason: "x".repeat(501) },
      unknown: { ...cancel, refund: true },
    });
  });
});
