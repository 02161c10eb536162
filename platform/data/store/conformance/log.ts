import assert from "node:assert/strict";
import type { ReadLog, Store, StoredEvent } from "../port.ts";
import { committed, event, facts, refused, unit, work, type Promises } from "./trial.ts";

/** Reads to the head, page by page; fails when a page does not move on. */
async function all(store: Store, options: Omit<ReadLog, "after"> = {}, start = 0): Promise<readonly StoredEvent[]> {
  const { position: head } = await store.head();
  const found: StoredEvent[] = [];
  for (let after = start; after < head;) {
    const page = await store.readLog({ ...options, after });
    assert.ok(page.scannedTo > after && page.scannedTo <= head, "each page looks further, and not past the head");
    for (const stored of page.events) {
      assert.ok(stored.position > after && stored.position <= page.scannedTo, "a page's events lie in what it looked at");
    }
    assert.ok(page.events.length <= (options.limit ?? 1_000));
    found.push(...page.events);
    after = page.scannedTo;
  }
  return found;
}

const positions = (events: readonly StoredEvent[]) => events.map((stored) => stored.position);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

const append = (stream: string, ...types: string[]) =>
  ({ kind: "append", stream, events: types.map((type) => event(type)) }) as const;

export const logPromises: Promises = {
  "an empty log is at position 0, time 0 and an epoch of at least 1": async ({ store }) => {
    const head = await store.head();
    assert.deepEqual([head.position, head.recordedAt], [0, 0]);
    assert.ok(head.epoch >= 1);
    assert.deepEqual(await store.readLog({ after: 0 }), { events: [], scannedTo: 0 });
  },
  "digests are read by position, a page at a time; work has none": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 3), work("work-1", 2), facts("order-2", 2)] }));
    const digests = await store.readDigests({});
    assert.equal(new Set(digests).size, 5);
    assert.ok(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest)));
    assert.deepEqual(await store.readDigests({ after: 1, limit: 2 }), digests.slice(1, 3));
    assert.deepEqual(await store.readDigests({ after: 3 }), digests.slice(3));
    assert.deepEqual(await store.readDigests({ after: 5 }), []);
  },
  "positions are contiguous from 1 in commit order": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2), facts("customer-1")] }));
    await refused(store, unit("u2", { when: [{ kind: "keyPresent", key: "none" }], do: [facts("order-1", 9)] }));
    await committed(store, unit("u3", { do: [work("work-1", 4)] }));
    await committed(store, unit("u4", { do: [facts("order-1"), facts("order-2"), facts("order-1")] }));
    const log = await all(store);
    assert.deepEqual(positions(log), upTo(6));
    assert.deepEqual(
      log.map((stored) => stored.id),
      ["u1/0", "u1/1", "u1/2", "u4/0", "u4/1", "u4/2"],
    );
    assert.deepEqual(
      log.map((stored) => [stored.stream, stored.version]),
      [
        ["order-1", 1],
        ["order-1", 2],
        ["customer-1", 1],
        ["order-1", 3],
        ["order-2", 1],
        ["order-1", 4],
      ],
    );
  },
  "a verdict's position is the head after its unit, also of a unit without facts": async ({ store }) => {
    const one = await committed(store, unit("u1", { do: [facts("order-1", 3)] }));
    const two = await committed(store, unit("u2", { do: [work("work-1", 3)] }));
    const three = await committed(store, unit("u3", { do: [facts("order-1"), work("work-1")] }));
    assert.deepEqual([one.position, two.position, three.position], [3, 3, 4]);
    assert.deepEqual({ ...(await store.head()), epoch: 0 }, { epoch: 0, position: 4, recordedAt: three.recordedAt });
  },
  "a reader of the log and a reader of a stream see the same event": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2)] }));
    assert.deepEqual(await all(store), await store.readStream("order-1"));
  },
  "the log is read after a position, exclusive, in pages": async ({ store }) => {
    for (let n = 0; n < 5; n++) await committed(store, unit(`u${n}`, { do: [facts("order-1", 3)] }));
    assert.deepEqual(positions((await store.readLog({ after: 12 })).events), [13, 14, 15]);
    assert.deepEqual(await store.readLog({ after: 15 }), { events: [], scannedTo: 15 });
    assert.deepEqual(positions(await all(store, { limit: 2 })), upTo(15));
    assert.deepEqual(positions(await all(store, { limit: 1 }, 13)), [14, 15]);
  },
  "the log is read in pages of at most 1,000": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 1_001)] }));
    const page = await store.readLog({ after: 0, limit: 5_000 });
    assert.equal(page.events.length, 1_000);
    assert.equal(page.scannedTo, 1_000);
    assert.equal((await store.readLog({ after: page.scannedTo })).events.length, 1);
  },
  "the log is filtered by category, the part of the name before the first hyphen": async ({ store }) => {
    const streams = ["order-1", "orderline-1", "customer-order-1", "order-2-x", "o-1"];
    await committed(store, unit("u1", { do: streams.map((stream) => facts(stream)) }));
    const streamsOf = async (categories: readonly string[]) => (await all(store, { categories })).map((stored) => stored.stream);
    assert.deepEqual(await streamsOf(["order"]), ["order-1", "order-2-x"]);
    assert.deepEqual(await streamsOf(["customer", "o"]), ["customer-order-1", "o-1"]);
    assert.deepEqual(await streamsOf(["none"]), []);
    assert.deepEqual(await streamsOf([]), []);
  },
  "the log is filtered by type, and by category and type together": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [append("order-1", "Placed", "Paid"), append("bill-1", "Paid"), append("order-2", "Placed")] }),
    );
    assert.deepEqual(positions(await all(store, { types: ["Paid"] })), [2, 3]);
    assert.deepEqual(positions(await all(store, { types: ["Placed", "Paid"] })), [1, 2, 3, 4]);
    assert.deepEqual(positions(await all(store, { types: ["Paid"], categories: ["order"] })), [2]);
    assert.deepEqual(positions(await all(store, { types: ["paid"] })), []);
  },
  "a filtered page tells how far it looked, over what it skipped, also when it is empty": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [facts("order-1", 40), facts("rare-1"), facts("order-1", 40), facts("rare-2"), facts("order-1", 18)] }),
    );
    assert.deepEqual(positions(await all(store, { categories: ["rare"] })), [41, 82]);
    assert.deepEqual(positions(await all(store, { categories: ["rare"], limit: 1 })), [41, 82]);
    assert.deepEqual(positions(await all(store, { categories: ["rare"] }, 82)), []);
    const first = await store.readLog({ after: 0, categories: ["rare"], limit: 1 });
    assert.ok(first.scannedTo < 82 || first.events.length === 0, "nothing that matches is passed over by the limit");
  },
  "a page that ends at its limit goes on with the very next match": async ({ store }) => {
    await committed(store, unit("u1", { do: Array.from({ length: 30 }, (_, n) => facts(n % 3 === 0 ? "even-1" : "odd-1")) }));
    for (const limit of [1, 2, 3, 10]) {
      assert.deepEqual(
        positions(await all(store, { categories: ["even"], limit })),
        Array.from({ length: 10 }, (_, n) => n * 3 + 1),
      );
    }
  },
  "recordedAt never decreases along positions and is the verdict's": async ({ store }) => {
    const times: number[] = [];
    for (let n = 0; n < 20; n++) times.push((await committed(store, unit(`u${n}`, { do: [facts(`order-${n}`)] }))).recordedAt);
    assert.deepEqual(
      (await all(store)).map((stored) => stored.recordedAt),
      times,
    );
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok(
      times.every((time) => Number.isSafeInteger(time)),
      "whole milliseconds",
    );
    assert.equal((await store.head()).recordedAt, times.at(-1));
  },
  "the store's clock tells whole epoch milliseconds": async ({ store }) => {
    const now = await store.now();
    assert.ok(Number.isSafeInteger(now) && now > Date.UTC(2020, 0, 1), String(now));
  },
  "a sound store has nothing to report when it is checked": async ({ store }) => {
    await committed(
      store,
      unit("u1", { do: [facts("order-1", 3), work("work-1", 2), { kind: "deleteWork", stream: "work-1" }] }),
    );
    assert.deepEqual(await store.check(), []);
  },
};
