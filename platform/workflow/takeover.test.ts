import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { say, Stage } from "./conformance/programs.ts";
import { CAUSE, Trial } from "./conformance/trial.ts";
import { workflow } from "./definition.ts";

const pair = workflow({
  name: "pair",
  input: z.null(),
  output: z.string(),
  run: async (ctx) => (await ctx.step(say, "a")) + (await ctx.step(say, "b")),
});

function twoProcesses() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const trial = new Trial({ store, destroy: () => store.close() }, clock);
  const answer = Promise.withResolvers<string>();
  const slow = new Stage().on("a", () => answer.promise);
  const quick = new Stage();
  const first = trial.engine({ workflows: [pair], steps: slow.steps }, "first");
  const second = () => trial.engine({ workflows: [pair], steps: quick.steps }, "second").engine;
  return { trial, answer, slow, quick, first, second };
}

const start = { id: "p", input: null, cause: CAUSE };

test("another process takes over what a dead one owned, when its lease has run out", async () => {
  const { trial, slow, quick, first, second } = twoProcesses();
  await trial.until(first.engine.start(pair, start));
  await trial.untilTrue(() => slow.calls.length === 1);
  first.kill();
  const engine = second();
  await trial.pass(5_000);
  assert.deepEqual(quick.calls, [], "not before");
  assert.equal(await trial.until(engine.result(pair, "p")), "ab");
  assert.deepEqual([...quick.effects.keys()], ["p/1", "p/2"]);
  await trial.destroy();
});

test("what a process sends after it lost its lease is refused", async () => {
  const { trial, answer, slow, quick, first, second } = twoProcesses();
  await trial.until(first.engine.start(pair, start));
  await trial.untilTrue(() => slow.calls.length === 1);
  first.loseLeases();
  const engine = second();
  assert.equal(await trial.until(engine.result(pair, "p")), "ab");
  answer.resolve("late");
  await trial.pass(2_000);
  const { entries } = await engine.history("p");
  assert.deepEqual(
    entries.flatMap((entry) => (entry.kind === "done" ? [entry.value] : [])),
    ['"a"', '"b"'],
  );
  assert.deepEqual(slow.calls, ["a#1"], "it begins nothing more");
  assert.equal(quick.calls.length, 2);
  assert.equal(first.engine.runsInMemory, 0);
  await trial.destroy();
});

test("who goes on after others had the lease, and have left it, reads again what is recorded", async () => {
  const { trial, answer, slow, first, second } = twoProcesses();
  await trial.until(first.engine.start(pair, start));
  await trial.untilTrue(() => slow.calls.length === 1);
  first.halt();
  const engine = second();
  assert.equal(await trial.until(engine.result(pair, "p")), "ab");
  await trial.pass(60_000);
  first.goOn();
  answer.resolve("late");
  await trial.pass(60_000);
  const { entries } = await engine.history("p");
  assert.deepEqual(
    entries.flatMap((entry) => (entry.kind === "done" ? [entry.value] : [])),
    ['"a"', '"b"'],
  );
  assert.deepEqual(slow.calls, ["a#1"], "it begins nothing more");
  await trial.destroy();
});

test("a run that is started again while it is in memory stays there, once", async () => {
  const { trial, answer, slow, first } = twoProcesses();
  const { engine } = first;
  assert.equal((await trial.until(engine.start(pair, start))).isNew, true);
  await trial.untilTrue(() => slow.calls.length === 1);
  assert.equal((await trial.until(engine.start(pair, start))).isNew, false);
  assert.equal(engine.runsInMemory, 1);
  assert.equal(await trial.until(engine.pause("p", "look")), undefined);
  assert.equal(await trial.until(engine.resume("p")), undefined);
  answer.resolve("A");
  assert.equal(await trial.until(engine.result(pair, "p")), "Ab");
  assert.deepEqual(slow.calls, ["a#1", "b#1"]);
  await trial.destroy();
});

test("any process can talk to a run that another one owns", async () => {
  const { trial, answer, slow, first, second } = twoProcesses();
  await trial.until(first.engine.start(pair, start));
  await trial.untilTrue(() => slow.calls.length === 1);
  const engine = second();
  assert.equal(await trial.until(engine.pause("p", "look")), undefined);
  assert.equal((await first.engine.get("p"))?.status, "paused");
  assert.equal(await trial.until(engine.resume("p")), undefined);
  answer.resolve("A");
  assert.equal(await trial.until(engine.result(pair, "p")), "Ab");
  await trial.destroy();
});
