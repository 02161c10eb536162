import assert from "node:assert/strict";
import type { Effect } from "../unit.ts";
import {
  committed,
  facts,
  padded,
  putKey,
  putRow,
  refused,
  refusedBy,
  rejectsWith,
  schedule,
  snapshot,
  unit,
  work,
  type Promises,
} from "./trial.ts";

const EVERY_EFFECT: readonly Effect[] = [
  facts("order-1", 2),
  work("work-1", 2),
  putRow("things", "a", { byName: ["x"] }),
  putKey("k"),
  schedule("queue", "m", 1),
  { kind: "takeLease", name: "lease", owner: "a", ttlMs: 60_000 },
];
const LEASE_FREE = { kind: "leaseFree", name: "lease", owner: "a" } as const;

export const unitPromises: Promises = {
  "a unit's effects are committed together": async ({ store }) => {
    const verdict = await committed(store, unit("u1", { when: [LEASE_FREE], do: EVERY_EFFECT }));
    assert.deepEqual(verdict.versions, [2, 2]);
    assert.deepEqual(verdict.tokens, [1]);
    assert.equal(verdict.isRepeated, false);
    assert.equal(verdict.position, 2);
    assert.equal(await store.streamVersion("order-1"), 2);
    assert.equal(await store.streamVersion("work-1", "work"), 2);
    assert.equal((await store.getRow("things", "a"))?.value, '"a"');
    assert.equal(await store.getKey("k"), "1");
    assert.equal((await store.getDue("queue", "m"))?.revision, 1);
    assert.equal((await store.getLease("lease"))?.owner, "a");
  },
  "a refused unit leaves nothing": async ({ store }) => {
    await committed(store, unit("u1", { do: [putKey("taken"), putRow("things", "kept")] }));
    const before = await snapshot(store);
    await refused(store, unit("u2", { when: [LEASE_FREE, { kind: "keyAbsent", key: "taken" }], do: EVERY_EFFECT }));
    assert.deepEqual(await snapshot(store), before);
    assert.equal(await store.outcome("u2"), undefined);
  },
  "a refused unit's id is not used up: it can be committed once its conditions hold": async ({ store }) => {
    const waiting = unit("u1", { when: [{ kind: "keyPresent", key: "go" }], do: [facts("order-1")] });
    await refusedBy(store, waiting, 0, undefined);
    await committed(store, unit("u2", { do: [putKey("go")] }));
    const verdict = await committed(store, waiting);
    assert.equal(verdict.isRepeated, false);
    assert.equal(await store.streamVersion("order-1"), 1);
  },
  "a refusal does not touch its neighbours in one batch": async ({ store }) => {
    const verdicts = await Promise.all([
      store.commit(unit("u1", { do: [facts("order-1")] })),
      store.commit(
        unit("u2", { when: [{ kind: "version", stream: "order-1", is: 7 }], do: [facts("order-1", 5), putKey("no")] }),
      ),
      store.commit(unit("u3", { do: [facts("order-1")] })),
    ]);
    assert.deepEqual(
      verdicts.map((verdict) => verdict.outcome),
      ["committed", "refused", "committed"],
    );
    assert.deepEqual(
      (await store.readLog({ after: 0 })).events.map((stored) => stored.id),
      ["u1/0", "u3/0"],
    );
    assert.equal(await store.getKey("no"), undefined);
  },
  "a unit sees the effects of the units before it in one batch": async ({ store }) => {
    const chain = Array.from({ length: 50 }, (_, n) =>
      store.commit(
        unit(`u${n}`, {
          when: [
            { kind: "version", stream: "order-1", is: n },
            n === 0 ? { kind: "keyAbsent", key: "n" } : { kind: "keyValue", key: "n", value: String(n - 1) },
          ],
          do: [facts("order-1"), putKey("n", String(n))],
        }),
      ),
    );
    for (const verdict of await Promise.all(chain)) assert.equal(verdict.outcome, "committed");
    assert.equal(await store.getKey("n"), "49");
  },
  "of units of one batch that want the same key the first wins": async ({ store }) => {
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        store.commit(unit(`u${n}`, { when: [{ kind: "keyAbsent", key: "name" }], do: [putKey("name", `cus_${n}`)] })),
      ),
    );
    assert.equal(all[0]?.outcome, "committed");
    for (const verdict of all.slice(1)) assert.deepEqual(verdict, { outcome: "refused", condition: 0, actual: "cus_0" });
  },
  "a repeated id does nothing and answers the first position and time": async ({ store }) => {
    const first = await committed(
      store,
      unit("u1", { when: [LEASE_FREE, { kind: "version", stream: "order-1", is: 0 }], do: EVERY_EFFECT }),
    );
    await committed(store, unit("u2", { do: [facts("order-2", 3)] }));
    const before = await snapshot(store);
    const again = await committed(
      store,
      unit("u1", { when: [LEASE_FREE, { kind: "version", stream: "order-1", is: 0 }], do: EVERY_EFFECT }),
    );
    assert.deepEqual(again, { ...first, versions: [], tokens: [], isRepeated: true });
    assert.deepEqual(await snapshot(store), before);
  },
  "an id repeated inside the same batch is committed once": async ({ store }) => {
    const same = unit("u1", { when: [{ kind: "keyAbsent", key: "k" }], do: [facts("order-1"), putKey("k")] });
    const [first, between, again] = await Promise.all([
      store.commit(same),
      store.commit(unit("u2", { do: [facts("order-1")] })),
      store.commit(same),
    ]);
    assert.ok(first?.outcome === "committed" && between?.outcome === "committed");
    assert.deepEqual(again, { ...first, versions: [], tokens: [], isRepeated: true });
    assert.equal((await store.head()).position, 2);
  },
  "an id repeated with other effects still does nothing": async ({ store }) => {
    const first = await committed(store, unit("u1", { do: [facts("order-1")] }));
    const again = await committed(store, unit("u1", { do: [facts("order-9", 4), putKey("k")] }));
    assert.equal(again.isRepeated, true);
    assert.equal(again.position, first.position);
    assert.equal(await store.streamVersion("order-9"), 0);
    assert.equal(await store.getKey("k"), undefined);
  },
  "units submitted without waiting are applied in the order of submission": async ({ store }) => {
    const verdicts = await Promise.all(
      Array.from({ length: 300 }, (_, n) => committed(store, unit(`u${padded(n)}`, { do: [facts(`order-${n}`)] }))),
    );
    assert.deepEqual(
      verdicts.map((verdict) => verdict.position),
      Array.from({ length: 300 }, (_, n) => n + 1),
    );
  },
  "of effects on the same row, key or due item the later one counts": async ({ store }) => {
    await committed(
      store,
      unit("u1", {
        do: [
          { kind: "putRow", collection: "things", key: "a", value: "1", index: { by: ["old"] } },
          { kind: "putRow", collection: "things", key: "a", value: "2", index: { by: ["new"] } },
          putRow("things", "b"),
          { kind: "deleteRow", collection: "things", key: "b" },
          putKey("k", "1"),
          putKey("k", "2"),
          putKey("l"),
          { kind: "deleteKey", key: "l" },
          schedule("queue", "m", 1, "1"),
          schedule("queue", "m", 5, "2"),
          schedule("queue", "n", 1),
          { kind: "finish", queue: "queue", id: "n" },
        ],
      }),
    );
    assert.equal((await store.getRow("things", "a"))?.value, "2");
    assert.equal((await store.getRow("things", "a"))?.revision, 2);
    assert.equal(await store.countRows({ collection: "things", index: "by", prefix: "old" }, 10), 0);
    assert.equal(await store.getRow("things", "b"), undefined);
    assert.deepEqual(await store.listKeys(""), [{ key: "k", value: "2" }]);
    assert.deepEqual(await store.listDue("queue", 10, { limit: 10 }), [
      { queue: "queue", id: "m", at: 5, payload: "2", revision: 2 },
    ]);
  },
  "what a unit deletes first and puts afterwards is there": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [putRow("things", "a"), putKey("k"), schedule("queue", "m", 1), work("work-1", 3)] }),
    );
    await committed(
      store,
      unit("u2", {
        do: [
          { kind: "deleteRow", collection: "things", key: "a" },
          putRow("things", "a"),
          { kind: "deleteKey", key: "k" },
          putKey("k", "2"),
          { kind: "finish", queue: "queue", id: "m" },
          schedule("queue", "m", 2),
          { kind: "deleteWork", stream: "work-1" },
          work("work-1"),
        ],
      }),
    );
    assert.equal((await store.getRow("things", "a"))?.revision, 1);
    assert.equal(await store.getKey("k"), "2");
    assert.equal((await store.getDue("queue", "m"))?.revision, 1);
    assert.equal(await store.streamVersion("work-1", "work"), 1);
  },
  "a unit without effects is committed at the head, and its id counts": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 3)] }));
    const empty = await committed(store, unit("u2"));
    assert.deepEqual([empty.position, empty.versions, empty.tokens], [3, [], []]);
    assert.equal((await committed(store, unit("u2"))).isRepeated, true);
  },
  "an append of no events answers the stream's version and makes no stream": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 3)] }));
    const verdict = await committed(store, unit("u2", { do: [facts("order-1", 0), facts("order-2", 0)] }));
    assert.deepEqual(verdict.versions, [3, 0]);
    await refusedBy(store, unit("u3", { when: [{ kind: "exists", stream: "order-2" }] }), 0, 0);
  },
  "the outcome of a committed unit is told by its id, and of no other": async ({ store }) => {
    const first = await committed(store, unit("u1", { when: [LEASE_FREE], do: EVERY_EFFECT }));
    await committed(store, unit("u2", { do: [facts("order-2")] }));
    await refused(store, unit("u3", { when: [{ kind: "keyPresent", key: "none" }] }));
    assert.deepEqual(await store.outcome("u1"), { ...first, versions: [], tokens: [], isRepeated: true });
    assert.equal(await store.outcome("u3"), undefined);
    assert.equal(await store.outcome("never"), undefined);
  },
  "a unit that the contract does not allow is rejected and nothing is submitted": async ({ store }) => {
    const bad: readonly ReturnType<typeof unit>[] = [
      unit(""),
      unit("u\n1"),
      unit("u1", { correlation: "" }),
      unit("u1", { do: [facts("order")] }),
      unit("u1", { do: [facts("Order-1")] }),
      unit("u1", { do: [facts("order-1 2")] }),
      unit("u1", { do: [facts("order-1"), putKey("")] }),
      unit("u1", { do: [facts("order-1"), putRow("things", "a\u0000b")] }),
      unit("u1", { do: [facts("order-1"), putRow("", "a")] }),
      unit("u1", { do: [facts("order-1"), putRow("things", "a", { by: [""] })] }),
      unit("u1", { do: [facts("order-1"), schedule("q", "m", 1.5)] }),
      unit("u1", { do: [facts("order-1"), putKey("lone \uD800 surrogate")] }),
      unit("u1", { when: [{ kind: "version", stream: "order-1", is: -1 }] }),
      unit("u1", { when: [{ kind: "version", stream: "order-1", is: 0.5 }] }),
      unit("u1", { do: [{ kind: "takeLease", name: "lease", owner: "a", ttlMs: 1 }] }),
      unit("u1", { when: [LEASE_FREE], do: [{ kind: "takeLease", name: "other", owner: "a", ttlMs: 1 }] }),
      unit("u1", { when: [LEASE_FREE], do: [{ kind: "freeLease", name: "lease" }] }),
    ];
    const before = await snapshot(store);
    for (const each of bad) await rejectsWith("unit-invalid", store.commit(each));
    assert.deepEqual(await snapshot(store), before);
    assert.deepEqual(store.status(), { state: "accepting" });
  },
};
