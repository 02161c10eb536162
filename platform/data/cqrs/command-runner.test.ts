import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { trialLog } from "@daybook/data/event-store/conformance/trial";
import type { Engine } from "@daybook/data/store/engine";
import { gatheredStore } from "@daybook/data/store/gather";
import { memoryEngine } from "@daybook/data/store/memory";
import { add, answerOf, observed, request, tallies, type More, type Shown, type Tallies } from "./conformance/tally.ts";

void describe("requests under a key", () => {
  void test("1,000 identical requests at once: one effect, one answer, the same bytes", async () => {
    const log = trialLog();
    const processes = [tallies(log), tallies(log), tallies(log)];
    const pending = Array.from({ length: 1_000 }, (_, n) => add(processes[n % 3] as Tallies, 7, { idempotency: request() }));
    const executed = await Promise.all(pending);
    const texts = new Set(executed.map((one) => one.kind === "answered" && JSON.stringify(one.answer)));
    assert.deepEqual([...texts], ['{"sum":7,"version":1}']);
    assert.equal(executed.filter((one) => one.kind === "answered" && !one.isReplayed).length, 1);
    assert.ok(executed.every((one) => one.kind === "answered" && one.position === 1));
    assert.deepEqual(await processes[0]?.load("a"), { state: { sum: 7 }, version: 1 });
  });

  void test("1,000 identical requests, each on an aggregate of its own: one of them is made", async () => {
    const log = trialLog();
    const on = tallies(log);
    const executed = await Promise.all(Array.from({ length: 1_000 }, (_, n) => add(on, 7, { idempotency: request() }, `id${n}`)));
    assert.deepEqual(new Set(executed.map((one) => one.kind)), new Set(["answered"]));
    assert.equal((await log.store.head()).position, 1);
  });

  void test("the same key with other content is keyReused, and does nothing", async () => {
    const log = trialLog();
    const on = tallies(log);
    await add(on, 7, { idempotency: request() });
    assert.deepEqual(await add(on, 8, { idempotency: request("k", "other") }), { kind: "keyReused" });
    const [first, second] = await Promise.all([
      add(on, 1, { idempotency: request("race", "one") }, "b"),
      add(on, 2, { idempotency: request("race", "two") }, "c"),
    ]);
    assert.deepEqual([first.kind, second.kind].toSorted(), ["answered", "keyReused"]);
    assert.equal((await log.store.head()).position, 2);
  });

  void test("principals and operations are apart", async () => {
    const log = trialLog();
    const on = tallies(log);
    const others = [{}, { principal: "usr_2" }, { operation: "take" }, { key: "k2" }];
    for (const other of others) await add(on, 1, { idempotency: { ...request(), ...other } });
    assert.deepEqual((await on.load("a")).state, { sum: 4 });
  });

  void test("a refusal is kept and replayed, also when the command would now be accepted", async () => {
    const log = trialLog();
    const on = tallies(log);
    const refused = await answerOf(add(on, -3, { idempotency: request() }));
    await add(on, 50);
    const again = await add(on, -3, { idempotency: request() });
    assert.ok(again.kind === "answered" && again.isReplayed);
    assert.deepEqual(again.answer, JSON.parse(JSON.stringify(refused)));
    assert.deepEqual((await on.load("a")).state, { sum: 50 });
  });

  void test("a stale request is not kept: it may come again with the version that is", async () => {
    const log = trialLog();
    const on = tallies(log);
    await add(on, 1);
    assert.equal((await add(on, 1, { idempotency: request(), expectedVersion: 0 })).kind, "stale");
    assert.deepEqual(await answerOf(add(on, 1, { idempotency: request(), expectedVersion: 1 })), { sum: 2, version: 2 });
  });

  void test("the first caller gets what everybody after gets: what is kept", async () => {
    const log = trialLog();
    const on = tallies(log);
    const render = () => ({ at: new Date(0), gone: undefined }) as unknown as Shown;
    const first = await answerOf(add(on, 1, { idempotency: request(), render }));
    assert.deepEqual(first, { at: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(await answerOf(add(on, 1, { idempotency: request(), render })), first);
    const nothing = add(on, 1, { idempotency: request("k2"), render: () => undefined as unknown as Shown });
    await assert.rejects(nothing, /plain data/);
    assert.deepEqual((await on.load("a")).version, 1, "an answer that cannot be kept is no commit");
  });

  void test("after a day the key is free again", async () => {
    const log = trialLog();
    const on = tallies(log);
    await add(on, 1, { idempotency: request() });
    log.clock.advance(24 * 60 * 60 * 1000);
    assert.deepEqual(await answerOf(add(on, 1, { idempotency: request("k", "other") })), { sum: 2, version: 2 });
  });
});

/** What becomes of a batch: applied and answered; applied, the answer lost; lost itself; refused for sure. */
type Fate = "apply" | "lose" | "vanish";

/** Aggregates over a shared engine whose batches meet the fates given, then go well. */
function faulty(fates: Fate[]) {
  const log = trialLog();
  const memory = memoryEngine({ clock: log.clock });
  const batches: string[][] = [];
  const engine: Engine = {
    ...memory,
    capabilities: { ...memory.capabilities, isShared: true },
    async apply(batch) {
      batches.push(batch.map((unit) => unit.id));
      const fate = fates.shift() ?? "apply";
      const verdicts = fate === "vanish" ? [] : await memory.apply(batch);
      if (fate !== "apply") throw new Error("connection lost");
      return verdicts;
    },
  };
  const store = gatheredStore(engine, { clock: log.clock, resolveWithinMs: 0 });
  const events = log.through(store);
  return { store, batches, on: tallies(log, { events }), other: tallies(log, { events }) };
}

void describe("when the store cannot say", () => {
  for (const fate of ["lose", "vanish"] as const) {
    void test(`the same unit is committed again (${fate})`, async () => {
      const { store, batches, on } = faulty([fate]);
      assert.deepEqual(await answerOf(add(on, 7)), { sum: 7, version: 1 });
      assert.equal(batches.length, 2);
      assert.deepEqual(batches[0], batches[1]);
      assert.equal((await store.head()).position, 1, "once");
      assert.deepEqual(await answerOf(add(on, 1)), { sum: 8, version: 2 });
    });

    void test(`twice unknown is commit-unknown, and the next command looks anew (${fate})`, async () => {
      const { store, on } = faulty([fate, "vanish"]);
      const failed = add(on, 7, { idempotency: request() });
      await assert.rejects(failed, (error) => errorCode(error) === "commit-unknown");
      const happened = (await store.head()).position;
      assert.equal(happened, fate === "lose" ? 1 : 0);
      assert.deepEqual(await answerOf(add(on, 7, { idempotency: request() })), { sum: 7, version: 1 }, "with its key: once");
      assert.deepEqual(await answerOf(add(on, 1)), { sum: 8, version: 2 });
    });
  }

  void test("a refusal whose commit is unknown is committed again, too", async () => {
    const { batches, on } = faulty(["vanish"]);
    assert.deepEqual(await answerOf(add(on, -1)), { refused: "out-of-bounds", details: { sum: 0 } });
    assert.equal(batches.length, 2);
  });

  void test("a store that stopped at an unknown outcome leaves it unknown", async () => {
    const log = trialLog();
    const memory = memoryEngine({ clock: log.clock });
    const store = gatheredStore({ ...memory, apply: () => Promise.reject(new Error("sync failed")) }, { clock: log.clock });
    const on = tallies(log, { events: log.through(store) });
    await assert.rejects(add(on, 1), (error) => errorCode(error) === "commit-unknown");
    await assert.rejects(add(on, 1), (error) => errorCode(error) === "store-stopped");
  });
});

void describe("guards and other extras", () => {
  const taken = { code: "name-taken", message: "Another tally has this name." };
  const named = (name: string): More => ({
    extra: ({ version }) => ({
      guards: [
        { condition: { kind: "keyAbsent", key: `name/${name}` }, refusal: taken },
        { condition: { kind: "keyAbsent", key: "closed" }, refusal: { code: "closed", message: "Nothing is taken." } },
      ],
      effects: [{ kind: "putKey", key: `name/${name}`, value: String(version) }],
    }),
  });

  void test("what goes with a command is in its unit", async () => {
    const log = trialLog();
    await add(tallies(log), 1, named("x"));
    assert.equal(await log.store.getKey("name/x"), "1");
  });

  void test("a guard that does not hold refuses with its refusal, at once", async () => {
    const log = trialLog();
    const { units, events } = observed(log);
    const on = tallies(log, { events });
    await add(on, 1, named("x"));
    assert.deepEqual(await answerOf(add(on, 1, named("x"), "b")), { refused: "name-taken", details: undefined });
    await log.store.commit({
      id: "close",
      cause: { correlation: "c", actor: "u", tenant: "t" },
      conditions: [],
      effects: [{ kind: "putKey", key: "closed", value: "" }],
    });
    assert.deepEqual(await answerOf(add(on, 1, named("y"), "b")), { refused: "closed", details: undefined });
    assert.equal(units.length, 5, "one accepted; two refused by the store, then committed as refusals");
    assert.equal((await on.load("b")).version, 0);
  });

  void test("1,000 that want one name at once: one has it", async () => {
    const log = trialLog();
    const on = tallies(log);
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => answerOf(add(on, 1, named("x"), `id${n}`))));
    assert.equal(answers.filter((answer) => "sum" in answer).length, 1);
    assert.equal(answers.filter((answer) => "refused" in answer && answer.refused === "name-taken").length, 999);
  });

  void test("a guard's refusal is kept under the request's key", async () => {
    const log = trialLog();
    const on = tallies(log);
    await add(on, 1, named("x"));
    const refused = await answerOf(add(on, 1, { ...named("x"), idempotency: request() }, "b"));
    await log.store.commit({
      id: "free",
      cause: { correlation: "c", actor: "u", tenant: "t" },
      conditions: [],
      effects: [{ kind: "deleteKey", key: "name/x" }],
    });
    const again = await add(on, 1, { ...named("x"), idempotency: request() }, "b");
    assert.ok(again.kind === "answered" && again.isReplayed);
    assert.deepEqual(again.answer, refused);
  });

  void test("a conflict of versions is decided again before a guard is asked", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    await add(one, 1);
    await add(two, 1, named("x"));
    assert.deepEqual(await answerOf(add(one, 1, named("y"))), { sum: 3, version: 3 });
    assert.equal(await log.store.getKey("name/y"), "3");
  });
});
