import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { money } from "@daybook/kernel/money";
import { chargedLines, shareOf } from "./amounts.ts";
import { orderOf } from "./conformance/trial.ts";

const gbp = (minor: number) => money(BigInt(minor), "GBP");
const minors = (lines: readonly bigint[]) => lines.map(Number);

void describe("what a line was charged", () => {
  void test("is its amount and its tax", () => {
    const lines = [
      { productId: "mug", quantity: 3, amount: gbp(1_000), tax: gbp(200) },
      { productId: "pot", quantity: 1, amount: gbp(500) },
    ];
    assert.deepEqual(minors(chargedLines(orderOf({ lines, total: gbp(1_700) }))), [1_200, 500]);
  });

  void test("has its share of a discount or of the postage", () => {
    assert.deepEqual(minors(chargedLines(orderOf({ total: gbp(1_801) }))), [900, 901]);
    assert.deepEqual(minors(chargedLines(orderOf({ total: gbp(2_399) }))), [1_200, 1_199]);
  });

  void test("of an order of gifts is the postage by pieces", () => {
    const lines = orderOf().lines.map((line) => ({ ...line, amount: gbp(0) }));
    assert.deepEqual(minors(chargedLines(orderOf({ lines, total: gbp(500) }))), [300, 200]);
  });

  void test("adds up to the total, and is never below zero, whatever the lines", () => {
    const line = fc.record({
      productId: fc.constant("mug"),
      quantity: fc.integer({ min: 1, max: 50 }),
      amount: fc.nat(5_000).map(gbp),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), fc.nat(60_000), (lines, total) => {
        const charged = chargedLines(orderOf({ lines, total: gbp(total) }));
        assert.ok(charged.every((minor) => minor >= 0n));
        assert.equal(
          charged.reduce((sum, minor) => sum + minor, 0n),
          BigInt(total),
        );
      }),
    );
  });
});

void describe("what pieces give back", () => {
  const nothing = { quantity: 0, minor: 0n };

  void test("is their share, rounded half to even; the last give what is left", () => {
    assert.equal(shareOf(1_000n, 3, nothing, 1), 333n);
    assert.equal(shareOf(1_000n, 3, { quantity: 1, minor: 333n }, 1), 333n);
    assert.equal(shareOf(1_000n, 3, { quantity: 2, minor: 666n }, 1), 334n);
    assert.equal(shareOf(25n, 10, nothing, 1), 2n, "2.5 is rounded to 2");
    assert.equal(shareOf(35n, 10, nothing, 1), 4n, "3.5 is rounded to 4");
    assert.equal(shareOf(1_000n, 3, nothing, 3), 1_000n);
  });

  void test("is never more than is left", () => {
    assert.equal(shareOf(6n, 10, { quantity: 6, minor: 6n }, 1), 0n, "each of six was rounded up");
  });
});
