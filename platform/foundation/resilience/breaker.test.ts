import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import * as fc from "fast-check";
import { breaker, type BreakerOptions, type BreakerState } from "./breaker.ts";

const answered = defineError({ code: "trial-answered", advice: "Ask otherwise." });

function trial(options: Partial<BreakerOptions> = {}) {
  const clock = virtualClock();
  const seen: BreakerState[] = [];
  const circuit = breaker({ name: "carrier", clock, onChange: ({ state }) => seen.push(state), ...options });
  const succeed = () => circuit.run(async () => "answer");
  const fail = () =>
    assert.rejects(
      circuit.run(() => Promise.reject(new TypeError("down"))),
      TypeError,
    );
  const refused = () =>
    assert.rejects(
      circuit.run(() => assert.fail("it was called")),
      { code: "circuit-open", retryable: true },
    );
  return { clock, circuit, seen, succeed, fail, refused };
}

async function times(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await run();
}

describe("a circuit breaker", () => {
  test("opens after five failures in a row, and refuses for 30 s", async () => {
    const { clock, circuit, fail, succeed, refused } = trial();
    await times(4, fail);
    await succeed();
    await times(4, fail);
    assert.equal(circuit.status().state, "closed");
    await fail();
    assert.equal(circuit.status().state, "open");
    clock.advance(29_999);
    await refused();
  });

  test("closes after two successes while half-open", async () => {
    const { clock, seen, fail, succeed } = trial();
    await times(5, fail);
    clock.advance(30_000);
    await times(2, succeed);
    assert.deepEqual(seen, ["open", "half-open", "closed"]);
  });

  test("opens again with the first failure while half-open", async () => {
    const { clock, seen, fail, succeed, refused } = trial();
    await times(5, fail);
    clock.advance(30_000);
    await succeed();
    await fail();
    await refused();
    assert.deepEqual(seen, ["open", "half-open", "open"]);
  });

  test("lets three through at once while half-open", async () => {
    const { clock, circuit, fail, refused } = trial();
    await times(5, fail);
    clock.advance(30_000);
    const gate = Promise.withResolvers<void>();
    const trials = [1, 2, 3].map(() => circuit.run(() => gate.promise));
    await refused();
    gate.resolve();
    await Promise.all(trials);
    assert.equal(circuit.status().state, "closed");
  });

  test("an error with which the callee has answered is no failure", async () => {
    const { circuit } = trial();
    await times(9, () =>
      assert.rejects(
        circuit.run(() => Promise.reject(answered("no"))),
        { code: "trial-answered" },
      ),
    );
    assert.equal(circuit.status().state, "closed");
  });

  test("what began before it opened says nothing afterwards", async () => {
    const { clock, circuit, fail, succeed } = trial();
    const gate = Promise.withResolvers<void>();
    const slow = circuit.run(() => gate.promise);
    await times(5, fail);
    clock.advance(30_000);
    await succeed();
    gate.reject(new TypeError("late"));
    await assert.rejects(slow, TypeError);
    assert.equal(circuit.status().state, "half-open");
  });

  test("an operator's word goes before what is counted", async () => {
    const { clock, circuit, fail, succeed, refused } = trial();
    circuit.force("open");
    clock.advance(100_000);
    await refused();
    circuit.force("closed");
    await times(9, fail);
    assert.deepEqual(circuit.status(), { state: "closed", since: clock.now(), isForced: true });
    circuit.force(undefined);
    await succeed();
    await times(5, fail);
    assert.equal(circuit.status().state, "open");
  });

  test("goes the way of its state machine, whatever happens", async () => {
    const step = fc.oneof(fc.constantFrom("success", "failure"), fc.integer({ min: 1, max: 20_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, circuit } = trial({ failures: 3 });
        const model = { state: "closed", counted: 0, openedAt: 0 };
        for (const what of steps) {
          if (typeof what === "number") {
            clock.advance(what);
            continue;
          }
          if (model.state === "open" && clock.elapsed() - model.openedAt >= 30_000)
            Object.assign(model, { state: "half-open", counted: 0 });
          const call = circuit.run(() => (what === "success" ? Promise.resolve(1) : Promise.reject(new TypeError("x"))));
          const outcome = await call.then(
            () => "success",
            (error: Error) => (error instanceof TypeError ? "failure" : "refused"),
          );
          assert.equal(outcome, model.state === "open" ? "refused" : what);
          if (model.state === "open") continue;
          const counts = (what === "failure") === (model.state === "closed");
          model.counted = counts ? model.counted + 1 : 0;
          if (model.state === "closed" && model.counted === 3) Object.assign(model, { state: "open", openedAt: clock.elapsed() });
          else if (model.state === "half-open" && !counts) Object.assign(model, { state: "open", openedAt: clock.elapsed() });
          else if (model.state === "half-open" && model.counted === 2) Object.assign(model, { state: "closed", counted: 0 });
          assert.equal(circuit.status().state, model.state);
        }
      }),
    );
  });
});
