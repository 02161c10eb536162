import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import type { Store } from "@daybook/data/store";
import type { Unit } from "@daybook/data/store/unit";
import { large, pastStreams } from "./conformance/large.ts";
import { CAUSE, Trial, type TestEngine } from "./conformance/trial.ts";
import { loadHistory, streamOf } from "./worker/run-stream.ts";

const start = { id: "t", input: null, cause: CAUSE };

/** Whether the unit has to do with a history that one unit can not hold. */
function isOfPast(unit: Unit): boolean {
  return JSON.stringify(unit.effects.map((effect) => ({ ...effect, events: undefined }))).includes("runpast-") || isMark(unit);
}

function isMark({ effects }: Unit): boolean {
  return effects.some((effect) => effect.kind === "append" && effect.events[1]?.type === "RunCompacted");
}

/** A store on which the process dies at the n-th such unit: before it is committed, or after and before the answer. */
function mortal(store: Store, at: number, isAfter: boolean, die: () => void): Store {
  let units = 0;
  const commit: Store["commit"] = async (unit) => {
    if (!isOfPast(unit) || ++units !== at) return store.commit(unit);
    const verdict = isAfter ? await store.commit(unit) : undefined;
    die();
    return verdict ?? new Promise(() => undefined);
  };
  return { ...store, commit };
}

async function livesThrough(crashAt: number, isAfter: boolean): Promise<boolean> {
  const memory = memoryStore();
  const life: { first?: TestEngine; isOver: boolean } = { isOver: false };
  const die = () => {
    life.isOver = true;
    life.first?.kill();
  };
  const trial = new Trial({ store: mortal(memory, crashAt, isAfter, die), destroy: () => memory.close() });
  const stage = large.stage();
  const programs = { workflows: [large.workflow], steps: stage.steps };
  life.first = trial.engine(programs);
  let result = 0;
  void life.first.engine.execute(large.workflow, start).then((length) => (result = length));
  await trial.untilTrue(() => result > 0 || life.isOver);
  const isDeadAtWork = life.isOver;
  if (isDeadAtWork) result = await trial.until(trial.engine(programs).engine.execute(large.workflow, start));
  assert.equal(result, large.result, `died ${isAfter ? "after" : "before"} unit ${crashAt}`);
  assert.equal(stage.effects.size, large.steps + 1);
  const history = await loadHistory(memory, "t");
  assert.equal(history?.entries.filter(({ kind }) => kind === "done").length, large.steps + 1);
  await trial.pass(70_000);
  if (life.isOver && !isDeadAtWork) trial.engine(programs); // it died when the history was deleted
  await trial.pass(1_000);
  assert.deepEqual([await pastStreams(trial), await memory.streamVersion(streamOf("t"), "work")], [[], 0]);
  await trial.destroy();
  return life.isOver;
}

for (const isAfter of [false, true]) {
  test(`a run that dies ${isAfter ? "after" : "before"} any unit of a compaction goes on the same, and leaves nothing behind`, async () => {
    let crashes = 0;
    while (await livesThrough(crashes + 1, isAfter)) crashes++;
    assert.ok(crashes >= 5, `${crashes} crashes`);
  });
}

test("a compaction that meets a signal is put off, and the signal is not lost", async () => {
  const memory = memoryStore();
  let met = 0;
  let signal: (() => Promise<unknown>) | undefined;
  const commit: Store["commit"] = async (unit) => {
    if (isMark(unit)) {
      met++;
      await signal?.();
    }
    return memory.commit(unit);
  };
  const trial = new Trial({ store: { ...memory, commit }, destroy: () => memory.close() });
  const stage = large.stage();
  const { engine } = trial.engine({ workflows: [large.workflow], steps: stage.steps });
  signal = () => {
    signal = undefined;
    return engine.pause("t", "look").then(() => engine.resume("t"));
  };
  const asked: Promise<unknown>[] = [];
  const ask = signal;
  signal = async () => {
    signal = undefined;
    asked.push(ask());
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await trial.until(engine.start(large.workflow, start));
  assert.equal(await trial.until(engine.result(large.workflow, "t")), large.result);
  assert.equal(asked.length, 1);
  assert.deepEqual(await trial.until(Promise.all(asked)), [undefined]);
  assert.ok(met >= 2, "it was made later");
  assert.equal(stage.calls.length, large.steps + 1);
  await trial.destroy();
});
