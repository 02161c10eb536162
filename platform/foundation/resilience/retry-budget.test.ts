import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CodedError, defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { retryBudget } from "./retry-budget.ts";

const away = defineError({ code: "trial-away", advice: "Wait.", retryable: true });
const refused = defineError({ code: "trial-refused", advice: "Correct it." });

function trial() {
  const clock = virtualClock();
  const dependency = { calls: 0, isAway: true };
  const budget = retryBudget({ name: "trial", clock, perSecond: 10, share: 0.5 });
  /** "called", or how long to wait. */
  async function ask(name: string): Promise<"called" | number> {
    const before = dependency.calls;
    const call = async () => {
      dependency.calls++;
      if (dependency.isAway) throw away("x");
    };
    const error: unknown = await budget.run(name, call).catch((thrown: unknown) => thrown);
    if (dependency.calls > before) return "called";
    assert.ok(error instanceof CodedError && error.code === "retry-deferred" && error.retryable);
    return Number(error.details["retryAfterMs"]);
  }
  /** Asks for each name in turn. */
  async function askAll(names: readonly string[]) {
    const answers = [];
    for (const name of names) answers.push(await ask(name));
    return answers;
  }
  return { clock, dependency, budget, ask, askAll };
}

const NAMES = Array.from({ length: 300 }, (_, n) => `order ${n}`);

describe("a retry budget", () => {
  test("lets through what is called for the first time, however many there are", async () => {
    const { askAll, dependency } = trial();
    await askAll(NAMES);
    assert.equal(dependency.calls, NAMES.length);
  });

  test("gives each who tries again a turn of their own, which is theirs when they come", async () => {
    const { clock, ask, askAll } = trial();
    await askAll(NAMES);
    const answers = await askAll(NAMES.slice(0, 13));
    assert.deepEqual(answers, [...Array.from({ length: 10 }, () => "called"), 100, 200, 300]);
    assert.equal(await ask("order 12"), 300, "asked again, the turn is the same");
    clock.advance(300);
    assert.equal(await ask("order 12"), "called");
    assert.equal(await ask("order 12"), 100, "and then another one");
    assert.equal(await ask("order 10"), "called", "late is not too late");
  });

  test("bounds the calls to what is away by its rate, however many wait and however eagerly they ask", async () => {
    const { clock, askAll, dependency } = trial();
    await askAll(NAMES);
    dependency.calls = 0;
    for (let second = 1; second <= 20; second++) {
      for (let n = 0; n < 10; n++) {
        clock.advance(100);
        await askAll(NAMES);
      }
      assert.ok(dependency.calls <= 10 + 10 * second, `${dependency.calls} calls in ${second} s`);
    }
    assert.ok(dependency.calls >= 200, "nor are they fewer than may be");
  });

  test("gives no turns further ahead than a minute", async () => {
    const { askAll } = trial();
    const many = Array.from({ length: 1_000 }, (_, n) => `order ${n}`);
    await askAll(many);
    const answers = await askAll(many);
    assert.deepEqual(answers.slice(609, 612), [60_000, 60_000, 60_000]);
    assert.deepEqual(new Set(answers.slice(10)).size, 600);
  });

  test("grows with what succeeds", async () => {
    const { askAll, ask, dependency } = trial();
    await askAll(NAMES.slice(0, 20));
    await askAll(NAMES.slice(0, 10));
    dependency.isAway = false;
    assert.deepEqual(await askAll(["a", "b", "c", "d"]), ["called", "called", "called", "called"]);
    assert.deepEqual(await askAll(["order 10", "order 11"]), ["called", "called"]);
    dependency.isAway = true;
    assert.deepEqual([await ask("order 12"), await ask("order 13")], ["called", 100]);
  });

  test("what was answered is no failure: the next call of the name is a first one", async () => {
    const { budget, askAll, ask, dependency } = trial();
    await askAll(NAMES.slice(0, 30));
    await askAll(NAMES.slice(0, 10));
    for (let n = 0; n < 2; n++)
      await assert.rejects(
        budget.run("other", () => Promise.reject(refused("x"))),
        { code: "trial-refused" },
      );
    dependency.isAway = false;
    assert.deepEqual([await ask("new"), await ask("new")], ["called", "called"]);
  });
});
