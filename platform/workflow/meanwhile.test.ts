import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "@daybook/data/store";
import type { Unit } from "@daybook/data/store/unit";
import { memoryStore } from "@daybook/data/store/memory";
import { z } from "zod";
import { CAUSE, Trial } from "./conformance/trial.ts";
import { step, workflow } from "./definition.ts";
import { implement } from "./implement.ts";
import { requestEffects } from "./worker/run-stream.ts";

const listener = workflow({
  name: "listener",
  input: z.null(),
  output: z.array(z.string()),
  messages: { signals: { word: z.string() } },
  run: async (ctx) => [await ctx.signal("word"), await ctx.signal("word"), await ctx.signal("word")],
});

/** A store in which somebody else's unit is always just before a worker's decision about the run. */
function interrupted(store: Store, before: (unit: Unit) => Unit | undefined): Store {
  return {
    ...store,
    commit: async (unit) => {
      const other = before(unit);
      if (other) await store.commit(other);
      return store.commit(unit);
    },
  };
}

test("a signal that comes just before the worker lets go of the run is not slept over", async () => {
  const stored = memoryStore();
  let sent = 0;
  const store = interrupted(stored, (unit) => {
    const isDecision =
      unit.conditions.some(({ kind }) => kind === "leaseHeld") && unit.effects.some(({ kind }) => kind === "append");
    if (!isDecision || sent === 3) return undefined;
    if (sent === 0 && unit.conditions.some((condition) => condition.kind === "keyAbsent")) return undefined; // its start
    const value = JSON.stringify(`word ${++sent}`);
    const request = { id: `req_${sent}`, kind: "signal", name: "word", value } as const;
    return { id: `other_${sent}`, cause: CAUSE, conditions: [], effects: requestEffects({ id: "l", queue: "main" }, request, 0) };
  });
  const trial = new Trial({ store, destroy: () => stored.close() });
  const { engine } = trial.engine({ workflows: [listener], steps: [], tuning: { pollMs: 1_000_000_000 } });
  await trial.until(engine.start(listener, { id: "l", input: null, cause: CAUSE }));
  const began = trial.clock.now();
  await trial.until(engine.signal(listener, "l", "word", "word 0"));
  assert.deepEqual(await trial.until(engine.result(listener, "l")), ["word 0", "word 1", "word 2"]);
  assert.ok(trial.clock.now() - began < 60_000, "nor waited for until the run expires");
  await trial.destroy();
});

const slow = step({ name: "slow", input: z.null(), output: z.null() });
const waiter = workflow({
  name: "waiter",
  input: z.null(),
  output: z.null(),
  run: (ctx) => ctx.step(slow, null),
});

async function delay(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

const OTHER: Unit = { id: "other", cause: CAUSE, conditions: [], effects: [] };

test("a step that ends while something else is being recorded is not forgotten, in whatever turn", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const stored = memoryStore();
    const recorded = Promise.withResolvers<void>();
    const store: Store = {
      ...stored,
      commit(unit) {
        if (!JSON.stringify(unit.effects).includes("given")) return stored.commit(unit);
        const committed = stored.commit(unit).then((verdict) => delay(turns).then(() => verdict));
        void stored
          .commit(OTHER)
          .then(() => delay(5))
          .then(() => recorded.resolve()); // in the same batch, and behind it
        return committed;
      },
    };
    const carryOut = implement(slow, () => recorded.promise.then(() => null));
    const trial = new Trial({ store, destroy: () => stored.close() });
    const { engine } = trial.engine({ workflows: [waiter], steps: [carryOut] });
    await trial.until(engine.start(waiter, { id: "w", input: null, cause: CAUSE }));
    void engine.cancel("w", "late", CAUSE);
    await trial.idle();
    await trial.idle();
    assert.match((await engine.get("w"))?.status ?? "", /completed|cancelled/, `${turns} turns; no timer helps`);
    await trial.destroy();
  }
});
