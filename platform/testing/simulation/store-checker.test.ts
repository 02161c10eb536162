import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Engine } from "@daybook/data/store/engine";
import { gatheredStore } from "@daybook/data/store/gather";
import { memoryEngine } from "@daybook/data/store/memory";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { GrowingJournal } from "./journal.ts";
import { storeRecord, type StoreRecord } from "./recorded-store.ts";
import { checkStore, rawState, type RawState } from "./store-checker.ts";
import { Findings } from "./violation.ts";

interface Lived {
  readonly journal: GrowingJournal;
  readonly record: StoreRecord;
  readonly state: RawState;
}

/** A short life without faults: appends, a key, a row, a refusal, reads. */
async function lived(): Promise<Lived> {
  const clock = virtualClock();
  const engine = memoryEngine({ clock });
  const journal = new GrowingJournal();
  const record = storeRecord(journal);
  const noted: Engine = {
    ...engine,
    async apply(units) {
      const at = clock.now();
      const verdicts = await engine.apply(units);
      journal.add({ at, units, verdicts });
      return verdicts;
    },
  };
  const store = record.over(gatheredStore(noted, { clock }), "p1");
  const commit = (id: string, conditions: readonly Condition[], effects: readonly Effect[]) =>
    store.commit({ id, cause: { correlation: "c", actor: "a", tenant: "t" }, conditions, effects });
  const append: Effect = { kind: "append", stream: "note-1", events: [{ type: "Noted", schemaVersion: 1, data: "{}" }] };
  const mustBeNew: Condition = { kind: "version", stream: "note-1", is: 0 };
  await commit("u1", [mustBeNew], [append, { kind: "putKey", key: "k", value: "1" }]);
  await commit("u2", [mustBeNew], [append]);
  clock.advance(5);
  await commit("u3", [], [append, { kind: "putRow", collection: "notes", key: "r", value: "{}" }]);
  await store.readStream("note-1");
  await store.readLog({ after: 0 });
  await store.getRow("notes", "r");
  await store.getKey("k");
  return { journal, record, state: await rawState(engine, ["notes"]) };
}

function checksOf({ journal, record, state }: Lived): readonly string[] {
  const findings = new Findings();
  checkStore(journal, record, state, findings);
  return [...new Set(findings.violations.map(({ check }) => check))];
}

describe("the store's checker", () => {
  test("finds nothing in a life that kept the contract", async () => {
    assert.deepEqual(checksOf(await lived()), []);
  });

  test("finds a fact that is lost, and one that was changed", async () => {
    const life = await lived();
    assert.deepEqual(checksOf({ ...life, state: { ...life.state, log: life.state.log.slice(0, -1) } }), ["log"]);
    const log = life.state.log.map((event) => ({ ...event, data: '{"changed":true}' }));
    assert.deepEqual(checksOf({ ...life, state: { ...life.state, log } }), ["log"]);
  });

  test("finds a row and a key that are lost, and a key that nobody put", async () => {
    const life = await lived();
    const rows = life.state.rows.map((row) => ({ ...row, value: "[]" }));
    assert.deepEqual(checksOf({ ...life, state: { ...life.state, rows } }), ["rows"]);
    assert.deepEqual(checksOf({ ...life, state: { ...life.state, keys: new Map() } }), ["keys"]);
    assert.deepEqual(
      checksOf({
        ...life,
        state: {
          ...life.state,
          keys: new Map([
            ["k", "1"],
            ["x", "1"],
          ]),
        },
      }),
      ["keys"],
    );
  });

  test("finds a verdict that is not what became durable", async () => {
    const life = await lived();
    const [first, second] = life.record.commits;
    assert.ok(first?.verdict && second);
    second.verdict = first.verdict;
    assert.deepEqual(checksOf(life), ["answers are true"]);
  });

  test("finds a unit that is durable and was told to have failed", async () => {
    const life = await lived();
    const [first] = life.record.commits;
    assert.ok(first);
    delete first.verdict;
    first.rejected = "store-busy";
    assert.deepEqual(checksOf(life), ["answers are true"]);
  });

  test("finds an engine that applies what a condition refuses", async () => {
    const life = await lived();
    const journal = new GrowingJournal();
    const [one] = life.journal.entries;
    for (const entry of life.journal.entries)
      journal.add(entry.units[0]?.id === "u2" && one ? { ...entry, verdicts: one.verdicts } : entry);
    assert.ok(checksOf({ ...life, journal }).includes("conditions decide"));
  });

  test("finds a read of what was not there yet, and one of what was gone", async () => {
    const life = await lived();
    const reads = life.record.reads.map((read) => (read.name === "readStream" ? { ...read, most: 1 } : read));
    assert.deepEqual(checksOf({ ...life, record: { ...life.record, reads } }), ["reads"]);
    const stale = life.record.reads.map((read) => (read.name === "getKey" ? { ...read, answer: undefined } : read));
    assert.deepEqual(checksOf({ ...life, record: { ...life.record, reads: stale } }), ["reads"]);
  });
});
