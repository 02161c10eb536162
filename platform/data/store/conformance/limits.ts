import assert from "node:assert/strict";
import { LIMITS } from "../limits.ts";
import type { Effect, Unit } from "../unit.ts";
import {
  committed,
  event,
  facts,
  putKey,
  putRow,
  rejectsWith,
  schedule,
  snapshot,
  unit,
  type Promises,
  type StoreUnderTest,
} from "./trial.ts";

/** Canonical JSON text of exactly `bytes` bytes. */
const text = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
const name = (bytes: number) => "n".repeat(bytes);
const sized = (bytes: number): Effect => ({ kind: "append", stream: "order-1", events: [event("Big", text(bytes))] });
const row = (bytes: number): Effect => ({ kind: "putRow", collection: "things", key: "a", value: text(bytes) });

/** The unit at the limit is committed, the one beyond rejected, and nothing of it is submitted. */
async function isLimit({ store }: StoreUnderTest, at: Unit, beyond: Unit): Promise<void> {
  await committed(store, at);
  const before = await snapshot(store);
  await rejectsWith("limit-exceeded", store.commit(beyond));
  assert.deepEqual(await snapshot(store), before);
  assert.equal(await store.outcome(beyond.id), undefined);
}

const within = (...effects: readonly Effect[]) => unit("at", { do: effects });
const beyond = (...effects: readonly Effect[]) => unit("beyond", { do: effects });

const wide = (count: number): Effect => ({
  kind: "append",
  stream: "order-1",
  events: [event("Big", `"${"é".repeat(count)}"`)],
});

const named = (long: string): readonly Unit[] => [
  unit(long),
  unit("u", { correlation: long }),
  unit("u", { do: [facts(`order-${long.slice(6)}`)] }),
  unit("u", { do: [{ kind: "append", stream: "order-1", events: [event(long)] }] }),
  unit("u", { do: [putKey(long)] }),
  unit("u", { do: [putRow(long, "a")] }),
  unit("u", { do: [putRow("things", long)] }),
  unit("u", { do: [putRow("things", "a", { [long]: ["x"] })] }),
  unit("u", { do: [putRow("things", "a", { by: [long] })] }),
  unit("u", { do: [schedule(long, "a", 1)] }),
  unit("u", { do: [schedule("q", long, 1)] }),
  unit("u", {
    when: [{ kind: "leaseFree", name: long, owner: "a" }],
    do: [{ kind: "takeLease", name: long, owner: "a", ttlMs: 1 }],
  }),
];

export const limitPromises: Promises = {
  "an event holds up to eventBytes": async (trial) => {
    await isLimit(trial, within(sized(LIMITS.eventBytes)), beyond(sized(LIMITS.eventBytes + 1)));
    assert.equal((await trial.store.readStream("order-1"))[0]?.data.length, LIMITS.eventBytes);
  },
  "a limit counts bytes of UTF-8, not characters": async (trial) => {
    await isLimit(trial, within(wide(LIMITS.eventBytes / 2 - 1)), beyond(wide(LIMITS.eventBytes / 2)));
  },
  "a row's value holds up to rowBytes": async (trial) => {
    await isLimit(trial, within(row(LIMITS.rowBytes)), beyond(row(LIMITS.rowBytes + 1)));
    assert.equal((await trial.store.getRow("things", "a"))?.value.length, LIMITS.rowBytes);
  },
  "a key's value holds up to rowBytes": (trial) =>
    isLimit(trial, within(putKey("k", name(LIMITS.rowBytes))), beyond(putKey("k", name(LIMITS.rowBytes + 1)))),
  "a message holds up to messageBytes": (trial) =>
    isLimit(
      trial,
      within(schedule("q", "a", 1, text(LIMITS.messageBytes))),
      beyond(schedule("q", "a", 1, text(LIMITS.messageBytes + 1))),
    ),
  "a unit holds up to unitEffects": async (trial) => {
    const keys = Array.from({ length: LIMITS.unitEffects + 1 }, (_, n) => putKey(`k${n}`));
    await isLimit(trial, within(...keys.slice(1)), beyond(...keys));
  },
  "a unit holds up to unitBytes": async (trial) => {
    await isLimit(
      trial,
      within(row(LIMITS.rowBytes), row(LIMITS.rowBytes), row(LIMITS.rowBytes)),
      beyond(...Array.from({ length: 5 }, () => row(LIMITS.rowBytes))),
    );
  },
  "names hold up to keyBytes": async ({ store }) => {
    for (const [n, fits] of named(name(LIMITS.keyBytes)).entries())
      await committed(store, fits.id === "u" ? { ...fits, id: `u${n}` } : fits);
    for (const beyondIt of named(name(LIMITS.keyBytes + 1))) await rejectsWith("limit-exceeded", store.commit(beyondIt));
    await committed(store, unit("中".repeat(LIMITS.keyBytes / 3)));
    await rejectsWith("limit-exceeded", store.commit(unit("中".repeat(LIMITS.keyBytes / 3 + 1))));
  },
  "a row has up to indexEntries, over all its indexes": async (trial) => {
    const entries = Array.from({ length: LIMITS.indexEntries }, (_, n) => `e${n}`);
    const half = LIMITS.indexEntries / 2;
    await isLimit(
      trial,
      within(putRow("things", "a", { one: entries.slice(half), two: entries.slice(half) })),
      beyond(putRow("things", "a", { one: entries, two: ["x"] })),
    );
    assert.equal(await trial.store.countRows({ collection: "things", index: "one" }, 1_000), half);
  },
  "more bytes than a batch holds are committed in several batches, in order": async ({ store }) => {
    const big = Array.from({ length: 7 }, (_, n) =>
      unit(`u${n}`, { do: [row(LIMITS.rowBytes), row(LIMITS.rowBytes), facts("order-1")] }),
    );
    const verdicts = await Promise.all(big.map((each) => committed(store, each)));
    assert.deepEqual(
      verdicts.map((verdict) => verdict.position),
      [1, 2, 3, 4, 5, 6, 7],
    );
    assert.equal((await store.getRow("things", "a"))?.revision, 14);
  },
};
