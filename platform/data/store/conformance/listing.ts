import assert from "node:assert/strict";
import type { IndexEntry, ListRows, RowPage, Store } from "../port.ts";
import type { Effect } from "../unit.ts";
import { committed, facts, padded, putRow, schedule, unit, work, type Promises } from "./trial.ts";

const finish = (queue: string, id: string): Effect => ({ kind: "finish", queue, id });
const keysOf = (page: RowPage) => page.rows.map((row) => row.key);

/** Lists page by page to the end; every page but the last is full and has a `next`. */
async function listed(store: Store, options: ListRows): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let page = await store.listRows(options); ; page = await store.listRows({ ...options, after: page.next })) {
    keys.push(...keysOf(page));
    if (page.next === undefined) return keys;
    assert.equal(page.rows.length, options.limit ?? 1_000, "only the last page is short");
    assert.ok(keys.length < 10_000, "each page goes on behind the one before");
  }
}

async function fill(store: Store, count: number, indexed?: (n: number) => readonly string[]): Promise<void> {
  const puts = Array.from({ length: count }, (_, n) => putRow("things", padded(n), indexed && { by: indexed(n) }));
  for (let start = 0; start < count; start += 1_000)
    await committed(store, unit(`fill${start}`, { do: puts.slice(start, start + 1_000) }));
}

export const listingPromises: Promises = {
  "rows are listed by key, both ways": async ({ store }) => {
    await committed(store, unit("u1", { do: ["b", "a", "c", "ab", "B"].map((key) => putRow("things", key)) }));
    await committed(store, unit("u2", { do: [putRow("others", "z")] }));
    assert.deepEqual(keysOf(await store.listRows({ collection: "things" })), ["B", "a", "ab", "b", "c"]);
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", direction: "backwards" })), ["c", "b", "ab", "a", "B"]);
    assert.deepEqual(await store.listRows({ collection: "none" }), { rows: [] });
  },
  "listed rows are those that getRow answers": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [facts("order-1"), putRow("things", "a", { by: ["x"] }), putRow("things", "b", { by: ["y"] })] }),
    );
    const expected = [await store.getRow("things", "a"), await store.getRow("things", "b")];
    assert.deepEqual((await store.listRows({ collection: "things" })).rows, expected);
    assert.deepEqual((await store.listRows({ collection: "things", index: "by" })).rows, expected);
  },
  "rows are listed by the entries of an index, then by key": async ({ store }) => {
    const effects = [
      ["a", "2"],
      ["b", "1"],
      ["c", "2"],
      ["d", "10"],
    ].map(([key = "", entry = ""]) => putRow("things", key, { by: [entry], other: ["x"] }));
    await committed(store, unit("u1", { do: [...effects, putRow("things", "e")] }));
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", index: "by" })), ["b", "d", "a", "c"]);
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", index: "by", direction: "backwards" })), [
      "c",
      "a",
      "d",
      "b",
    ]);
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", index: "none" })), []);
  },
  "a collection's entries are listed by index, entry and key, in pages, each once": async ({ store }) => {
    const rows = [
      putRow("things", "b", { by: ["2", "1", "2"], "by-end": ["x"] }),
      putRow("things", "a", { by: ["2"] }),
      putRow("things", "c"),
      putRow("others", "a", { by: ["0"] }),
      putRow("things", "é", { by: ["é", "E"] }),
    ];
    await committed(store, unit("u1", { do: rows }));
    const expected = ["by/1/b", "by/2/a", "by/2/b", "by/E/é", "by/é/é", "by-end/x/b"];
    const texts = (entries: readonly IndexEntry[]) => entries.map(({ index, entry, key }) => `${index}/${entry}/${key}`);
    assert.deepEqual(texts(await store.listEntries("things")), expected);
    const paged: string[] = [];
    for (let after: IndexEntry | undefined; ;) {
      const page = await store.listEntries("things", { limit: 2, ...(after && { after }) });
      paged.push(...texts(page));
      after = page.at(-1);
      if (!after) break;
    }
    assert.deepEqual(paged, expected);
    await committed(store, unit("u2", { do: [putRow("things", "a"), { kind: "deleteRow", collection: "things", key: "é" }] }));
    assert.deepEqual(texts(await store.listEntries("things")), ["by/1/b", "by/2/b", "by-end/x/b"]);
    assert.deepEqual(await store.listEntries("none"), []);
  },
  "names in use are listed: streams of work, queues with items, leases": async ({ store }) => {
    for (const kind of ["work", "queue", "lease"] as const) assert.deepEqual(await store.listNames(kind), []);
    const effects = ["b", "a", "é", "B"].flatMap((name): Effect[] => [
      work(`work-${name}`, 3),
      schedule(name, "m", 1),
      schedule(name, "n", 2),
      { kind: "takeLease", name, owner: "one", ttlMs: 1_000 },
    ]);
    const when = ["b", "a", "é", "B"].map((name) => ({ kind: "leaseFree", name, owner: "one" }) as const);
    await committed(store, unit("u1", { when, do: [...effects, facts("order-1")] }));
    assert.deepEqual(await store.listNames("work"), ["work-B", "work-a", "work-b", "work-é"]);
    for (const kind of ["queue", "lease"] as const) {
      assert.deepEqual(await store.listNames(kind), ["B", "a", "b", "é"]);
      assert.deepEqual(await store.listNames(kind, { after: "a", limit: 1 }), ["b"]);
    }
    const over: Effect[] = [{ kind: "deleteWork", stream: "work-a" }, finish("a", "m"), finish("a", "n"), finish("b", "m")];
    await committed(store, unit("u2", { do: over }));
    assert.deepEqual(await store.listNames("work", { limit: 2 }), ["work-B", "work-b"]);
    assert.deepEqual(await store.listNames("queue"), ["B", "b", "é"]);
  },
  "a row appears once for each different entry that matches": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [putRow("things", "a", { by: ["ab", "x", "aa", "ab"] }), putRow("things", "b", { by: ["aab"] })] }),
    );
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", index: "by" })), ["a", "b", "a", "a"]);
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", index: "by", prefix: "a" })), ["a", "b", "a"]);
    assert.equal(await store.countRows({ collection: "things", index: "by", prefix: "a" }, 10), 3);
  },
  "a prefix is text, not a pattern, and goes by case": async ({ store }) => {
    const keys = ["a%b", "a_b", "axb", "a\\b", "a*b", "A%b", "a[x]", "a'b", "a%"];
    await committed(store, unit("u1", { do: keys.map((key) => putRow("things", key, { by: [key] })) }));
    for (const prefix of ["a%", "a_", "a\\", "a*", "A", "a[", "a'", "a%b", "x"]) {
      const expected = keys.filter((key) => key.startsWith(prefix)).sort();
      assert.deepEqual(keysOf(await store.listRows({ collection: "things", prefix })), expected, `by key ${prefix}`);
      assert.deepEqual(
        keysOf(await store.listRows({ collection: "things", index: "by", prefix })),
        expected,
        `by entry ${prefix}`,
      );
      assert.equal(await store.countRows({ collection: "things", prefix }, 100), expected.length);
    }
  },
  "pages by key join to the whole list, both ways, with and without a prefix": async ({ store }) => {
    await fill(store, 25);
    const keys = Array.from({ length: 25 }, (_, n) => padded(n));
    for (const limit of [1, 4, 5, 24, 25, 26]) {
      assert.deepEqual(await listed(store, { collection: "things", limit }), keys);
      assert.deepEqual(await listed(store, { collection: "things", limit, direction: "backwards" }), keys.toReversed());
      assert.deepEqual(await listed(store, { collection: "things", limit, prefix: "00001" }), keys.slice(10, 20));
      assert.deepEqual(
        await listed(store, { collection: "things", limit, prefix: "00001", direction: "backwards" }),
        keys.slice(10, 20).reverse(),
      );
    }
  },
  "pages by index join to the whole list, also inside one entry and inside one row": async ({ store }) => {
    await fill(store, 12, (n) => ["same", `n${n % 3}`]);
    const whole = keysOf(await store.listRows({ collection: "things", index: "by" }));
    assert.equal(whole.length, 24);
    for (const limit of [1, 5, 23, 24]) {
      assert.deepEqual(await listed(store, { collection: "things", index: "by", limit }), whole);
      assert.deepEqual(
        await listed(store, { collection: "things", index: "by", limit, direction: "backwards" }),
        whole.toReversed(),
      );
      assert.deepEqual(await listed(store, { collection: "things", index: "by", limit, prefix: "n1" }), whole.slice(4, 8));
    }
  },
  "a page that holds the last row has no next": async ({ store }) => {
    await fill(store, 4);
    assert.equal((await store.listRows({ collection: "things", limit: 4 })).next, undefined);
    const half = await store.listRows({ collection: "things", limit: 2 });
    assert.deepEqual(half.next, { entry: "000001", key: "000001" });
    assert.equal((await store.listRows({ collection: "things", limit: 2, after: half.next })).next, undefined);
  },
  "a list without a limit is a page of 1,000": async ({ store }) => {
    await fill(store, 1_001);
    const page = await store.listRows({ collection: "things" });
    assert.equal(page.rows.length, 1_000);
    assert.deepEqual(keysOf(await store.listRows({ collection: "things", ...(page.next && { after: page.next }) })), ["001000"]);
    assert.equal((await store.listRows({ collection: "things", limit: 9_999 })).rows.length, 1_000);
  },
  "a cursor stays good while rows come and go, its own row too": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: ["b", "d", "f", "h"].map((key) => putRow("things", key, { by: [key.toUpperCase()] })) }),
    );
    for (const index of [undefined, "by"]) {
      const { next } = await store.listRows({ collection: "things", ...(index && { index }), limit: 2 });
      assert.ok(next);
      await committed(
        store,
        unit(`${index}1`, {
          do: [
            { kind: "deleteRow", collection: "things", key: "d" },
            putRow("things", "a", { by: ["A"] }),
            putRow("things", "e", { by: ["E"] }),
            putRow("things", "i", { by: ["I"] }),
          ],
        }),
      );
      assert.deepEqual(keysOf(await store.listRows({ collection: "things", ...(index && { index }), after: next })), [
        "e",
        "f",
        "h",
        "i",
      ]);
      const undo = ["a", "e", "i"].map((key) => ({ kind: "deleteRow", collection: "things", key }) as const);
      await committed(store, unit(`${index}2`, { do: [...undo, putRow("things", "d", { by: ["D"] })] }));
    }
  },
  "rows are counted as a list without page would have them, up to the cap": async ({ store }) => {
    await fill(store, 1_200, (n) => [n < 5 ? "few" : "many"]);
    assert.equal(await store.countRows({ collection: "things" }, 10), 10);
    assert.equal(await store.countRows({ collection: "things" }, 5_000), 1_200);
    assert.equal(await store.countRows({ collection: "things", prefix: "00010" }, 5_000), 10);
    assert.equal(await store.countRows({ collection: "things", index: "by", prefix: "few" }, 100), 5);
    assert.equal(await store.countRows({ collection: "none" }, 100), 0);
  },
};
