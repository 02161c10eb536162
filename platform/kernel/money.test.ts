import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { errorCode } from "./errors.ts";
import { add, decimalsOf, decimalText, isSameMoney, lineAmount, money, moneyFromDecimal, moneySchema, times } from "./money.ts";

const currency = fc.constantFrom("GBP", "EUR", "JPY", "KWD", "CLF");
const minor = fc.bigInt({ min: 1n - 10n ** 20n, max: 10n ** 20n - 1n }); // as many digits as decimal text may have

function refuses(read: () => unknown): void {
  assert.throws(read, (error) => errorCode(error) === "invalid-amount");
}

/** Half to even by the definition: the nearest whole number, of two as near the even one. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  let floor = numerator / denominator;
  if (floor * denominator > numerator) floor -= 1n;
  const distance = (whole: bigint) => {
    const difference = whole * denominator - numerator;
    return difference < 0n ? -difference : difference;
  };
  const [below, above] = [distance(floor), distance(floor + 1n)];
  if (below !== above) return below < above ? floor : floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

describe("money", () => {
  test("decimal text is read back exactly", () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        assert.deepEqual(moneyFromDecimal(decimalText(money(amount, code)), code), money(amount, code));
      }),
    );
  });

  test("decimal text has as many decimals as the currency, and a digit before the point", () => {
    const texts = (
      [
        [5n, "GBP"],
        [-5n, "GBP"],
        [1234n, "GBP"],
        [5n, "JPY"],
        [5n, "KWD"],
        [-12345n, "CLF"],
        [0n, "EUR"],
      ] as const
    ).map(([amount, code]) => decimalText(money(amount, code)));
    assert.deepEqual(texts, ["0.05", "-0.05", "12.34", "5", "0.005", "-1.2345", "0.00"]);
  });

  test("a fraction of a minor unit is refused, zeros behind it are not", () => {
    for (const [text, code] of [
      ["1.001", "GBP"],
      ["0.5", "JPY"],
      ["1.0001", "KWD"],
    ] as const)
      refuses(() => moneyFromDecimal(text, code));
    assert.deepEqual(moneyFromDecimal("1.1000", "GBP"), money(110n, "GBP"));
    assert.deepEqual(moneyFromDecimal("-0.00", "GBP"), money(0n, "GBP"));
  });

  test("anything but plain decimal text is refused", () => {
    for (const text of [
      "",
      " 1",
      "1 ",
      "1e3",
      "+1",
      "1,00",
      ".5",
      "1.",
      "--1",
      "0x10",
      "NaN",
      "Infinity",
      "1_000",
      "１",
      "1.2.3",
      "9".repeat(21),
    ]) {
      refuses(() => moneyFromDecimal(text, "GBP"));
      refuses(() => lineAmount(1, text, "GBP"));
    }
  });

  test("a line's amount is quantity × price, rounded half to even", () => {
    const price = fc.record({
      sign: fc.constantFrom("", "-"),
      whole: fc.nat(1_000_000),
      fraction: fc.stringMatching(/^\d{1,8}$/),
    });
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 10_000 }), price, currency, (quantity, { sign, whole, fraction }, code) => {
        const numerator = BigInt(quantity) * BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(decimalsOf(code));
        const expected = nearest(numerator, 10n ** BigInt(fraction.length));
        assert.deepEqual(lineAmount(quantity, `${sign}${whole}.${fraction}`, code), money(expected, code));
      }),
    );
  });

  test("halves go to the even neighbour on both sides of zero", () => {
    const rounded = ["0.005", "0.015", "0.025", "-0.005", "-0.015", "0.0051", "0.00499"].map(
      (price) => lineAmount(1, price, "GBP").minor,
    );
    assert.deepEqual(rounded, ["0", "2", "2", "0", "-2", "1", "0"]);
  });

  test("adding and multiplying are exact at any size", () => {
    fc.assert(
      fc.property(minor, minor, fc.maxSafeInteger(), (a, b, factor) => {
        assert.deepEqual(add(money(a, "GBP"), money(b, "GBP")), money(a + b, "GBP"));
        assert.deepEqual(times(money(a, "GBP"), factor), money(a * BigInt(factor), "GBP"));
      }),
    );
  });

  test("amounts of two currencies are not added, and amounts are not multiplied by fractions", () => {
    assert.throws(() => add(money(1n, "GBP"), money(1n, "EUR")), /assertion failed/);
    assert.throws(() => times(money(1n, "GBP"), 0.5));
    assert.throws(() => lineAmount(0.5, "1.00", "GBP"));
  });

  test("equal amounts are the same, others are not", () => {
    assert.ok(isSameMoney(money(1n, "GBP"), money(1n, "GBP")));
    assert.ok(!isSameMoney(money(1n, "GBP"), money(1n, "EUR")));
    assert.ok(!isSameMoney(money(1n, "GBP"), money(2n, "GBP")));
  });

  test("each amount has one spelling that the schema accepts", () => {
    fc.assert(fc.property(minor, currency, (amount, code) => moneySchema.parse(money(amount, code)).minor === String(amount)));
    for (const text of ["-0", "00", "01", "+1", "1.0", "", "1n", " 1", "-"]) {
      assert.equal(moneySchema.safeParse({ minor: text, currency: "GBP" }).success, false, text);
    }
    assert.equal(moneySchema.safeParse({ minor: "1", currency: "gbp" }).success, false);
    assert.equal(moneySchema.safeParse({ minor: "1", currency: "GBP", extra: 1 }).success, false);
  });

  test("decimals are those of ISO 4217", () => {
    const decimals = ["GBP", "USD", "JPY", "XOF", "ISK", "KWD", "IQD", "LYD", "CLF", "toString"].map(decimalsOf);
    assert.deepEqual(decimals, [2, 2, 0, 0, 0, 3, 3, 3, 4, 2]);
  });
});
