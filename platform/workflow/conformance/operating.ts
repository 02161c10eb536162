import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { workflow } from "../definition.ts";
import { streamOf } from "../worker/run-stream.ts";
import { charactersIn, large, pastStreams } from "./large.ts";
import { say, Stage, stuck } from "./programs.ts";
import { CAUSE, type Proofs, type Trial } from "./trial.ts";

const three = workflow({
  name: "three",
  input: z.array(z.string()),
  output: z.string(),
  run: async (ctx, words) => {
    let text = "";
    for (const word of words) text += await ctx.step(say, word);
    return text;
  },
});

const start = { id: "t", input: ["a", "b", "c"], cause: CAUSE };

/** A run whose step "b" waits for `open`. */
async function halted(trial: Trial) {
  const gate = Promise.withResolvers<string>();
  const stage = new Stage().on("b", () => gate.promise);
  const { engine } = trial.engine({ workflows: [three], steps: stage.steps });
  await trial.until(engine.start(three, start));
  await trial.untilTrue(() => stage.calls.includes("b#1"));
  return { engine, stage, open: () => gate.resolve("b") };
}

const looping = workflow({
  name: "looping",
  input: z.number(),
  output: z.string(),
  messages: { signals: { word: z.string() } },
  run: async (ctx, rest) => {
    await ctx.step(say, `turn ${rest}`);
    if (rest > 0) return ctx.continueAs(rest - 1);
    return ctx.signal("word");
  },
});

export const operatingProofs: Proofs = {
  pause: async (trial) => {
    const { engine, stage, open } = await halted(trial);
    assert.equal(await trial.until(engine.pause("t", "audit")), undefined);
    open();
    await trial.pass(5_000);
    assert.deepEqual(stage.calls, ["a#1", "b#1"], "what was under way ended, nothing new began");
    const info = await engine.get("t");
    assert.deepEqual([info?.status, info?.reason], ["paused", "audit"]);
  },
  resume: async (trial) => {
    const { engine, open } = await halted(trial);
    await trial.until(engine.pause("t", "audit"));
    open();
    await trial.pass(1_000);
    assert.equal(await trial.until(engine.resume("t")), undefined);
    assert.equal(await trial.until(engine.result(three, "t")), "abc");
    const { entries } = await engine.history("t");
    const states = entries.flatMap((entry) => (entry.kind === "state" ? [entry.is] : []));
    assert.deepEqual(states, ["paused", "running"]);
  },
  terminate: async (trial) => {
    const { engine, stage, open } = await halted(trial);
    assert.equal(await trial.until(engine.terminate("t", "nobody wants it")), undefined);
    open();
    assert.equal(await trial.until(engine.result(three, "t").catch(errorCode)), "workflow-failed");
    await trial.pass(1_000);
    assert.deepEqual(stage.calls, ["a#1", "b#1"]);
    const summary = (await trial.store.readStream("workflow-t")).map(({ type, data }) => [
      type,
      (JSON.parse(data) as { status: string }).status,
    ]);
    assert.deepEqual(summary, [["WorkflowEnded", "terminated"]]);
  },
  "reset to a step": async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [three], steps: stage.steps });
    assert.equal(await trial.until(engine.execute(three, start)), "abc");
    stage.on("b", () => "B");
    assert.equal(await trial.until(engine.reset("t", "9")), "it has no command 9");
    assert.equal(await trial.until(engine.reset("t", "2")), undefined);
    await trial.untilTrue(() => stage.calls.length === 5);
    assert.equal(await trial.until(engine.result(three, "t")), "aBc");
    assert.deepEqual(stage.calls, ["a#1", "b#1", "c#1", "b#1", "c#1"]);
    assert.equal(stage.effects.size, 3, "under the same keys");
  },
  patched: async (trial) => {
    const stage = new Stage().on("b", stuck);
    const before = trial.engine({ workflows: [three], steps: stage.steps });
    await trial.until(before.engine.start(three, start));
    await trial.untilTrue(() => stage.calls.includes("b#1"));
    before.kill();
    const changed = workflow({
      ...three,
      run: async (ctx, words) => {
        let text = "";
        for (const word of words) {
          if (ctx.patched("shout")) text += await ctx.step(say, word.toUpperCase());
          else text += await ctx.step(say, word);
        }
        return text;
      },
    });
    const { engine } = trial.engine({ workflows: [changed], steps: stage.on("b", (word) => word).steps });
    assert.equal(await trial.until(engine.result(changed, "t")), "abc", "a run that passed before goes the old way");
    assert.equal(await trial.until(engine.execute(changed, { ...start, id: "new" })), "ABC");
    const again = await trial.until(engine.start(changed, { ...start, id: "new" }));
    assert.equal(again.isNew, false);
  },
  continue: async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [looping], steps: stage.steps });
    await trial.until(engine.start(looping, { id: "l", input: 20, cause: CAUSE }));
    await trial.until(engine.signal(looping, "l", "word", "kept"));
    assert.equal(await trial.until(engine.result(looping, "l")), "kept");
    assert.equal((await engine.get("l"))?.number, 21);
    assert.equal(stage.effects.size, 21, "each turn has keys of its own");
    const { started } = await engine.history("l");
    assert.equal(started.number, 21);
    assert.ok((await trial.store.streamVersion(streamOf("l"), "work")) < 10, "the histories before are gone");
  },
  "compaction of long histories": async (trial) => {
    const words = Array.from({ length: 60 }, (_, n) => `word ${n}`);
    const stage = new Stage().on("word 50", stuck);
    const before = trial.engine({ workflows: [three], steps: stage.steps, tuning: { compactAfter: 20 } });
    await trial.until(before.engine.start(three, { ...start, input: words }));
    await trial.untilTrue(() => stage.calls.includes("word 50#1"));
    const version = await trial.store.streamVersion(streamOf("t"), "work");
    assert.ok(version <= 22, `${version} records`);
    before.kill();
    stage.on("word 50", (word) => word);
    const { engine } = trial.engine({ workflows: [three], steps: stage.steps, tuning: { compactAfter: 20 } });
    assert.equal(await trial.until(engine.result(three, "t")), words.join(""));
    assert.equal(stage.calls.length, 61);
    const { entries } = await engine.history("t");
    assert.equal(entries.filter(({ kind }) => kind === "done").length, 60);
  },
  "compaction of histories that no unit can hold": async (trial) => {
    const stage = large.stage().on("last", stuck);
    const before = trial.engine({ workflows: [large.workflow], steps: stage.steps });
    await trial.until(before.engine.start(large.workflow, { ...start, input: null }));
    await trial.untilTrue(() => stage.calls.includes("last#1"));
    const [past = "", ...others] = await pastStreams(trial);
    assert.deepEqual(others, [], "one past, of the last compaction");
    const kept = await charactersIn(trial, past);
    assert.ok(kept > 4_000_000, `${kept} characters are in its past`);
    assert.ok((await charactersIn(trial, streamOf("t"))) < 1.2 * kept, "what follows is not longer");
    before.kill();
    const { engine } = trial.engine({ workflows: [large.workflow], steps: stage.on("last", (word) => word).steps });
    assert.equal(await trial.until(engine.result(large.workflow, "t")), large.result);
    assert.equal(stage.calls.length, large.steps + 2, "nothing was done again but what was under way");
    const { entries } = await engine.history("t");
    assert.equal(entries.filter(({ kind }) => kind === "done").length, large.steps + 1);
    const late = entries.findLast(({ kind }) => kind === "step");
    assert.equal(await trial.until(engine.reset("t", late?.kind === "step" ? late.id : "")), undefined);
    await trial.untilTrue(() => stage.calls.length === large.steps + 3);
    assert.equal(await trial.until(engine.result(large.workflow, "t")), large.result);
    await trial.pass(70_000);
    assert.deepEqual(await pastStreams(trial), [], "after its time nothing is left of it");
  },
  schedule: async (trial) => {
    const stage = new Stage();
    const { engine } = trial.engine({ workflows: [three], steps: stage.steps });
    const began = trial.clock.now();
    await trial.until(engine.schedule(three, { id: "hourly", timing: { everyMs: 3_600_000 }, input: ["x"], cause: CAUSE }));
    await trial.until(engine.schedule(three, { id: "nightly", timing: { cron: "30 2 * * *" }, input: ["y"], cause: CAUSE }));
    await trial.untilTrue(() => trial.clock.now() >= began + 4 * 3_600_000);
    await trial.idle();
    const runs = await engine.list({ attribute: ["schedule", "hourly"] });
    assert.deepEqual(
      runs.runs.map(({ id }) => id),
      [1, 2, 3, 4].map((n) => `hourly-${began + n * 3_600_000}`),
    );
    const nightly = await engine.list({ attribute: ["schedule", "nightly"] });
    assert.deepEqual(nightly.runs.map(({ startedAt }) => startedAt - began >= 2.5 * 3_600_000), [true]); // prettier-ignore
    await trial.until(engine.unschedule("hourly", CAUSE));
    assert.deepEqual((await engine.schedules()).map(({ id }) => id), ["nightly"]); // prettier-ignore
    const count = stage.calls.length;
    trial.clock.advance(4 * 3_600_000);
    await trial.pass(1_000);
    assert.equal(stage.calls.length, count);
  },
  "search by attribute": async (trial) => {
    const tagged = workflow({
      ...three,
      name: "tagged",
      run: async (ctx, words) => {
        ctx.attributes({ size: String(words.length) });
        return ctx.step(say, words.join(""));
      },
    });
    const stage = new Stage().on("xy", stuck);
    const { engine } = trial.engine({ workflows: [three, tagged], steps: stage.steps });
    for (const [id, words] of Object.entries({ one: ["x"], two: ["x", "y"], six: ["a", "b", "c", "d", "e", "f"] })) {
      await trial.until(
        engine.start(tagged, { id, input: words, attributes: { customer: id === "six" ? "eve" : "bob" }, cause: CAUSE }),
      );
      await trial.pass(10);
    }
    await trial.until(engine.execute(three, { ...start, id: "other" }));
    const ids = async (search: Parameters<typeof engine.list>[0]) => (await engine.list(search)).runs.map(({ id }) => id);
    assert.deepEqual(await ids({ attribute: ["customer", "bob"] }), ["one", "two"]);
    assert.deepEqual(await ids({ attribute: ["size", "2"] }), ["two"]);
    assert.deepEqual(await ids({ status: "running" }), ["two"]);
    assert.deepEqual(await ids({ workflow: "tagged", status: "completed" }), ["one", "six"]);
    assert.deepEqual((await ids({ workflow: "three" })), ["other"]); // prettier-ignore
    const six = await engine.get("six");
    assert.deepEqual(await ids({ workflow: "tagged", startedFrom: six?.startedAt ?? 0 }), ["six"]);
    const { runs, next } = await engine.list({ limit: 3 });
    assert.equal(runs.length, 3);
    assert.deepEqual((await engine.list({ limit: 3, ...(next && { after: next }) })).runs.map(({ id }) => id), ["two"]); // prettier-ignore
  },
};
