import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { CAUSE, Trial } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";
import { streamOf } from "./worker/run-stream.ts";

const waiter = workflow({
  name: "waiter",
  input: z.number(),
  output: z.string(),
  messages: { signals: { go: z.string() } },
  policy: { overallMs: Infinity, retentionMs: 60_000 },
  run: (ctx, ms) =>
    ctx.race([
      (branch) => branch.signal("go"),
      async (branch) => {
        await branch.sleep(ms);
        return "slept";
      },
    ]),
});

function trialOf() {
  const store = memoryStore();
  return new Trial({ store, destroy: () => store.close() });
}

test("10,000 waiting workflows set no timer each, leave memory, and each wakes in its time", async () => {
  const trial = trialOf();
  const counted = { timers: 0 };
  const plain = { ...trial.clock };
  Object.assign(trial.clock, {
    after: (ms: number, run: () => void) => {
      counted.timers++;
      return plain.after(ms, run);
    },
  });
  const { engine } = trial.engine({ workflows: [waiter], steps: [] });
  const count = 10_000;
  const starts = Array.from({ length: count }, (_, n) => engine.start(waiter, { id: `w${n}`, input: 60_000 + n, cause: CAUSE }));
  await trial.until(Promise.all(starts));
  await trial.pass(1_000);
  assert.ok(counted.timers < count / 10, `${counted.timers} timers`);
  assert.equal(engine.runsInMemory, 0);
  await trial.until(engine.signal(waiter, "w9999", "go", "called"));
  assert.equal(await trial.until(engine.result(waiter, "w9999")), "called");
  assert.equal((await engine.get("w0"))?.status, "running");
  assert.equal(await trial.until(engine.result(waiter, "w0")), "slept");
  await trial.destroy();
});

test("the history is deleted after its time; row, summary and the id's use stay", async () => {
  const trial = trialOf();
  const { engine } = trial.engine({ workflows: [waiter], steps: [] });
  const start = { id: "w", input: 1_000, cause: CAUSE };
  await trial.until(engine.execute(waiter, start));
  await trial.pass(30_000);
  assert.ok((await trial.store.streamVersion(streamOf("w"), "work")) > 0);
  await trial.pass(40_000);
  assert.equal(await trial.store.streamVersion(streamOf("w"), "work"), 0);
  assert.equal(await engine.history("w").catch(errorCode), "workflow-unknown");
  assert.equal((await engine.get("w"))?.status, "completed");
  assert.equal((await trial.store.readStream("workflow-w")).length, 1);
  assert.equal((await trial.until(engine.start(waiter, start))).isNew, false);
  assert.equal((await trial.until(engine.start(waiter, { ...start, reuse: "whenEnded" }))).isNew, true);
  assert.equal(await trial.until(engine.result(waiter, "w")), "slept");
  await trial.destroy();
});
