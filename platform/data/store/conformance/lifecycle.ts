import type { Change } from "../port.ts";
import assert from "node:assert/strict";
import { LIMITS } from "../limits.ts";
import { committed, facts, padded, rejectsWith, unit, type Promises } from "./trial.ts";

export const lifecyclePromises: Promises = {
  "an open store accepts writes": async ({ store }) => {
    assert.deepEqual(store.status(), { state: "accepting" });
  },
  "close waits for what was submitted": async ({ store }) => {
    const submitted = Array.from({ length: LIMITS.batchUnits + 50 }, (_, n) =>
      store.commit(unit(`u${padded(n)}`, { do: [facts("order-1")] })),
    );
    await store.close();
    for (const verdict of await Promise.all(submitted)) assert.equal(verdict.outcome, "committed");
  },
  "a commit after close is store-stopped": async ({ store }) => {
    const closing = store.close();
    await rejectsWith("store-stopped", store.commit(unit("u1", { do: [facts("order-1")] })));
    await closing;
    await rejectsWith("store-stopped", store.commit(unit("u2")));
  },
  "closing twice is closing once": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await rejectsWith("store-stopped", store.commit(unit("u2")));
  },
  "more than waitingUnits at once is store-busy, and afterwards the store accepts again": async ({ store }) => {
    const when = [{ kind: "keyPresent", key: "none" }] as const; // refused units cost the engine least
    const submitted = Array.from({ length: LIMITS.waitingUnits }, (_, n) => store.commit(unit(`u${n}`, { when })));
    await rejectsWith("store-busy", store.commit(unit("one-more", { do: [facts("order-1")] })));
    for (const verdict of await Promise.all(submitted)) assert.equal(verdict.outcome, "refused");
    assert.equal((await committed(store, unit("one-more", { do: [facts("order-1")] }))).isRepeated, false);
  },
  "more than waitingBytes at once is store-busy": async ({ store }) => {
    const value = "x".repeat(LIMITS.rowBytes);
    const put = { kind: "putRow", collection: "things", key: "a", value } as const;
    const when = [{ kind: "keyPresent", key: "none" }] as const;
    const fits = Math.floor(LIMITS.waitingBytes / (3 * LIMITS.rowBytes));
    const submitted = Array.from({ length: fits }, (_, n) => store.commit(unit(`u${n}`, { when, do: [put, put, put] })));
    await rejectsWith("store-busy", store.commit(unit("more", { when, do: [put, put, put] })));
    for (const verdict of await Promise.all(submitted)) assert.equal(verdict.outcome, "refused");
  },
  "a watcher is called after a commit": async ({ store }) => {
    const called = new Promise<void>((resolve) => store.watch(() => resolve()));
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    await called;
    assert.equal((await store.head()).position, 1);
  },
  "a watcher sees what it was called for": async ({ store }) => {
    const seen = new Promise<number>((resolve) => {
      const stop = store.watch(() => {
        stop();
        resolve(store.head().then((head) => head.position));
      });
    });
    await committed(store, unit("u1", { do: [facts("order-1", 3)] }));
    assert.equal(await seen, 3);
  },
  "a watcher is told what may have changed: facts, queues, keys": async ({ store }) => {
    const changes: Change[] = [];
    store.watch((change) => changes.push(change));
    const told = () => changes.splice(0).filter(({ isForeign }) => !isForeign);
    const item = { queue: "q", id: "i" } as const;
    await committed(store, unit("u1", { do: [{ kind: "schedule", ...item, at: 1, payload: "" }] }));
    await committed(store, unit("u2", { do: [{ kind: "finish", ...item }] }));
    for (const change of told()) {
      assert.deepEqual([change.hasFacts, change.touchesQueue("q"), change.touchesQueue("r")], [false, true, false]);
    }
    await committed(store, unit("u3", { do: [{ kind: "putKey", key: "k", value: "v" }] }));
    await committed(store, unit("u4", { do: [{ kind: "deleteKey", key: "k" }] }));
    for (const change of told()) {
      assert.deepEqual([change.hasFacts, change.touchesKey("k"), change.touchesKey("l")], [false, true, false]);
    }
    await committed(store, unit("u5", { do: [facts("order-1")] }));
    await store.head();
    const [last] = told();
    assert.ok(last?.hasFacts && !last.touchesQueue("q") && !last.touchesKey("k"));
    assert.deepEqual([last.touchesCategory(["stock", "order"]), last.touchesCategory(["stock"])], [true, false]);
  },
  "a watcher that was stopped is not called any more, and the others are": async ({ store }) => {
    let calls = 0;
    const stop = store.watch(() => calls++);
    stop();
    stop();
    const other = new Promise<void>((resolve) => store.watch(() => resolve()));
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    await other;
    assert.equal(calls, 0);
  },
};
