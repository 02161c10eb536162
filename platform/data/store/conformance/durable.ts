import assert from "node:assert/strict";
import type { Store } from "../port.ts";
import { freeing, taking } from "./leases.ts";
import {
  committed,
  facts,
  padded,
  putKey,
  putRow,
  refused,
  schedule,
  snapshot,
  unit,
  work,
  type Promises,
  type StoreUnderTest,
} from "./trial.ts";

function reopened(trial: StoreUnderTest): Promise<Store> {
  assert.ok(trial.reopen);
  return trial.reopen();
}

export const durablePromises: Promises = {
  "where one process owns the store each opening has a higher number than the one before": async (trial) => {
    const { opening } = trial.store;
    const next = (await reopened(trial)).opening;
    if (trial.store.capabilities.isShared) assert.deepEqual([opening, next], [undefined, undefined]);
    else assert.ok(opening !== undefined && next !== undefined && next > opening, `${opening}, then ${next}`);
  },
  "everything survives a reopening": async (trial) => {
    const now = await trial.store.now();
    await committed(
      trial.store,
      unit("u1", {
        when: [{ kind: "leaseFree", name: "lease", owner: "a" }],
        do: [
          facts("order-1", 3),
          work("work-1", 2),
          putRow("things", "a", { by: ["x", "y"] }),
          putRow("things", "a", { by: ["y"] }),
          putKey("k", "v"),
          { kind: "putKey", key: "later", value: "v", expiresAt: now + 3_600_000 },
          { kind: "putKey", key: "past", value: "v", expiresAt: now - 1 },
          schedule("queue", "m", 5),
          { kind: "takeLease", name: "lease", owner: "a", ttlMs: 3_600_000 },
        ],
      }),
    );
    await committed(trial.store, unit("u2", { do: [{ kind: "deleteWork", stream: "work-2" }, facts("order-2")] }));
    const before = await snapshot(trial.store);
    const events = await trial.store.readStream("order-1");
    const store = await reopened(trial);
    assert.deepEqual(await snapshot(store), before);
    assert.deepEqual(await store.readStream("order-1"), events);
    assert.equal(await store.countRows({ collection: "things", index: "by" }, 10), 1);
    assert.equal((await store.readCorrelation("cor_1")).length, 6);
    assert.deepEqual(await store.check(), []);
  },
  "after a reopening the log, the streams and the revisions go on where they were": async (trial) => {
    const first = await committed(
      trial.store,
      unit("u1", { do: [facts("order-1", 3), work("work-1"), putRow("things", "a"), schedule("queue", "m", 1)] }),
    );
    const store = await reopened(trial);
    const when = [
      { kind: "version", stream: "order-1", is: 3 },
      { kind: "due", queue: "queue", id: "m", revision: 1 },
    ] as const;
    const second = await committed(
      store,
      unit("u2", { when, do: [facts("order-1"), work("work-1"), putRow("things", "a"), schedule("queue", "m", 1)] }),
    );
    assert.deepEqual([second.position, second.versions], [4, [4, 2]]);
    assert.ok(second.recordedAt >= first.recordedAt);
    assert.equal((await store.getRow("things", "a"))?.revision, 2);
    assert.equal((await store.getDue("queue", "m"))?.revision, 2);
  },
  "an id repeated after a reopening does nothing and answers the first position and time": async (trial) => {
    const submitted = unit("u1", { when: [{ kind: "keyAbsent", key: "k" }], do: [facts("order-1", 2), putKey("k")] });
    const first = await committed(trial.store, submitted);
    await committed(trial.store, unit("u2", { do: [facts("order-1")] }));
    const store = await reopened(trial);
    const expected = { ...first, versions: [], tokens: [], isRepeated: true };
    assert.deepEqual(await store.outcome("u1"), expected);
    assert.deepEqual(await store.commit(submitted), expected);
    assert.equal((await store.head()).position, 3);
  },
  "the state that refused a unit survives a reopening": async (trial) => {
    await committed(trial.store, unit("u1", { do: [putKey("name", "cus_1")] }));
    const submitted = unit("u2", { when: [{ kind: "keyAbsent", key: "name" }], do: [facts("order-1")] });
    const verdict = await refused(trial.store, submitted);
    const store = await reopened(trial);
    assert.deepEqual(await store.commit(submitted), verdict);
    assert.equal(await store.outcome("u2"), undefined);
  },
  "fencing tokens rise across reopenings, also of freed leases": async (trial) => {
    await committed(trial.store, taking("u1", "a"));
    let store = await reopened(trial);
    await committed(store, unit("u2", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }));
    await committed(store, freeing("u3", 1));
    store = await reopened(trial);
    assert.deepEqual((await committed(store, taking("u4", "a"))).tokens, [2]);
  },
  "what was submitted before close is there after a reopening": async (trial) => {
    const submitted = Array.from({ length: 200 }, (_, n) =>
      trial.store.commit(unit(`u${padded(n)}`, { do: [facts("order-1")] })),
    );
    const store = await reopened(trial);
    for (const verdict of await Promise.all(submitted)) assert.equal(verdict.outcome, "committed");
    assert.equal(await store.streamVersion("order-1"), 200);
  },
  "a deleted row, key, item and stream stay deleted after a reopening": async (trial) => {
    await committed(
      trial.store,
      unit("u1", { do: [putRow("things", "a", { by: ["x"] }), putKey("k"), schedule("queue", "m", 1), work("work-1")] }),
    );
    await committed(
      trial.store,
      unit("u2", {
        do: [
          { kind: "deleteRow", collection: "things", key: "a" },
          { kind: "deleteKey", key: "k" },
          { kind: "finish", queue: "queue", id: "m" },
          { kind: "deleteWork", stream: "work-1" },
        ],
      }),
    );
    const store = await reopened(trial);
    assert.deepEqual((await store.listRows({ collection: "things", index: "by" })).rows, []);
    assert.equal(await store.getRow("things", "a"), undefined);
    assert.equal(await store.getKey("k"), undefined);
    assert.equal(await store.getDue("queue", "m"), undefined);
    assert.equal(await store.streamVersion("work-1", "work"), 0);
  },
};
