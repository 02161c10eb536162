import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { committed, event, facts, unit, work, type Promises } from "./trial.ts";

const versionsOf = (events: readonly { readonly version: number }[]) => events.map((stored) => stored.version);

export const streamPromises: Promises = {
  "versions are contiguous from 1, over appends of one and of several units": async ({ store }) => {
    const first = await committed(store, unit("u1", { do: [facts("order-1", 2), facts("order-1"), facts("order-2")] }));
    const second = await committed(store, unit("u2", { do: [facts("order-1", 3)] }));
    assert.deepEqual([first.versions, second.versions], [[2, 3, 1], [6]]);
    assert.deepEqual(versionsOf(await store.readStream("order-1")), [1, 2, 3, 4, 5, 6]);
    assert.equal(await store.streamVersion("order-1"), 6);
  },
  "an event is read as it was written, with its id, place, time and cause": async ({ store }) => {
    const cause = {
      correlation: "cor_7",
      causation: "cmd_1",
      actor: "usr_ü",
      tenant: "shop",
      trace: "00-ab-cd-01",
      source: "test",
    };
    const data = '{"text":"Ünï \\"q\\" 😀 \\u0000\\n","z":[1,2.5,null]}';
    const events = [event("Placed"), { type: "ItemAdded", schemaVersion: 3, data, occurredAt: 1_700_000_000_001 }];
    const verdict = await committed(store, {
      id: "u1",
      cause,
      conditions: [],
      effects: [{ kind: "append", stream: "order-1", events }],
    });
    const stored = (await store.readStream("order-1"))[1];
    assert.ok(stored);
    const meta =
      '{"actor":"usr_ü","causation":"cmd_1","correlation":"cor_7","occurredAt":1700000000001,"source":"test","tenant":"shop","trace":"00-ab-cd-01"}';
    assert.deepEqual(stored, {
      id: "u1/1",
      position: 2,
      stream: "order-1",
      version: 2,
      type: "ItemAdded",
      schemaVersion: 3,
      data,
      meta,
      recordedAt: verdict.recordedAt,
    });
    const digest = createHash("sha256").update(["u1/1", "order-1", "ItemAdded", "3", data, meta].join("\n")).digest("hex");
    assert.equal((await store.readDigests({}))[1], digest);
  },
  "the unit's id is the causation where none is given": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    const [stored] = await store.readStream("order-1");
    assert.equal(stored?.meta, '{"actor":"usr_1","causation":"u1","correlation":"cor_1","tenant":"shop"}');
  },
  "ordinals count over all appends of a unit, facts and work": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2), work("work-1", 2), facts("order-2")] }));
    const read = [
      ...(await store.readStream("order-1")),
      ...(await store.readStream("work-1", { as: "work" })),
      ...(await store.readStream("order-2")),
    ];
    assert.deepEqual(
      read.map((stored) => stored.id),
      ["u1/0", "u1/1", "u1/2", "u1/3", "u1/4"],
    );
  },
  "facts and work of one name are two streams": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2), work("order-1", 3)] }));
    assert.equal(await store.streamVersion("order-1"), 2);
    assert.equal(await store.streamVersion("order-1", "fact"), 2);
    assert.equal(await store.streamVersion("order-1", "work"), 3);
    assert.deepEqual(
      (await store.readStream("order-1")).map((stored) => stored.id),
      ["u1/0", "u1/1"],
    );
    assert.deepEqual(
      (await store.readStream("order-1", { as: "work" })).map((stored) => stored.id),
      ["u1/2", "u1/3", "u1/4"],
    );
  },
  "work has no position and no digest and is not in the log": async ({ store }) => {
    const verdict = await committed(store, unit("u1", { do: [work("work-1", 2), facts("order-1"), work("work-1")] }));
    assert.equal(verdict.position, 1);
    for (const stored of await store.readStream("work-1", { as: "work" })) {
      assert.equal(stored.position, 0);
      assert.equal(stored.recordedAt, verdict.recordedAt);
    }
    assert.deepEqual(
      (await store.readLog({ after: 0 })).events.map((stored) => stored.id),
      ["u1/2"],
    );
  },
  "deleted work is gone and its version starts at 0 again": async ({ store }) => {
    await committed(store, unit("u1", { do: [work("work-1", 3), work("work-2"), facts("work-1")] }));
    await committed(store, unit("u2", { do: [{ kind: "deleteWork", stream: "work-1" }] }));
    assert.equal(await store.streamVersion("work-1", "work"), 0);
    assert.deepEqual(await store.readStream("work-1", { as: "work" }), []);
    assert.equal(await store.streamVersion("work-1"), 1, "facts of the same name stay");
    assert.equal(await store.streamVersion("work-2", "work"), 1);
    const again = await committed(
      store,
      unit("u3", { when: [{ kind: "version", stream: "work-1", as: "work", is: 0 }], do: [work("work-1")] }),
    );
    assert.deepEqual(again.versions, [1]);
    assert.deepEqual(
      (await store.readStream("work-1", { as: "work" })).map((stored) => stored.id),
      ["u3/0"],
    );
  },
  "deleting work that does not exist changes nothing": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("work-1"), { kind: "deleteWork", stream: "work-1" }] }));
    assert.equal(await store.streamVersion("work-1"), 1);
  },
  "a stream is read forwards from a version, with a limit": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 7), facts("order-2", 2)] }));
    assert.deepEqual(versionsOf(await store.readStream("order-1", { from: 3 })), [3, 4, 5, 6, 7]);
    assert.deepEqual(versionsOf(await store.readStream("order-1", { from: 3, limit: 2 })), [3, 4]);
    assert.deepEqual(versionsOf(await store.readStream("order-1", { from: 7, limit: 5 })), [7]);
    assert.deepEqual(await store.readStream("order-1", { from: 8 }), []);
    assert.deepEqual(versionsOf(await store.readStream("order-1", { limit: 1, direction: "forwards" })), [1]);
  },
  "a stream is read backwards from its last or from a version, with a limit": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 5), facts("order-2", 9), work("order-1", 2)] }));
    const backwards = (options: { from?: number; limit?: number; as?: "work" }) =>
      store.readStream("order-1", { ...options, direction: "backwards" });
    assert.deepEqual(versionsOf(await backwards({})), [5, 4, 3, 2, 1]);
    assert.deepEqual(versionsOf(await backwards({ limit: 1 })), [5]);
    assert.deepEqual(versionsOf(await backwards({ from: 3, limit: 2 })), [3, 2]);
    assert.deepEqual(versionsOf(await backwards({ from: 99, limit: 2 })), [5, 4]);
    assert.deepEqual(versionsOf(await backwards({ as: "work" })), [2, 1]);
  },
  "a stream that does not exist is empty and at version 0": async ({ store }) => {
    assert.deepEqual(await store.readStream("order-1"), []);
    assert.deepEqual(await store.readStream("order-1", { direction: "backwards" }), []);
    assert.equal(await store.streamVersion("order-1"), 0);
    assert.equal(await store.streamVersion("order-1", "work"), 0);
  },
  "a stream is read in pages of at most 1,000": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 1_003)] }));
    assert.equal((await store.readStream("order-1")).length, 1_000);
    assert.equal((await store.readStream("order-1", { limit: 5_000 })).length, 1_000);
    assert.deepEqual(versionsOf(await store.readStream("order-1", { from: 1_001 })), [1_001, 1_002, 1_003]);
  },
};
