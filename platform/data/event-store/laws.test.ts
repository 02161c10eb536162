import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { added, CONTEXT, removed, trialLog, type TrialEvent, type TrialLog } from "./conformance/trial.ts";
import { loadState, snapshotEffect, type AsOf, type Fold, type Folded } from "./fold.ts";

interface Ledger {
  readonly sum: number;
  /** Depends on the order of the events. */
  readonly trail: number;
}

const STREAM = "sum-a";
const INITIAL: Ledger = { sum: 0, trail: 7 };

function ledger(version: number): Fold<Ledger, TrialEvent> {
  return {
    category: "sum",
    version,
    initial: INITIAL,
    evolve: ({ sum, trail }, { type, data }) => ({
      sum: sum + (type === "Added" ? data.n : -data.n),
      trail: (trail * 31 + data.n + (type === "Added" ? 1 : 2)) % 1_000_003,
    }),
  };
}

/** One thing that happens to the stream. */
type Step =
  | { readonly kind: "append"; readonly numbers: readonly number[]; readonly every: number; readonly foldVersion: number }
  | { readonly kind: "spoilSnapshot"; readonly slot: number; readonly text: string }
  | { readonly kind: "dropSnapshot"; readonly slot: number }
  | { readonly kind: "wait"; readonly ms: number };

const slot = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append"),
      numbers: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 6 }),
      every: fc.integer({ min: 1, max: 4 }),
      foldVersion: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("spoilSnapshot"),
      slot,
      text: fc.constantFrom("", "{", "null", "{}", '{"fold":9}'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("dropSnapshot"), slot }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.integer({ min: 0, max: 1_000 }) }) },
);
const history = fc.array(step, { minLength: 1, maxLength: 25 });

interface Happened {
  readonly event: TrialEvent;
  readonly recordedAt: number;
}

/** What happens to the stream, beside a list of it; each `now` is when that step was done. */
async function happen(log: TrialLog, happened: Happened[], one: Step): Promise<void> {
  if (one.kind === "wait") return log.clock.advance(one.ms);
  if (one.kind === "append") return append(log, happened, one);
  const row = { collection: "snapshots.sum", key: `${STREAM}@${one.slot}` };
  const effect =
    one.kind === "dropSnapshot"
      ? ({ kind: "deleteRow", ...row } as const)
      : ({ kind: "putRow", ...row, value: one.text } as const);
  await log.store.commit({
    id: log.ids("unt"),
    cause: { correlation: "x", actor: "x", tenant: "x" },
    conditions: [],
    effects: [effect],
  });
}

async function append(
  log: TrialLog,
  happened: Happened[],
  { numbers, every, foldVersion }: Step & { kind: "append" },
): Promise<void> {
  const events = numbers.map((n) => (n < 0 ? removed(n) : added(n)));
  const recordedAt = log.clock.now();
  happened.push(...events.map((event) => ({ event, recordedAt })));
  const fold = ledger(foldVersion);
  const unitId = log.ids("unt");
  const { stored } = await log.events.encode(unitId, events);
  const verdict = await log.store.commit({
    id: unitId,
    cause: { correlation: CONTEXT.correlationId, actor: CONTEXT.actor, tenant: CONTEXT.tenant },
    conditions: [{ kind: "version", stream: STREAM, is: happened.length - events.length }],
    effects: [{ kind: "append", stream: STREAM, events: stored }, snapshotEffect(fold, STREAM, replay(happened), every)],
  });
  assert.equal(verdict.outcome, "committed");
}

/** The oracle: a loop over the list. */
function replay(happened: readonly Happened[], { version = Infinity, recordedAt = Infinity }: AsOf = {}): Folded<Ledger> {
  const known = happened.filter((one, index) => index < version && one.recordedAt <= recordedAt);
  return { state: known.reduce((state, { event }) => ledger(1).evolve(state, event), INITIAL), version: known.length };
}

function isUsed(log: TrialLog): Promise<boolean> {
  return log.store
    .listRows({ collection: "snapshots.sum" })
    .then(({ rows }) => rows.some((row) => row.value.includes('"fold":1')));
}

void describe("laws of the event store", () => {
  void test("law 1: snapshot and tail give what the whole replay gives", async () => {
    let withSnapshot = 0;
    const property = fc.asyncProperty(history, async (steps) => {
      const log = trialLog();
      const happened: Happened[] = [];
      for (const one of steps) {
        await happen(log, happened, one);
        for (const version of [1, 2]) {
          const fast = await loadState(log.events, ledger(version), STREAM);
          assert.deepEqual(fast, await loadState(log.events, ledger(version), STREAM, {}, false));
          assert.deepEqual(fast, replay(happened));
        }
        if (await isUsed(log)) withSnapshot++;
      }
      await log.store.close();
    });
    await fc.assert(property, { numRuns: 100 });
    assert.ok(withSnapshot > 100, "snapshots were there to be used");
  });

  void test("law 1 would see a snapshot that is wrong", async () => {
    const log = trialLog();
    await log.add(STREAM, 1, 2, 3);
    const wrong = snapshotEffect(ledger(1), STREAM, { state: INITIAL, version: 2 }, 1);
    await log.store.commit({
      id: "wrong",
      cause: { correlation: "x", actor: "x", tenant: "x" },
      conditions: [],
      effects: [wrong],
    });
    assert.notDeepEqual(
      await loadState(log.events, ledger(1), STREAM),
      await loadState(log.events, ledger(1), STREAM, {}, false),
    );
    await log.store.close();
  });

  void test("law 2: the state as of a version or time is the replay up to it, and stays so", async () => {
    let questions = 0;
    const property = fc.asyncProperty(history, history, async (before, after) => {
      const log = trialLog();
      const happened: Happened[] = [];
      const answers: { readonly asOf: AsOf; readonly folded: Folded<Ledger> }[] = [];
      for (const one of before) {
        await happen(log, happened, one);
        log.clock.advance(1); // what is recorded later is recorded after this question
        const asked: readonly AsOf[] = [
          { version: happened.length },
          { recordedAt: log.clock.now() - 1 },
          { version: Math.floor(happened.length / 2), recordedAt: log.clock.now() - 1 },
        ];
        for (const asOf of asked) {
          const folded = await loadState(log.events, ledger(1), STREAM, asOf);
          assert.deepEqual(folded, replay(happened, asOf));
          answers.push({ asOf, folded });
        }
      }
      for (const one of after) await happen(log, happened, one);
      for (const { asOf, folded } of answers) assert.deepEqual(await loadState(log.events, ledger(1), STREAM, asOf), folded);
      questions += answers.length;
      await log.store.close();
    });
    await fc.assert(property, { numRuns: 60 });
    assert.ok(questions > 500);
  });

  void test("law 2: every prefix folds to the state that was there then", async () => {
    const property = fc.asyncProperty(history, async (steps) => {
      const log = trialLog();
      const happened: Happened[] = [];
      for (const one of steps) await happen(log, happened, one);
      for (let version = 0; version <= happened.length; version++) {
        assert.deepEqual(await loadState(log.events, ledger(1), STREAM, { version }), replay(happened.slice(0, version)));
      }
      await log.store.close();
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
