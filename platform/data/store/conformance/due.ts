import assert from "node:assert/strict";
import { committed, padded, schedule, unit, type Promises } from "./trial.ts";

export const duePromises: Promises = {
  "due items are listed by time, then id, up to a time inclusive": async ({ store }) => {
    const items = [
      schedule("q", "c", 20),
      schedule("q", "b", 10),
      schedule("q", "a", 20),
      schedule("q", "z", 5),
      schedule("q", "y", 21),
    ];
    await committed(store, unit("u1", { do: [...items, schedule("other", "x", 1)] }));
    const ids = async (until: number, limit = 100) => (await store.listDue("q", until, { limit })).map((item) => item.id);
    assert.deepEqual(await ids(20), ["z", "b", "a", "c"]);
    assert.deepEqual(await ids(19), ["z", "b"]);
    assert.deepEqual(await ids(4), []);
    assert.deepEqual(await ids(100, 2), ["z", "b"]);
    assert.deepEqual(await store.listDue("none", 100, { limit: 100 }), []);
  },
  "a due item is read as it was scheduled": async ({ store }) => {
    const payload = '{"text":"é 😀 \\u0000"}';
    await committed(store, unit("u1", { do: [schedule("q", "a", 1_800_000_000_123, payload)] }));
    const expected = { queue: "q", id: "a", at: 1_800_000_000_123, payload, revision: 1 };
    assert.deepEqual(await store.getDue("q", "a"), expected);
    assert.deepEqual(await store.listDue("q", Number.MAX_SAFE_INTEGER, { limit: 10 }), [expected]);
    assert.equal(await store.getDue("q", "b"), undefined);
    assert.equal(await store.getDue("r", "a"), undefined);
  },
  "scheduling again moves the item, replaces its payload and raises its revision by one": async ({ store }) => {
    await committed(store, unit("u1", { do: [schedule("q", "a", 10, "1"), schedule("q", "b", 15, "b")] }));
    await committed(store, unit("u2", { do: [schedule("q", "a", 20, "2")] }));
    assert.deepEqual(
      (await store.listDue("q", 30, { limit: 10 })).map((item) => item.id),
      ["b", "a"],
    );
    assert.deepEqual(await store.getDue("q", "a"), { queue: "q", id: "a", at: 20, payload: "2", revision: 2 });
  },
  "a finished item is gone; scheduled anew it begins with revision 1": async ({ store }) => {
    await committed(store, unit("u1", { do: [schedule("q", "a", 10), schedule("q", "a", 11), schedule("r", "a", 10)] }));
    await committed(
      store,
      unit("u2", {
        do: [
          { kind: "finish", queue: "q", id: "a" },
          { kind: "finish", queue: "q", id: "never" },
        ],
      }),
    );
    assert.equal(await store.getDue("q", "a"), undefined);
    assert.deepEqual(await store.listDue("q", 100, { limit: 10 }), []);
    assert.equal((await store.getDue("r", "a"))?.revision, 1);
    await committed(
      store,
      unit("u3", { when: [{ kind: "due", queue: "q", id: "a", revision: 0 }], do: [schedule("q", "a", 10)] }),
    );
    assert.equal((await store.getDue("q", "a"))?.revision, 1);
  },
  "of workers that claim one item by its revision, one wins": async ({ store }) => {
    await committed(store, unit("u1", { do: [schedule("q", "a", 10)] }));
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.commit(
          unit(`claim${n}`, {
            when: [{ kind: "due", queue: "q", id: "a", revision: 1 }],
            do: [schedule("q", "a", 1_000, `${n}`)],
          }),
        ),
      ),
    );
    assert.equal(claims.filter((verdict) => verdict.outcome === "committed").length, 1);
    assert.deepEqual([(await store.getDue("q", "a"))?.revision, (await store.getDue("q", "a"))?.payload], [2, "0"]);
  },
  "times before 1970 and far ahead are kept and ordered": async ({ store }) => {
    const far = Number.MAX_SAFE_INTEGER;
    await committed(store, unit("u1", { do: [schedule("q", "far", far), schedule("q", "old", -5), schedule("q", "zero", 0)] }));
    assert.deepEqual(
      (await store.listDue("q", far, { limit: 10 })).map((item) => [item.id, item.at]),
      [
        ["old", -5],
        ["zero", 0],
        ["far", far],
      ],
    );
    assert.deepEqual(
      (await store.listDue("q", -1, { limit: 10 })).map((item) => item.id),
      ["old"],
    );
  },
  "a page of due items begins behind its cursor, by time and id, also when that item is gone": async ({ store }) => {
    const items = [schedule("q", "b", 10), schedule("q", "a", 20), schedule("q", "b2", 20), schedule("q", "é", 20)];
    await committed(store, unit("u1", { do: [...items, schedule("q", "a2", 30)] }));
    const behind = async (at: number, id: string, until = Infinity, limit = 10) =>
      (await store.listDue("q", until, { after: { at, id }, limit })).map((item) => item.id);
    assert.deepEqual(await behind(10, "a"), ["b", "a", "b2", "é", "a2"]);
    assert.deepEqual(await behind(10, "b"), ["a", "b2", "é", "a2"]);
    assert.deepEqual(await behind(20, "a", 20), ["b2", "é"]);
    assert.deepEqual(await behind(20, "z", 29), ["é"]);
    assert.deepEqual(await behind(20, "", Infinity, 1), ["a"]);
    assert.deepEqual(await behind(30, "a2"), []);
    await committed(store, unit("u2", { do: [{ kind: "finish", queue: "q", id: "b2" }] }));
    assert.deepEqual(await behind(20, "b2"), ["é", "a2"]);
  },
  "due items are listed in pages of at most 1,000": async ({ store }) => {
    const items = Array.from({ length: 1_001 }, (_, n) => schedule("q", padded(n), 1));
    await committed(store, unit("u1", { do: items.slice(0, 600) }));
    await committed(store, unit("u2", { do: items.slice(600) }));
    assert.equal((await store.listDue("q", 1, { limit: 9_999 })).length, 1_000);
  },
};
