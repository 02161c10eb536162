import assert from "node:assert/strict";
import { defineError, errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow, type StepContract } from "../definition.ts";
import { say, Stage, stuck, withPolicy } from "./programs.ts";
import { CAUSE, type Proofs, type Trial } from "./trial.ts";

const away = defineError({ code: "trial-away", advice: "Wait.", retryable: true });
const declined = defineError({ code: "trial-declined", advice: "Ask for another card." });

function saying(contract: StepContract<string, string>) {
  return workflow({
    name: "saying",
    input: z.string(),
    output: z.string(),
    run: (ctx, word) => ctx.step(contract, word),
  });
}

/** Runs one step on the stage: its result, or the code of its error. */
async function saysOn(trial: Trial, stage: Stage, contract: StepContract<string, string> = say): Promise<string | undefined> {
  const definition = saying(contract);
  const steps = stage.steps.map((each) => (each.contract.name === "say" ? { ...each, contract } : each));
  const { engine } = trial.engine({ workflows: [definition], steps });
  return trial.until(engine.execute(definition, { id: "s", input: "x", cause: CAUSE }).catch(errorCode));
}

export const attemptProofs: Proofs = {
  "step timeout": async (trial) => {
    const stage = new Stage().on("x", (word, { number }) => (number === 1 ? stuck() : word));
    const began = trial.clock.now();
    assert.equal(await saysOn(trial, stage, withPolicy({ timeoutMs: 500 })), "x");
    assert.deepEqual(stage.calls, ["x#1", "x#2"]);
    assert.ok(trial.clock.now() >= began + 600, "after its time and the pause");
  },
  "retry policy": async (trial) => {
    const times: number[] = [];
    const stage = new Stage().on("x", () => {
      times.push(trial.clock.now());
      throw away("away");
    });
    assert.equal(await saysOn(trial, stage), "trial-away");
    const [first = 0, second = 0, third = 0] = times;
    assert.equal(times.length, 3);
    assert.ok(second - first >= 100 && third - second >= 200, times.join());
    const done = (await trial.engine({ workflows: [], steps: [] }).engine.history("s")).entries.find(
      ({ kind }) => kind === "failed",
    );
    assert.equal(done?.kind === "failed" && done.attempts?.count, 3);
  },
  "non-retryable": async (trial) => {
    const refusing = new Stage().on("x", () => Promise.reject(declined("no")));
    assert.equal(await saysOn(trial, refusing), "trial-declined");
    assert.deepEqual(refusing.calls, ["x#1"]);
  },
  "a result that is too large": async (trial) => {
    const stage = new Stage().on("x", () => "x".repeat(200_000));
    assert.equal(await saysOn(trial, stage), "workflow-value-invalid");
    assert.deepEqual(stage.calls, ["x#1"], "it is not tried again");
  },
  "a step that is not registered": async (trial) => {
    const definition = saying(say);
    const lacking = trial.engine({ workflows: [definition], steps: [] });
    await trial.until(lacking.engine.start(definition, { id: "s", input: "x", cause: CAUSE }));
    await trial.pass(200);
    assert.match((await lacking.engine.get("s"))?.attention ?? "", /step say is not registered/);
    await trial.until(lacking.engine.stop());
    const { engine } = trial.engine({ workflows: [definition], steps: new Stage().steps });
    assert.equal(await trial.until(engine.result(definition, "s")), "x");
    assert.equal((await engine.get("s"))?.attention, undefined);
  },
  heartbeat: async (trial) => {
    const told: unknown[] = [];
    const stage = new Stage().on("x", async (word, attempt) => {
      told.push(attempt.lastHeartbeat);
      attempt.heartbeat(`half of ${attempt.number}`);
      return attempt.number < 3 ? stuck() : word;
    });
    assert.equal(await saysOn(trial, stage, withPolicy({}, { heartbeatMs: 300 })), "x");
    assert.deepEqual(told, [undefined, "half of 1", "half of 2"]);
  },
  "stop while a step is under way": async (trial) => {
    const pair = workflow({
      name: "pair",
      input: z.null(),
      output: z.string(),
      run: async (ctx) => (await ctx.step(say, "a")) + (await ctx.step(say, "b")),
    });
    const stage = new Stage().on("a", (word, { signal }) => trial.after(1_000, signal, word));
    const stopping = trial.engine({ workflows: [pair], steps: stage.steps });
    await trial.until(stopping.engine.start(pair, { id: "s", input: null, cause: CAUSE }));
    await trial.untilTrue(() => stage.calls.length === 1);
    await trial.until(stopping.engine.stop());
    assert.deepEqual(stage.calls, ["a#1"], "it is waited for, and nothing begins after it");
    const { engine } = trial.engine({ workflows: [pair], steps: stage.steps });
    assert.equal(await trial.until(engine.result(pair, "s")), "ab");
    assert.deepEqual(stage.calls, ["a#1", "b#1"]);
  },
  "stop that cannot wait for a step": async (trial) => {
    const once = withPolicy({ attemptsMax: 1 });
    const definition = saying(once);
    const told: unknown[] = [];
    const late = Promise.withResolvers<string>();
    const stage = new Stage().on("x", (word, attempt) => {
      told.push(attempt.lastHeartbeat);
      if (told.length > 2) return word;
      attempt.heartbeat(`life ${told.length}`);
      attempt.signal.addEventListener("abort", () => told.push(errorCode(attempt.signal.reason)));
      return late.promise;
    });
    const steps = stage.steps.map((each) => (each.contract.name === "say" ? { ...each, contract: once } : each));
    const first = trial.engine({ workflows: [definition], steps });
    await trial.until(first.engine.start(definition, { id: "s", input: "x", cause: CAUSE }));
    await trial.untilTrue(() => stage.calls.length === 1);
    await trial.until(first.engine.stop());
    late.resolve("late");
    const { engine } = trial.engine({ workflows: [definition], steps });
    assert.equal(await trial.until(engine.result(definition, "s")), "x");
    assert.deepEqual(told, [undefined, "attempt-cancelled", "life 1"]);
    assert.deepEqual(stage.calls, ["x#1", "x#1"], "no attempt is used up");
  },
  "attempt token": async (trial) => {
    const tokens: string[] = [];
    const late = Promise.withResolvers<string>();
    const refused: unknown[] = [];
    const heard = Promise.withResolvers<void>();
    const stage = new Stage().on("x", async (word, attempt) => {
      tokens.push(attempt.token);
      if (attempt.number > 1) {
        late.resolve("late");
        await heard.promise;
        return word;
      }
      const answer = await late.promise;
      try {
        attempt.heartbeat();
      } catch (error) {
        refused.push(errorCode(error));
      }
      heard.resolve();
      return answer;
    });
    assert.equal(await saysOn(trial, stage, withPolicy({ timeoutMs: 200 })), "x");
    assert.equal(new Set(tokens).size, 2);
    assert.deepEqual(refused, ["attempt-superseded"]);
  },
};
