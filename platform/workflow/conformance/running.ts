import assert from "node:assert/strict";
import { z } from "zod";
import { step, workflow } from "../definition.ts";
import { implement } from "../implement.ts";
import { CAUSE, type Proofs } from "./trial.ts";

const add = step({ name: "add", input: z.object({ a: z.number(), b: z.number() }), output: z.number() });

const sum = workflow({
  name: "sum",
  input: z.array(z.number()),
  output: z.number(),
  run: async (ctx, numbers) => {
    let total = 0;
    for (const number of numbers) total = await ctx.step(add, { a: total, b: number });
    return total;
  },
});

/** Says how often each key ran. */
function adding() {
  const ran = new Map<string, number>();
  const steps = [
    implement(add, ({ a, b }, { key }) => {
      ran.set(key, (ran.get(key) ?? 0) + 1);
      return a + b;
    }),
  ];
  return { ran, steps };
}

export const runningProofs: Proofs = {
  "start by id": async (trial) => {
    const { ran, steps } = adding();
    const { engine } = trial.engine({ workflows: [sum], steps });
    const options = { id: "sum-1", input: [1, 2, 3], cause: CAUSE };
    const starts = await trial.until(Promise.all([engine.start(sum, options), engine.start(sum, options)]));
    assert.deepEqual(starts.map(({ isNew }) => isNew).sort(), [false, true]);
    assert.equal(await trial.until(engine.result(sum, "sum-1")), 6);
    assert.deepEqual([...ran], [["sum-1/1", 1], ["sum-1/2", 1], ["sum-1/3", 1]]); // prettier-ignore
  },
};
