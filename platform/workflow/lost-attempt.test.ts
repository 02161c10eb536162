import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { errorCode } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { say, Stage, stuck, unsay, withPolicy } from "./conformance/programs.ts";
import { CAUSE, Trial, type TestEngine } from "./conformance/trial.ts";
import { workflow, type StepContract } from "./definition.ts";

const saying = workflow({
  name: "saying",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => {
    const word = await ctx.step(say, "a", { undo: unsay });
    return word + (await ctx.step(say, "b"));
  },
});

const start = { id: "s", input: null, cause: CAUSE };

class Lives {
  readonly trial: Trial;
  readonly stage = new Stage();
  private last: TestEngine | undefined;

  constructor() {
    const clock = virtualClock();
    const store = memoryStore({ clock });
    this.trial = new Trial({ store, destroy: () => store.close() }, clock);
  }

  /** Another process, as after the end of the last one. */
  next(contract: StepContract<string, string> | undefined = say): TestEngine["engine"] {
    this.kill();
    const known = this.stage.steps.flatMap((each) => (each.contract.name === "say" ? [{ ...each, contract }] : [each]));
    this.last = this.trial.engine({ workflows: [saying], steps: known });
    return this.last.engine;
  }

  withoutSteps(): TestEngine["engine"] {
    this.kill();
    this.last = this.trial.engine({ workflows: [saying], steps: [] });
    return this.last.engine;
  }

  kill(): void {
    this.last?.kill();
  }

  outcome(engine: TestEngine["engine"]): Promise<unknown> {
    return this.trial.until(engine.result(saying, "s").catch(errorCode));
  }
}

test("a step that ends its process each time is tried as often as its policy says, then the run is undone", async () => {
  const lives = new Lives();
  const { trial, stage } = lives;
  stage.on("b", () => (lives.kill(), stuck()));
  const first = lives.next();
  await trial.until(first.start(saying, start));
  for (let life = 1; life <= 3; life++) {
    await trial.untilTrue(() => stage.calls.includes(`b#${life}`));
    lives.next();
  }
  assert.equal(await lives.outcome(lives.next()), "attempt-lost");
  assert.deepEqual(stage.calls, ["a#1", "b#1", "b#2", "b#3", "undo a#1"]);
  await trial.destroy();
});

test("attempts that failed and attempts that were lost count together", async () => {
  const lives = new Lives();
  const { trial, stage } = lives;
  stage.on("b", (_, { number }) => (number === 2 ? (lives.kill(), stuck()) : Promise.reject(new TypeError("no"))));
  await trial.until(lives.next().start(saying, start));
  await trial.untilTrue(() => stage.calls.includes("b#2"));
  const engine = lives.next();
  assert.equal(await lives.outcome(engine), "step-failed");
  assert.deepEqual(stage.calls, ["a#1", "b#1", "b#2", "b#3", "undo a#1"]);
  const { entries } = await engine.history("s");
  const failed = entries.find(({ kind }) => kind === "failed");
  const outcomes = failed?.kind === "failed" && failed.attempts?.recent.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ["failed", "lost", "failed"]);
  await trial.destroy();
});

test("a retry that waits when its process ends is no lost attempt", async () => {
  const lives = new Lives();
  const { trial, stage } = lives;
  stage.on("b", (word, { number }) => (number < 3 ? Promise.reject(new TypeError("no")) : word));
  const first = lives.next();
  await trial.until(first.start(saying, start));
  await trial.untilTrue(() => stage.calls.includes("b#1"));
  await trial.idle();
  lives.next();
  await trial.untilTrue(() => stage.calls.includes("b#2"));
  await trial.idle();
  assert.equal(await lives.outcome(lives.next()), "ab");
  assert.deepEqual(stage.calls, ["a#1", "b#1", "b#2", "b#3"]);
  await trial.destroy();
});

test("a step that is issued in a pause, or where it is not registered, has not begun", async () => {
  const once = withPolicy({ attemptsMax: 1 });
  const lives = new Lives();
  const { trial, stage } = lives;
  const lacking = lives.withoutSteps();
  await trial.until(lacking.start(saying, start));
  await trial.pass(200);
  const answer = Promise.withResolvers<string>();
  stage.on("a", () => answer.promise);
  const pausing = lives.next(once);
  await trial.untilTrue(() => stage.calls.includes("a#1"));
  await trial.until(pausing.pause("s", "look"));
  answer.resolve("a");
  await trial.pass(200);
  assert.deepEqual(stage.calls, ["a#1"], "paused before b");
  const resuming = lives.next(once);
  await trial.until(resuming.resume("s"));
  assert.equal(await lives.outcome(resuming), "ab");
  assert.deepEqual(stage.calls, ["a#1", "b#1"]);
  await trial.destroy();
});

test("a reset has what it cut off done anew, attempts that were made before do not count", async () => {
  const once = withPolicy({ attemptsMax: 1 });
  const lives = new Lives();
  const { trial, stage } = lives;
  const engine = lives.next(once);
  await trial.until(engine.start(saying, start));
  assert.equal(await lives.outcome(engine), "ab");
  await trial.until(engine.reset("s", "2"));
  await trial.untilTrue(() => stage.calls.length === 3);
  assert.equal(await lives.outcome(engine), "ab");
  assert.deepEqual(stage.calls, ["a#1", "b#1", "b#1"]);
  await trial.destroy();
});
