import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { loadHistory } from "../worker/run-stream.ts";
import { replay } from "../replay/replay.ts";
import { say, Stage, unsay } from "./programs.ts";
import { CAUSE, type Proofs } from "./trial.ts";

const echo = workflow({
  name: "echo",
  input: z.array(z.string()),
  output: z.string(),
  run: async (ctx, words) => {
    let text = "";
    for (const word of words) text += await ctx.step(say, word);
    return text;
  },
});

export const runningProofs: Proofs = {
  "start by id": async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [echo], steps: stage.steps });
    const options = { id: "echo-1", input: ["a", "b", "c"], cause: CAUSE };
    const starts = await trial.until(Promise.all([engine.start(echo, options), engine.start(echo, options)]));
    assert.equal(starts.filter(({ isNew }) => isNew).length, 1);
    assert.equal(await trial.until(engine.result(echo, "echo-1")), "abc");
    assert.deepEqual(stage.calls, ["a#1", "b#1", "c#1"]);
    assert.deepEqual([...stage.effects.keys()], ["echo-1/1", "echo-1/2", "echo-1/3"]);
    assert.equal((await trial.until(engine.start(echo, options))).isNew, false);
    const again = await trial.until(engine.start(echo, { ...options, input: ["d"], reuse: "whenEnded" }));
    assert.equal(again.isNew, true);
    assert.equal(await trial.until(engine.result(echo, "echo-1")), "d");
    assert.ok(stage.effects.has("echo-1~2/1"), "another run has keys of its own");
    const other = workflow({ ...echo, name: "other" });
    const taken = engine.start(other, options).catch(errorCode);
    assert.equal(await trial.until(taken), "workflow-id-taken");
  },
  "start of a run that is under way": async (trial) => {
    const answer = Promise.withResolvers<string>();
    const stage = new Stage().on("a", () => answer.promise);
    const { engine } = trial.engine({ workflows: [echo], steps: stage.steps });
    const options = { id: "echo-1", input: ["a", "b"], cause: CAUSE };
    await trial.until(engine.start(echo, options));
    await trial.untilTrue(() => stage.calls.length === 1);
    assert.equal((await trial.until(engine.start(echo, options))).isNew, false);
    assert.equal(engine.runsInMemory, 1, "it stays the one that it is");
    assert.equal(await trial.until(engine.pause("echo-1", "look")), undefined);
    answer.resolve("a");
    await trial.pass(200);
    assert.equal(await trial.until(engine.resume("echo-1")), undefined);
    assert.equal(await trial.until(engine.result(echo, "echo-1")), "ab");
    assert.deepEqual(stage.calls, ["a#1", "b#1"]);
  },
  replay: async (trial) => {
    const seen: unknown[] = [];
    const observer = workflow({
      name: "observer",
      input: z.null(),
      output: z.string(),
      run: async (ctx) => {
        const noted = [ctx.now(), ctx.random(), ctx.id("abc")];
        const words = await ctx.all([
          async (branch) => {
            const first = await branch.step(say, "left");
            return [first, branch.now(), branch.random()].join();
          },
          async (branch) => [await branch.step(say, "right"), branch.now(), branch.random()].join(),
        ]);
        await ctx.sleep(50);
        seen.push([...noted, ...words, ctx.now(), ctx.random(), ctx.id("abc")]);
        return "seen";
      },
    });
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [observer], steps: stage.steps });
    await trial.until(engine.execute(observer, { id: "o", input: null, cause: CAUSE }));
    for (let n = 0; n < 2; n++) {
      const history = await loadHistory(trial.store, "o");
      assert.ok(history);
      const core = await replay(observer, history);
      assert.equal(core.end?.status, "completed");
      assert.deepEqual(core.take(), { commands: [], notes: [] });
    }
    assert.equal(seen.length, 3);
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(seen[2], seen[0]);
    assert.equal(stage.calls.length, 2);
  },
  "divergence named": async (trial) => {
    const stage = new Stage();
    const before = trial.engine({ workflows: [echo], steps: stage.on("b", () => new Promise(() => undefined)).steps });
    await trial.until(before.engine.start(echo, { id: "d", input: ["a", "b"], cause: CAUSE }));
    await trial.untilTrue(() => stage.calls.includes("b#1"));
    before.kill();
    const changed = workflow({
      ...echo,
      messages: { queries: { what: z.string() } },
      run: async (ctx) => {
        ctx.query("what", () => "changed");
        await ctx.step(unsay, "a");
        return "changed";
      },
    });
    const { engine } = trial.engine({ workflows: [changed], steps: stage.steps });
    const error: unknown = await trial.until(engine.query(changed, "d", "what").catch((cause: unknown) => cause));
    assert.equal(errorCode(error), "workflow-diverged");
    const { expected, found } = (error as { details: Record<string, unknown> }).details;
    assert.deepEqual([expected, found], ["1 step say", "1 step unsay"]);
    await trial.pass(200);
    const { runs } = await engine.list({ needsAttention: true });
    assert.match(runs[0]?.attention ?? "", /its history has 1 step say, its code 1 step unsay/);
    assert.deepEqual(stage.calls, ["a#1", "b#1"], "a run that diverged does nothing");
    const asked = trial.clock.elapsed();
    const pending: unknown = await trial.until(engine.resume("d").catch((cause: unknown) => cause));
    assert.equal(errorCode(pending), "workflow-answer-pending");
    assert.match(String(pending), /recorded, and done later: .*its history has 1 step say, its code 1 step unsay/);
    assert.ok(trial.clock.elapsed() - asked < 1_000, "who asks something of it is told at once");
    await trial.until(engine.stop());
    const repaired = trial.engine({ workflows: [echo], steps: stage.on("b", (word) => word).steps });
    assert.equal(await trial.until(repaired.engine.result(echo, "d")), "ab");
  },
  recovery: async (trial) => {
    const stage = new Stage().on("b", () => new Promise(() => undefined));
    const dying = trial.engine({ workflows: [echo], steps: stage.steps });
    await trial.until(dying.engine.start(echo, { id: "r", input: ["a", "b", "c"], cause: CAUSE }));
    await trial.untilTrue(() => stage.calls.includes("b#1"));
    dying.kill();
    const { engine } = trial.engine({ workflows: [echo], steps: stage.on("b", (word) => word).steps });
    assert.equal(await trial.until(engine.result(echo, "r")), "abc");
    assert.deepEqual(stage.calls, ["a#1", "b#1", "b#2", "c#1"], "the attempt that was lost counts");
    assert.equal(stage.effects.size, 3);
  },
};
