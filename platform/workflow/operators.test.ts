import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { errorCode } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { say, Stage, stuck, unsay } from "./conformance/programs.ts";
import { CAUSE, Trial } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";
import { streamOf } from "./worker/run-stream.ts";

const BY = { correlation: "cor_ops", actor: "usr_ops", tenant: "shop" };

const talk = workflow({
  name: "talk",
  input: z.string(),
  output: z.string(),
  messages: { signals: { word: z.string() } },
  run: async (ctx, word) => {
    await ctx.step(say, word, { undo: unsay });
    const heard = await ctx.signal("word");
    await ctx.sleep(60_000);
    return ctx.step(say, heard);
  },
});

/** A trial with one run of `talk`. */
async function talking(stage = new Stage()) {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const trial = new Trial({ store, destroy: () => store.close() }, clock);
  const { engine } = trial.engine({ workflows: [talk], steps: stage.steps });
  await trial.until(engine.start(talk, { id: "t", input: "hello", cause: CAUSE }));
  const waits = async () => (await engine.waits("t")).map(({ text }) => text);
  /** What operators did, as the history says it. */
  const acts = async () =>
    (await engine.history("t")).entries.flatMap((entry): readonly unknown[] => {
      if (entry.kind === "state" && entry.by !== undefined) return [[entry.is, entry.by, entry.reason]];
      if (entry.kind !== "given" || entry.request.by === undefined) return [];
      const { request } = entry;
      return [[request.kind, request.by, ...("reason" in request ? [request.reason] : [])]];
    });
  return { trial, store, engine, stage, waits, acts };
}

void describe("what a run waits for", () => {
  void test("is named: the attempt under way, the backoff, the signal, the time", async () => {
    let fails = 1;
    const gate = Promise.withResolvers<string>();
    const stage = new Stage().on("hello", () => {
      if (fails-- > 0) throw new TypeError("not yet");
      return gate.promise;
    });
    const { trial, engine, waits } = await talking(stage);
    await trial.idle();
    assert.deepEqual(await waits(), ["backoff 1/3 of say"]);
    await trial.untilTrue(() => stage.calls.includes("hello#2"));
    assert.deepEqual(await waits(), ["attempt 2/3 of say"]);
    gate.resolve("");
    await trial.idle();
    assert.deepEqual(await waits(), ["waiting for signal word"]);
    await trial.until(engine.signal(talk, "t", "word", "good-bye"));
    await trial.idle();
    assert.deepEqual(await waits(), ["waiting for time"]);
    assert.equal(await trial.until(engine.result(talk, "t")), "good-bye");
    assert.deepEqual(await waits(), []);
    await trial.destroy();
  });

  void test("is an operator, when it is paused, or its undoing has failed for good", async () => {
    const stage = new Stage().onUndo("hello", () => {
      throw new TypeError("stuck fast");
    });
    const { trial, engine, waits } = await talking(stage);
    await trial.idle();
    assert.equal(await trial.until(engine.pause("t", "audit")), undefined);
    assert.deepEqual(await waits(), ["paused: audit", "waiting for signal word"]);
    assert.equal(await trial.until(engine.resume("t")), undefined);
    assert.equal(await trial.until(engine.cancel("t", "late")), undefined);
    await trial.untilTrue(() => stage.calls.filter((call) => call.startsWith("undo")).length === 3);
    await trial.idle();
    assert.deepEqual(await waits(), ["waiting for a person: undo unsay failed: step-failed: stuck fast"]);
    assert.equal(await engine.waits("nothing").catch(errorCode), "workflow-unknown");
    await trial.destroy();
  });
});

void describe("what an operator does", () => {
  void test("stands in the history with actor and reason, and in the run's case", async () => {
    const { trial, engine, acts, store } = await talking();
    await trial.idle();
    await trial.until(engine.pause("t", "audit", BY));
    await trial.until(engine.resume("t", "all well", BY));
    await trial.until(engine.signalByName("t", "word", "x", BY));
    await trial.idle();
    assert.deepEqual(await acts(), [["pause", "usr_ops", "audit"], ["resume", "usr_ops", "all well"], ["signal", "usr_ops"]]); // prettier-ignore
    const requests = (await store.readStream(streamOf("t"), { as: "work" })).filter(({ type }) => type === "RunRequested");
    const causes = requests.map(({ meta }) => JSON.parse(meta) as Record<string, string>);
    assert.deepEqual(causes.map(({ actor, correlation, causation }) => [actor, correlation, causation]), [1, 2, 3].map(() => ["usr_ops", "cor_1", "cor_ops"])); // prettier-ignore
    await trial.until(engine.terminate("t", "nobody wants it", BY));
    assert.deepEqual((await acts()).at(-1), ["terminate", "usr_ops", "nobody wants it"]);
    await trial.destroy();
  });

  void test("stands there after a reset, too", async () => {
    const stage = new Stage();
    const { trial, engine, acts } = await talking(stage);
    await trial.idle();
    stage.on("hello", stuck);
    assert.equal(await trial.until(engine.reset("t", "1", "wrong word", BY)), undefined);
    await trial.untilTrue(() => stage.calls.length === 2);
    assert.deepEqual(await acts(), [["running", "usr_ops", "reset to 1: wrong word"]]);
    await trial.destroy();
  });

  void test("is refused for a signal that the workflow has not, or a value that does not fit", async () => {
    const { trial, engine } = await talking();
    assert.equal(await engine.signalByName("t", "wort", "x", BY).catch(errorCode), "workflow-not-registered");
    assert.equal(await engine.signalByName("t", "word", 7, BY).catch(errorCode), "workflow-value-invalid");
    assert.equal(await engine.signalByName("u", "word", "x", BY).catch(errorCode), "workflow-unknown");
    await trial.destroy();
  });
});
