import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endOf, rangeOf } from "./text-range.ts";

describe("a range of texts", () => {
  test("of a prefix ends at the first text that sorts after all that start with it", () => {
    assert.equal(endOf("order-"), "order.");
    assert.equal(endOf("a\u{10FFFF}"), "b");
    assert.equal(endOf("a\uD7FF"), "a\uE000");
    assert.equal(endOf("\u{10FFFF}"), undefined);
    assert.equal(endOf(""), undefined);
  });

  test("goes on after its cursor, and not before the prefix", () => {
    const after = { entry: "ab", key: "k" };
    assert.deepEqual(rangeOf("a", "forwards", after), { from: "ab", fromKey: "k\0", to: "b", toKey: "", isAfter: true });
    assert.equal(rangeOf("b", "forwards", after).from, "b");
    assert.deepEqual(rangeOf("a", "backwards", after), { from: "a", fromKey: "", to: "ab", toKey: "k", isAfter: false });
    assert.equal(rangeOf("a", "backwards", { entry: "c", key: "k" }).to, "b");
  });
});
