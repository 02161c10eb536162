import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@daybook/kernel/random";
import { faultPlan } from "./fault-plan.ts";

const OTHERS = { second: { chance: 0.5 }, third: { chance: 0.5 } };
const RATES = { often: { chance: 0.5, within: 5 }, once: { chance: 0, within: 5 }, ...OTHERS };

test("a fault that takes part strikes within its opportunities, and is counted", () => {
  const plans = Array.from({ length: 50 }, (_, seed) => faultPlan(seededRandom(seed), RATES));
  for (const plan of plans) {
    plan.setActive(true);
    for (let i = 0; i < 20; i++) plan.strikes("once");
  }
  const struck = plans.map((plan) => plan.struck.once);
  assert.deepEqual(new Set(struck), new Set([0, 1]), "some stay out; the others strike");
  assert.ok(struck.filter((count) => count === 1).length > 25);
});

test("nothing strikes while a plan is not active", () => {
  const plan = faultPlan(seededRandom(1), RATES);
  for (let i = 0; i < 50; i++) assert.equal(plan.strikes("often"), false);
  assert.deepEqual(new Set(Object.values(plan.struck)), new Set([0]));
});
