import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { DEFAULT_RULES, judged, returnRulesSchema, type Judged } from "./rules.ts";

const DAY = 24 * 60 * 60 * 1_000;
const plain: Judged = { isImported: false, placedAt: 0, returnedAt: DAY, amount: money(1_000n, "GBP"), products: ["mug"] };
const by = (about: Partial<Judged>) => judged(DEFAULT_RULES, { ...plain, ...about }).decision;

void describe("the rules of returns", () => {
  void test("accept what is small and comes soon; the rest is a person's to decide", () => {
    assert.equal(by({}), "accept");
    assert.deepEqual([by({ returnedAt: 60 * DAY }), by({ returnedAt: 60 * DAY + 1 })], ["accept", "ask"]);
    assert.deepEqual([by({ amount: money(50_000n, "GBP") }), by({ amount: money(50_001n, "GBP") })], ["accept", "ask"]);
    assert.equal(by({ amount: money(50_001n, "PLN") }), "accept", "no bound is known for it");
  });

  void test("accept whatever an import tells of", () => {
    assert.equal(by({ isImported: true, returnedAt: 900 * DAY, amount: money(9_000_000n, "GBP") }), "accept");
  });

  void test("are data: the first that fits decides, and none leaves it to a person", () => {
    const rules = returnRulesSchema.parse([
      { if: { products: ["knife"], afterDays: 3 }, decision: "refuse", because: "Knives come back within three days." },
      { if: { products: ["mug"] }, decision: "accept" },
    ]);
    const knife = { ...plain, products: ["mug", "knife"] };
    assert.equal(judged(rules, { ...knife, returnedAt: 4 * DAY }).decision, "refuse");
    assert.equal(judged(rules, knife).decision, "accept");
    assert.deepEqual(judged(rules, { ...plain, products: [] }), { decision: "ask", because: "No rule says what becomes of it." });
  });

  void test("that refuse or ask have a reason", () => {
    assert.equal(returnRulesSchema.safeParse([{ decision: "ask" }]).success, false);
    assert.equal(returnRulesSchema.safeParse([{ if: { weekday: 1 }, decision: "accept" }]).success, false);
  });
});
