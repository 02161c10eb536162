import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { say, Stage, stuck } from "./programs.ts";
import { CAUSE, type Proofs } from "./trial.ts";

const inner = workflow({
  name: "inner",
  input: z.string(),
  output: z.string(),
  run: async (ctx, word) => {
    await ctx.sleep(300);
    return ctx.step(say, word);
  },
});

const outer = workflow({
  name: "outer",
  input: z.array(z.string()),
  output: z.array(z.string()),
  run: (ctx, words) => ctx.all(words.map((word) => (branch) => branch.child(inner, word))),
});

const together = workflow({
  name: "together",
  input: z.array(z.string()),
  output: z.array(z.string()),
  run: (ctx, words) => ctx.all(words.map((word) => (branch) => branch.step(say, word))),
});

const first = workflow({
  name: "first",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => {
    const winner = await ctx.race([
      (branch) => branch.step(say, "slow"),
      async (branch) => {
        await branch.sleep(400);
        return "time";
      },
    ]);
    return winner + (await ctx.step(say, "!"));
  },
});

export const composingProofs: Proofs = {
  child: async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [inner, outer], steps: stage.steps });
    const result = engine.execute(outer, { id: "o", input: ["a", "b"], cause: CAUSE });
    assert.deepEqual(await trial.until(result), ["a", "b"]);
    assert.equal((await engine.get("o.1.1.1"))?.parent?.id, "o");
    assert.deepEqual([...stage.effects.keys()].toSorted(), ["o.1.1.1/2", "o.1.2.1/2"]);
    stage.on("c", () => Promise.reject(new TypeError("broken")));
    const failed = engine.execute(outer, { id: "p", input: ["c"], cause: CAUSE }).catch(errorCode);
    assert.equal(await trial.until(failed), "child-workflow-failed");
  },
  all: async (trial) => {
    const stage = new Stage();
    const gate = Promise.withResolvers<string>();
    stage.on("a", () => gate.promise).on("c", () => (gate.resolve("a"), "c"));
    const { engine } = trial.engine({ workflows: [together], steps: stage.steps });
    const result = engine.execute(together, { id: "t", input: ["a", "b", "c"], cause: CAUSE });
    assert.deepEqual(await trial.until(result), ["a", "b", "c"]);
    assert.deepEqual(stage.calls, ["a#1", "b#1", "c#1"], "side by side");
    let isAborted = false;
    stage.on("d", (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)))); // prettier-ignore
    stage.on("e", (_, { number }) => {
      isAborted = number === 3;
      throw new TypeError("broken");
    });
    const failed = engine.execute(together, { id: "u", input: ["d", "e"], cause: CAUSE }).then(() => "", String);
    assert.match(await trial.until(failed), /broken/);
    assert.ok(isAborted, "the first failure for good is the one that is thrown");
  },
  race: async (trial) => {
    const stage = new Stage().on(
      "slow",
      (_, { signal }) =>
      Promise.race([stuck(), new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(new TypeError("left"))))]), // prettier-ignore
    );
    const { engine } = trial.engine({ workflows: [first], steps: stage.steps });
    assert.equal(await trial.until(engine.execute(first, { id: "f", input: null, cause: CAUSE })), "time!");
    assert.deepEqual(stage.calls, ["slow#1", "!#1"], "the loser is not tried again");
  },
};
