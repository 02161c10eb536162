import assert from "node:assert/strict";
import { committed, facts, putRow, unit, work, type Promises } from "./trial.ts";

export const rowPromises: Promises = {
  "a row is read as it was put, with revision, position and time": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2)] }));
    const value = '{"text":"Ünï 😀 \'q\' \\\\ %_"}';
    const verdict = await committed(
      store,
      unit("u2", { do: [{ kind: "putRow", collection: "things", key: "a", value }, facts("order-1", 3)] }),
    );
    assert.deepEqual(await store.getRow("things", "a"), {
      collection: "things",
      key: "a",
      value,
      revision: 1,
      position: 5,
      recordedAt: verdict.recordedAt,
    });
  },
  "a row of a unit without facts has the position of the head": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2)] }));
    const verdict = await committed(store, unit("u2", { do: [work("work-1"), putRow("things", "a")] }));
    const row = await store.getRow("things", "a");
    assert.deepEqual([row?.position, row?.recordedAt], [2, verdict.recordedAt]);
  },
  "each put replaces the row and raises its revision by one": async ({ store }) => {
    for (let n = 1; n <= 3; n++) {
      const put = { kind: "putRow", collection: "things", key: "a", value: String(n) } as const;
      const verdict = await committed(store, unit(`u${n}`, { do: [facts("order-1"), put] }));
      const row = await store.getRow("things", "a");
      assert.deepEqual([row?.value, row?.revision, row?.position], [String(n), n, verdict.position]);
    }
  },
  "a deleted row is gone, and its revision starts again": async ({ store }) => {
    await committed(store, unit("u1", { do: [putRow("things", "a"), putRow("things", "a"), putRow("things", "b")] }));
    await committed(store, unit("u2", { do: [{ kind: "deleteRow", collection: "things", key: "a" }] }));
    assert.equal(await store.getRow("things", "a"), undefined);
    assert.deepEqual(
      (await store.listRows({ collection: "things" })).rows.map((row) => row.key),
      ["b"],
    );
    await committed(store, unit("u3", { do: [putRow("things", "a")] }));
    assert.equal((await store.getRow("things", "a"))?.revision, 1);
  },
  "deleting a row that does not exist changes nothing": async ({ store }) => {
    await committed(store, unit("u1", { do: [putRow("things", "a"), { kind: "deleteRow", collection: "things", key: "b" }] }));
    await committed(store, unit("u2", { do: [{ kind: "deleteRow", collection: "nothing", key: "a" }] }));
    assert.equal((await store.getRow("things", "a"))?.revision, 1);
  },
  "rows of one key in two collections are two rows": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [putRow("things", "a"), { kind: "putRow", collection: "others", key: "a", value: "2" }] }),
    );
    await committed(store, unit("u2", { do: [{ kind: "deleteRow", collection: "things", key: "a" }] }));
    assert.equal((await store.getRow("others", "a"))?.value, "2");
    assert.equal(await store.getRow("things", "a"), undefined);
    assert.equal(await store.getRow("nothing", "a"), undefined);
  },
  "names are not confused where collection and key meet": async ({ store }) => {
    await committed(store, unit("u1", { do: [putRow("a", "b/c"), putRow("a/b", "c"), putRow("ab", "c"), putRow("a", "bc")] }));
    assert.deepEqual(
      (await store.listRows({ collection: "a" })).rows.map((row) => row.key),
      ["b/c", "bc"],
    );
    assert.deepEqual(
      (await store.listRows({ collection: "a/b" })).rows.map((row) => row.key),
      ["c"],
    );
    assert.deepEqual(
      (await store.listRows({ collection: "ab" })).rows.map((row) => row.key),
      ["c"],
    );
  },
  "index entries are replaced by the next put": async ({ store }) => {
    const keysOf = async (index: string, prefix: string) =>
      (await store.listRows({ collection: "things", index, prefix })).rows.map((row) => row.key);
    await committed(store, unit("u1", { do: [putRow("things", "a", { status: ["placed"], name: ["ada", "lovelace"] })] }));
    assert.deepEqual(await keysOf("name", "love"), ["a"]);
    await committed(store, unit("u2", { do: [putRow("things", "a", { status: ["paid"] })] }));
    assert.deepEqual(await keysOf("status", "placed"), []);
    assert.deepEqual(await keysOf("status", "paid"), ["a"]);
    assert.deepEqual(await keysOf("name", ""), []);
    await committed(store, unit("u3", { do: [putRow("things", "a")] }));
    assert.deepEqual(await keysOf("status", ""), []);
  },
  "entries that a put repeats stay, beside those that come and go": async ({ store }) => {
    const entriesOf = async () =>
      (await store.listEntries("things")).map(({ index, entry, key }) => `${index}/${entry}/${key}`).sort();
    const put = (name: string, index: Readonly<Record<string, readonly string[]>>) =>
      committed(store, unit(name, { do: [putRow("things", "a", index)] }));
    await put("u1", { status: ["placed"], name: ["ada", "lovelace"] });
    await put("u2", { name: ["lovelace", "king"], status: ["placed"], placed: ["ada"] });
    assert.deepEqual(await entriesOf(), ["name/king/a", "name/lovelace/a", "placed/ada/a", "status/placed/a"]);
    const { rows } = await store.listRows({ collection: "things", index: "name", prefix: "lovelace" });
    assert.deepEqual(
      rows.map(({ key, revision }) => [key, revision]),
      [["a", 2]],
    );
    await put("u3", { status: ["paid"], name: ["king"] });
    assert.deepEqual(await entriesOf(), ["name/king/a", "status/paid/a"]);
  },
  "a deleted row is no longer listed by its entries": async ({ store }) => {
    await committed(store, unit("u1", { do: [putRow("things", "a", { name: ["x"] }), putRow("things", "b", { name: ["x"] })] }));
    await committed(store, unit("u2", { do: [{ kind: "deleteRow", collection: "things", key: "a" }] }));
    assert.deepEqual(
      (await store.listRows({ collection: "things", index: "name" })).rows.map((row) => row.key),
      ["b"],
    );
    assert.equal(await store.countRows({ collection: "things", index: "name" }, 10), 1);
  },
  "the entries of a refused put are not listed": async ({ store }) => {
    await committed(store, unit("u1", { do: [putRow("things", "a", { name: ["old"] })] }));
    await store.commit(
      unit("u2", { when: [{ kind: "keyPresent", key: "none" }], do: [putRow("things", "a", { name: ["new"] })] }),
    );
    assert.equal(await store.countRows({ collection: "things", index: "name", prefix: "new" }, 10), 0);
    assert.equal(await store.countRows({ collection: "things", index: "name", prefix: "old" }, 10), 1);
  },
};
