import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import * as fc from "fast-check";
import { added, CONTEXT, trialLog, TYPES, type TrialEvent } from "@daybook/data/event-store/conformance/trial";
import { eventStore } from "@daybook/data/event-store/event-store";
import { loadState } from "@daybook/data/event-store/fold";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { aggregates, type Outcome } from "./aggregates.ts";
import { add, answerOf, observed, request, show, tallies, tally, type Tallies, type Tally } from "./conformance/tally.ts";
import { accept, type Decider } from "./decider.ts";

async function snapshotsOf(store: Store): Promise<readonly { readonly fold: number; readonly version: number }[]> {
  const { rows } = await store.listRows({ collection: "snapshots.tally" });
  return rows.map((row) => JSON.parse(row.value) as { fold: number; version: number });
}

void describe("commands on one aggregate", () => {
  void test("a command is decided on the state, answered with the new one, and committed as one unit", async () => {
    const log = trialLog();
    const { units, events } = observed(log);
    const on = tallies(log, {
      events,
      inline: (id, { state, version }) => [
        { kind: "putRow", collection: "tallies", key: id, value: JSON.stringify({ ...state, version }) },
      ],
    });
    const executed = await add(on, 7, { idempotency: request() });
    assert.deepEqual(executed, { kind: "answered", answer: { sum: 7, version: 1 }, isReplayed: false, position: 1 });
    assert.deepEqual(
      units.map((unit) => unit.effects.map((effect) => effect.kind)),
      [["append", "putRow", "putKey"]],
    );
    assert.deepEqual(units[0]?.cause, { correlation: "cor_1", actor: "usr_1", tenant: "shop" });
    assert.equal((await log.store.getRow("tallies", "a"))?.value, '{"sum":7,"version":1}');
  });

  void test("commands that come at once are decided one after another, none lost, without a conflict", async () => {
    const log = trialLog();
    const { units, events } = observed(log);
    const on = tallies(log, { events });
    const answers = await Promise.all(Array.from({ length: 50 }, () => answerOf(add(on, 1))));
    assert.deepEqual(
      answers,
      Array.from({ length: 50 }, (_, n) => ({ sum: n + 1, version: n + 1 })),
    );
    assert.equal(units.length, 50);
  });

  void test("the state is loaded once and then kept warm", async () => {
    const log = trialLog();
    const { reads, events } = observed(log);
    const on = tallies(log, { events });
    for (let n = 0; n < 5; n++) await add(on, 1);
    await answerOf(add(on, 1_000)); // refused
    await add(on, 1);
    assert.deepEqual(reads, ["tally-a"]);
  });

  void test("an id that was made for the command is not looked at first; the commit finds out when it is not new", async () => {
    const log = trialLog();
    const { reads, units, events } = observed(log);
    const on = tallies(log, { events });
    assert.deepEqual(await answerOf(add(on, 1, { isNew: true })), { sum: 1, version: 1 });
    assert.deepEqual(reads, []);
    const elsewhere = tallies(log, { events });
    assert.deepEqual(await answerOf(add(elsewhere, 2, { isNew: true })), { sum: 3, version: 2 });
    assert.deepEqual([reads, units.length], [["tally-a"], 3], "refused once, then decided on what is there");
  });

  void test("a command may be on its way; when it does not come, nothing happens and others go on", async () => {
    const log = trialLog();
    const on = tallies(log);
    const execution = { context: CONTEXT, render: show };
    const before = add(on, 1);
    const failing = on.execute("a", Promise.reject(new Error("no price")), execution);
    const coming = on.execute("a", Promise.resolve({ type: "add", n: 2 } as const), execution);
    await assert.rejects(failing, /no price/);
    assert.deepEqual(
      [await answerOf(before), await answerOf(coming)],
      [
        { sum: 1, version: 1 },
        { sum: 3, version: 2 },
      ],
    );
  });

  void test("no more states than allowed are kept; the one used longest ago goes first", async () => {
    const log = trialLog();
    const { reads, events } = observed(log);
    const on = tallies(log, { events, warmStates: 2 });
    for (const id of ["a", "b", "a", "c", "a"]) await add(on, 1, {}, id);
    assert.deepEqual(reads, ["tally-a", "tally-b", "tally-c"]);
    await add(on, 1, {}, "b");
    assert.deepEqual(reads.slice(3), ["tally-b"], "b went when c came");
  });

  void test("commands on what does not exist leave no warm state behind", async () => {
    const log = trialLog();
    const { reads, events } = observed(log);
    const on = tallies(log, { events, warmStates: 1 });
    await add(on, 1, {}, "there");
    assert.deepEqual(await answerOf(add(on, -1, {}, "missing")), { refused: "out-of-bounds", details: { sum: 0 } });
    await add(on, 1, {}, "there");
    assert.deepEqual(reads, ["tally-there", "tally-missing"]);
  });

  void test("a refusal is a value, and leaves nothing in the log", async () => {
    const log = trialLog();
    const on = tallies(log);
    assert.deepEqual(await answerOf(add(on, -1)), { refused: "out-of-bounds", details: { sum: 0 } });
    assert.equal((await log.store.head()).position, 0);
  });

  void test("a command that changes nothing is answered with the state as it is, and appends nothing", async () => {
    const log = trialLog();
    const on = tallies(log, { inline: () => assert.fail("there is no new state") });
    assert.deepEqual(await answerOf(add(on, 0)), { sum: 0, version: 0 });
    assert.equal((await log.store.head()).position, 0);
  });

  void test("an error in a decision is the caller's, and those behind it go on", async () => {
    const log = trialLog();
    const on = tallies(log);
    const render = () => assert.fail("defect");
    const [first, second] = await Promise.allSettled([add(on, 5, { render }), add(on, 6)]);
    assert.equal(first.status, "rejected");
    assert.deepEqual(second.status === "fulfilled" && second.value.kind === "answered" && second.value.answer, {
      sum: 6,
      version: 1,
    });
  });

  void test("a state may be asked for as of a version", async () => {
    const log = trialLog();
    const on = tallies(log);
    for (const n of [1, 2, 3]) await add(on, n);
    assert.deepEqual(await on.load("a", { version: 2 }), { state: { sum: 3 }, version: 2 });
    assert.deepEqual(await on.load("a"), { state: { sum: 6 }, version: 3 });
  });

  void test("warm state equals loaded state, to the byte, whatever a schema leaves undefined", async () => {
    const log = trialLog();
    const decider: Decider<Readonly<Record<string, unknown>>, number, TrialEvent> = {
      ...tally(),
      initial: {},
      decide: (n) => accept({ type: "Added", data: { z: undefined, n, a: 1 } as unknown as { n: number } }),
      evolve: (state, { data }) => ({ ...state, last: data }),
    };
    const loose = { ...TYPES["Added"], schema: { safeParse: (data: unknown) => ({ success: true, data }) } };
    const events = eventStore(log.store, { Added: loose as unknown as NonNullable<(typeof TYPES)["Added"]> }, memoryKeys());
    const on = aggregates({ events, clock: log.clock, ids: log.ids, decider });
    let answered = "";
    const render = (outcome: Outcome<Readonly<Record<string, unknown>>>) => {
      answered = outcome.kind === "done" ? JSON.stringify(outcome.state) : "";
      assert.ok(outcome.kind === "done" && !("z" in (outcome.state["last"] as object)), "as a reader would get it");
    };
    await on.execute("a", 1, { context: CONTEXT, render });
    assert.equal(answered, JSON.stringify((await on.load("a")).state));
  });
});

void describe("two processes", () => {
  void test("a conflict is decided again on the state that the other left", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    await add(one, 60);
    assert.deepEqual(await answerOf(add(two, 30)), { sum: 90, version: 2 });
    assert.deepEqual(await answerOf(add(one, 5)), { sum: 95, version: 3 }, "its warm state was of version 1");
    assert.deepEqual(await answerOf(add(two, 10)), { refused: "out-of-bounds", details: { sum: 95 } });
  });

  void test("a refusal is of the present state, not of one that was kept warm", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    await add(one, 100);
    await add(two, -50);
    assert.deepEqual(await answerOf(add(one, 10)), { sum: 60, version: 3 }, "100 + 10 would have been refused");
    await add(two, 40);
    assert.deepEqual(await answerOf(add(one, 1)), { refused: "out-of-bounds", details: { sum: 100 } });
  });

  void test("that nothing is to be done is of the present state, too", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    await add(one, 1);
    await add(two, 1);
    assert.deepEqual(await answerOf(add(one, 0)), { sum: 2, version: 2 });
  });

  void test("what is changed by others at every try is contention, after five", async () => {
    const log = trialLog();
    const other = tallies(log);
    const { units, events } = observed(log, async () => void (await add(other, 1)));
    await assert.rejects(add(tallies(log, { events }), 1), (error) => errorCode(error) === "contention");
    assert.equal(units.length, 5);
    assert.deepEqual((await other.load("a")).state, { sum: 5 }, "nothing of it happened");
  });

  void test("the version that the caller has seen is looked at anew before it is called stale", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    await add(one, 1);
    await add(two, 1);
    assert.deepEqual(await answerOf(add(one, 1, { expectedVersion: 2 })), { sum: 3, version: 3 }, "warm was version 1");
    assert.deepEqual(await add(one, 1, { expectedVersion: 2 }), { kind: "stale", actual: 3 });
    assert.deepEqual(await add(one, 1, { expectedVersion: 9 }), { kind: "stale", actual: 3 });
    await add(two, 1);
    assert.deepEqual(await add(one, 1, { expectedVersion: 3 }), { kind: "stale", actual: 4 }, "warm was version 3");
    assert.deepEqual((await one.load("a")).version, 4);
  });

  void test("what is refused anyway does not tell its version", async () => {
    const log = trialLog();
    const on = tallies(log);
    await add(on, 100);
    assert.deepEqual(await answerOf(add(on, 1, { expectedVersion: 7 })), { refused: "out-of-bounds", details: { sum: 100 } });
  });

  void test("a twin of a request that was carried out is answered, not called stale", async () => {
    const log = trialLog();
    const [one, two] = [tallies(log), tallies(log)];
    const twin = { idempotency: request(), expectedVersion: 0 };
    let hasRun = false;
    const store: Store = {
      ...log.store,
      async readStream(stream, options) {
        if (!hasRun) {
          hasRun = true;
          await add(two, 5, twin);
        }
        return log.store.readStream(stream, options);
      },
    };
    const late = await add(tallies(log, { events: log.through(store) }), 5, twin);
    assert.ok(late.kind === "answered" && late.isReplayed);
    assert.deepEqual(await add(one, 5, { expectedVersion: 0 }), { kind: "stale", actual: 1 });
  });

  void test("property: no sequence of commands of two processes breaks the rules, and every answer is right", async () => {
    const step = fc.record({
      process: fc.integer({ min: 0, max: 1 }),
      n: fc.integer({ min: -60, max: 60 }),
      expected: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      isRestarted: fc.boolean(),
    });
    const counts = { answered: 0, refused: 0, stale: 0 };
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const log = trialLog();
      const processes = [tallies(log, { snapshotEvery: 3 }), tallies(log, { snapshotEvery: 3 })];
      let model = { sum: 0, version: 0 };
      for (const { process, n, expected, isRestarted } of steps) {
        if (isRestarted) processes[process] = tallies(log, { snapshotEvery: 3 });
        const executed = await add(processes[process] as Tallies, n, { expectedVersion: expected });
        const next = model.sum + n;
        if (n !== 0 && (next < 0 || next > 100)) {
          counts.refused++;
          assert.deepEqual(executed.kind === "answered" && executed.answer, {
            refused: "out-of-bounds",
            details: { sum: model.sum },
          });
        } else if (expected !== undefined && expected !== model.version) {
          counts.stale++;
          assert.deepEqual(executed, { kind: "stale", actual: model.version });
        } else {
          counts.answered++;
          if (n !== 0) model = { sum: next, version: model.version + 1 };
          assert.deepEqual(executed.kind === "answered" && executed.answer, model);
        }
      }
      await log.store.close();
    });
    await fc.assert(property, { numRuns: 100 });
    assert.ok(Math.min(...Object.values(counts)) > 100, JSON.stringify(counts));
  });
});

void describe("snapshots", () => {
  void test("one is kept every n events, the last two stay, and a load reads the tail only", async () => {
    const log = trialLog();
    const on = tallies(log, { snapshotEvery: 10 });
    for (let n = 0; n < 35; n++) await add(on, 1);
    assert.deepEqual(
      (await snapshotsOf(log.store)).map(({ version }) => version),
      [20, 30],
    );
    const from: (number | undefined)[] = [];
    const events = log.through({
      ...log.store,
      readStream: (stream, options) => (from.push(options?.from), log.store.readStream(stream, options)),
    });
    assert.deepEqual(await loadState(events, tally(), "tally-a"), { state: { sum: 35 }, version: 35 });
    assert.deepEqual(from, [31]);
    assert.deepEqual(await answerOf(add(tallies(log), 1)), { sum: 36, version: 36 });
  });

  void test("of another version of the fold none is used", async () => {
    const log = trialLog();
    const on = tallies(log, { snapshotEvery: 2 });
    for (let n = 0; n < 5; n++) await add(on, 1);
    const from: (number | undefined)[] = [];
    const events = log.through({
      ...log.store,
      readStream: (stream, options) => (from.push(options?.from), log.store.readStream(stream, options)),
    });
    const changed = { ...tally(2), evolve: ({ sum }: Tally, { data }: TrialEvent) => ({ sum: sum + 2 * data.n }) };
    assert.deepEqual(await loadState(events, changed, "tally-a"), { state: { sum: 10 }, version: 5 });
    assert.deepEqual(from, [1]);
  });

  void test("a snapshot is of its stream only, also when a name begins another", async () => {
    const log = trialLog();
    const on = tallies(log, { snapshotEvery: 2 });
    for (const id of ["a", "a@0", "a@1"]) for (let n = 0; n < (id === "a" ? 4 : 8); n++) await add(on, 1, {}, id);
    assert.deepEqual(await tallies(log).load("a"), { state: { sum: 4 }, version: 4 });
    assert.deepEqual(await tallies(log).load("a@0"), { state: { sum: 8 }, version: 8 });
  });

  void test("a state that is too big for a row is not kept, and the command is carried out", async () => {
    const log = trialLog();
    const decider: Decider<{ readonly text: string }, number, TrialEvent> = {
      ...tally(),
      initial: { text: "" },
      decide: (n) => accept(added(n)),
      evolve: (_, { data }) => ({ text: "x".repeat(data.n) }),
    };
    const on = aggregates({ events: log.events, clock: log.clock, ids: log.ids, decider, snapshotEvery: 1 });
    for (const n of [10, 2 * 1024 * 1024]) await on.execute("a", n, { context: CONTEXT, render: () => null });
    assert.deepEqual(
      (await snapshotsOf(log.store)).map(({ version }) => version),
      [1],
    );
    assert.equal((await on.load("a")).version, 2);
  });
});
