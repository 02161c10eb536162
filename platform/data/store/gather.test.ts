import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { facts, putKey, rejectsWith, unit } from "./conformance/trial.ts";
import type { EncodedUnit, Engine } from "./engine.ts";
import { batchNotApplied } from "./errors.ts";
import { gatheredStore, type GatherOptions } from "./gather.ts";
import { LIMITS } from "./limits.ts";
import { memoryEngine } from "./memory/memory-store.ts";
import type { Capabilities } from "./port.ts";
import type { Verdict } from "./unit.ts";

interface Attempt {
  readonly ids: readonly string[];
  /** Applies the batch and answers. */
  finish(): Promise<void>;
  /** Applies the batch, and the answer is lost. */
  lose(): Promise<void>;
  /** Does not apply the batch, and nobody knows. */
  vanish(): Promise<void>;
  /** Surely does not apply the batch. */
  refuse(): Promise<void>;
  answer(verdicts: readonly Verdict[]): Promise<void>;
}

/** An engine whose every attempt waits for what the test decides. */
function scripted(capabilities: Partial<Capabilities> = {}, options: GatherOptions = {}) {
  const memory = memoryEngine();
  const clock = virtualClock();
  const attempts: Attempt[] = [];
  const foreign = new Set<() => void>();
  const engine: Engine = {
    ...memory,
    capabilities: { ...memory.capabilities, ...capabilities },
    onForeignCommit: (listener) => {
      foreign.add(listener);
      return () => void foreign.delete(listener);
    },
    apply: (batch) => new Promise((resolve, reject) => attempts.push(attempt(memory, batch, resolve, reject))),
  };
  const store = gatheredStore(engine, { clock, ...options });
  return { store, clock, attempts, foreign, ids: () => attempts.map((each) => each.ids) };
}

function attempt(
  memory: Engine,
  batch: readonly EncodedUnit[],
  resolve: (verdicts: readonly Verdict[]) => void,
  reject: (error: Error) => void,
): Attempt {
  const settled = (settle: () => void) => {
    settle();
    return setImmediate();
  };
  return {
    ids: batch.map((each) => each.id),
    finish: () => memory.apply(batch).then((verdicts) => settled(() => resolve(verdicts))),
    lose: () => memory.apply(batch).then(() => settled(() => reject(new Error("connection lost")))),
    vanish: () => settled(() => reject(new Error("connection lost"))),
    refuse: () => settled(() => reject(batchNotApplied("no connection"))),
    answer: (verdicts) => settled(() => resolve(verdicts)),
  };
}

const SHARED = { isShared: true, batchesInFlight: 1 } as const;
const names = (count: number) => Array.from({ length: count }, (_, n) => `u${n}`);

/** Fires the timers of a retry, one after another, letting what they start run in between. */
async function retry(clock: ReturnType<typeof virtualClock>): Promise<void> {
  clock.step();
  await setImmediate();
}

describe("gathering", () => {
  test("units of one turn share the first batch", async () => {
    const { store, attempts, ids } = scripted();
    const all = Promise.all(names(3).map((id) => store.commit(unit(id))));
    await setImmediate();
    assert.deepEqual(ids(), [["u0", "u1", "u2"]]);
    await attempts[0]?.finish();
    assert.deepEqual(
      (await all).map((verdict) => verdict.outcome),
      ["committed", "committed", "committed"],
    );
  });

  test("what gathers while a batch is under way goes into the next one", async () => {
    const { store, attempts, ids } = scripted();
    const all = [store.commit(unit("a"))];
    await setImmediate();
    for (const id of ["b", "c", "d"]) {
      all.push(store.commit(unit(id)));
      await setImmediate();
    }
    assert.deepEqual(ids(), [["a"]], "one batch at a time");
    await attempts[0]?.finish();
    assert.deepEqual(ids(), [["a"], ["b", "c", "d"]]);
    await attempts[1]?.finish();
    assert.equal((await Promise.all(all)).length, 4);
  });

  test("nobody is answered before the engine has answered", async () => {
    const { store, attempts } = scripted();
    let isAnswered = false;
    const verdict = store.commit(unit("a")).finally(() => (isAnswered = true));
    await setImmediate();
    assert.equal(isAnswered, false);
    await attempts[0]?.finish();
    assert.equal((await verdict).outcome, "committed");
  });

  test("a batch holds at most batchUnits", async () => {
    const { store, attempts, ids } = scripted();
    const all = Promise.all(names(LIMITS.batchUnits + 1).map((id) => store.commit(unit(id))));
    await setImmediate();
    await attempts[0]?.finish();
    assert.deepEqual(
      ids().map((batch) => batch.length),
      [LIMITS.batchUnits, 1],
    );
    await attempts[1]?.finish();
    await all;
  });

  test("a batch holds at most batchBytes", async () => {
    const { store, attempts, ids } = scripted();
    const value = "x".repeat(LIMITS.rowBytes);
    const big = (id: string) => unit(id, { do: [putKey("a", value), putKey("b", value), putKey("c", value)] });
    const all = Promise.all(names(5).map((id) => store.commit(big(id))));
    await setImmediate();
    for (let n = 0; n < 3; n++) await attempts[n]?.finish();
    assert.deepEqual(ids(), [["u0", "u1"], ["u2", "u3"], ["u4"]]);
    await all;
  });

  test("as many batches are under way at once as the engine takes", async () => {
    const { store, attempts, ids } = scripted({ isShared: true, batchesInFlight: 2 });
    const all = [];
    for (const id of ["a", "b", "c"]) {
      all.push(store.commit(unit(id)));
      await setImmediate();
    }
    assert.deepEqual(ids(), [["a"], ["b"]]);
    await attempts[1]?.finish();
    assert.deepEqual(ids(), [["a"], ["b"], ["c"]]);
    await attempts[0]?.finish();
    await attempts[2]?.finish();
    await Promise.all(all);
  });

  test("a unit that is not allowed is rejected and takes no place in a batch", async () => {
    const { store, ids } = scripted();
    await rejectsWith("unit-invalid", store.commit(unit("")));
    await setImmediate();
    assert.deepEqual(ids(), []);
  });

  test("one unit appends facts of one context only", async () => {
    const { store, attempts } = scripted({}, { owners: { order: "ordering", orderline: "ordering", bill: "payments" } });
    await rejectsWith("unit-invalid", store.commit(unit("a", { do: [facts("order-1"), facts("bill-1")] })));
    await rejectsWith("unit-invalid", store.commit(unit("b", { do: [facts("stranger-1")] })));
    const own = store.commit(unit("c", { do: [facts("order-1"), facts("orderline-1")] }));
    await setImmediate();
    await attempts[0]?.finish();
    assert.equal((await own).outcome, "committed");
  });
});

describe("an embedded engine that fails", () => {
  test("stops the store and leaves the batch's outcome unknown", async () => {
    const { store, attempts } = scripted();
    const under = [store.commit(unit("a")), store.commit(unit("b"))];
    await setImmediate();
    const waiting = store.commit(unit("c"));
    const waitingRejected = rejectsWith("store-stopped", waiting);
    await attempts[0]?.vanish();
    for (const verdict of await Promise.all(under)) {
      assert.equal(verdict.outcome, "unknown");
      assert.match(String(verdict.outcome === "unknown" && verdict.cause), /connection lost/);
    }
    await waitingRejected;
    const status = store.status();
    assert.deepEqual([status.state, status.state === "stopped" && status.reason], ["stopped", "connection lost"]);
    await rejectsWith("store-stopped", store.commit(unit("d")));
    assert.equal(attempts.length, 1, "nothing is sent to a stopped engine");
  });

  test("rejects the batch's units when surely nothing of them happened", async () => {
    const { store, attempts } = scripted();
    const rejected = rejectsWith("store-stopped", store.commit(unit("a")));
    await setImmediate();
    await attempts[0]?.refuse();
    await rejected;
    assert.equal(store.status().state, "stopped");
  });

  test("can still be read and closed", async () => {
    const { store, attempts } = scripted();
    const verdict = store.commit(unit("a", { do: [facts("order-1")] }));
    await setImmediate();
    await attempts[0]?.lose();
    assert.equal((await verdict).outcome, "unknown");
    assert.equal(await store.streamVersion("order-1"), 1, "reading resolves what is unknown");
    assert.equal((await store.outcome("a"))?.position, 1);
    await store.close();
  });

  test("is stopped when it answers another number of verdicts than it was given units", async () => {
    const { store, attempts } = scripted();
    const verdict = store.commit(unit("a"));
    await setImmediate();
    await attempts[0]?.answer([]);
    assert.equal((await verdict).outcome, "unknown");
    assert.equal(store.status().state, "stopped");
  });
});

describe("a shared engine that fails", () => {
  test("is given the same ids again until it answers, and they happen once", async () => {
    const { store, clock, attempts, ids } = scripted(SHARED);
    const verdicts = Promise.all([store.commit(unit("a", { do: [facts("order-1")] })), store.commit(unit("b"))]);
    await setImmediate();
    await attempts[0]?.lose();
    await retry(clock);
    await attempts[1]?.refuse();
    await retry(clock);
    await attempts[2]?.finish();
    assert.deepEqual(ids(), [
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
    assert.deepEqual(
      (await verdicts).map((verdict) => verdict.outcome === "committed" && verdict.isRepeated),
      [true, true],
    );
    assert.equal(await store.streamVersion("order-1"), 1);
    assert.deepEqual(store.status(), { state: "accepting" });
  });

  test("is not sent what gathered meanwhile before the batch that is tried again", async () => {
    const { store, clock, attempts, ids } = scripted({ isShared: true, batchesInFlight: 3 });
    const all = [store.commit(unit("a"))];
    await setImmediate();
    await attempts[0]?.vanish();
    all.push(store.commit(unit("b")));
    await setImmediate();
    assert.deepEqual(ids(), [["a"]]);
    await retry(clock);
    await attempts[1]?.finish();
    await attempts[2]?.finish();
    assert.deepEqual(ids(), [["a"], ["a"], ["b"]]);
    await Promise.all(all);
  });

  test("is given failed batches again in their order", async () => {
    const { store, clock, attempts, ids } = scripted({ isShared: true, batchesInFlight: 2 });
    const all = [store.commit(unit("a"))];
    await setImmediate();
    all.push(store.commit(unit("b")));
    await setImmediate();
    await attempts[1]?.vanish();
    await attempts[0]?.vanish();
    await retry(clock);
    assert.deepEqual(ids(), [["a"], ["b"], ["a"]]);
    await attempts[2]?.vanish();
    await retry(clock);
    await attempts[3]?.finish();
    await retry(clock);
    await attempts[4]?.finish();
    assert.deepEqual(ids(), [["a"], ["b"], ["a"], ["a"], ["b"]]);
    await Promise.all(all);
  });

  test("leaves the outcome unknown after the time for resolving it, and the store goes on", async () => {
    const { store, clock, attempts } = scripted(SHARED, { resolveWithinMs: 100 });
    const verdict = store.commit(unit("a"));
    await setImmediate();
    for (let n = 0; attempts[n]; n++) {
      await attempts[n]?.vanish();
      await retry(clock);
    }
    assert.equal((await verdict).outcome, "unknown");
    assert.ok(attempts.length > 2, "it was tried again");
    const next = store.commit(unit("b"));
    await setImmediate();
    await attempts.at(-1)?.finish();
    assert.equal((await next).outcome, "committed");
  });

  test("rejects with batch-not-applied when no attempt can have happened", async () => {
    const { store, clock, attempts } = scripted(SHARED, { resolveWithinMs: 100 });
    const rejected = rejectsWith("batch-not-applied", store.commit(unit("a")));
    await setImmediate();
    for (let n = 0; attempts[n]; n++) {
      await attempts[n]?.refuse();
      await retry(clock);
    }
    await rejected;
    assert.deepEqual(store.status(), { state: "accepting" });
  });

  test("leaves the outcome unknown when one attempt may have happened, whatever the others say", async () => {
    for (const doubtful of [0, 1]) {
      const { store, clock, attempts } = scripted(SHARED, { resolveWithinMs: 100 });
      const verdict = store.commit(unit("a", { do: [facts("order-1")] }));
      await setImmediate();
      for (let n = 0; attempts[n]; n++) {
        await (n === doubtful ? attempts[n]?.lose() : attempts[n]?.refuse());
        await retry(clock);
      }
      assert.equal((await verdict).outcome, "unknown", `attempt ${doubtful} may have happened, and has`);
      assert.equal(await store.streamVersion("order-1"), 1);
    }
  });
});

describe("closing and watching", () => {
  test("close waits for the batch under way and for what gathered behind it", async () => {
    const { store, attempts } = scripted();
    const first = store.commit(unit("a"));
    await setImmediate();
    const second = store.commit(unit("b"));
    let isClosed = false;
    const closing = store.close().then(() => (isClosed = true));
    await attempts[0]?.finish();
    assert.equal(isClosed, false);
    await attempts[1]?.finish();
    await closing;
    assert.deepEqual([(await first).outcome, (await second).outcome], ["committed", "committed"]);
  });

  test("close waits for the slowest of several batches under way", { timeout: 10_000 }, async () => {
    const { store, attempts } = scripted({ isShared: true, batchesInFlight: 2 });
    const slow = store.commit(unit("a"));
    await setImmediate();
    const fast = store.commit(unit("b"));
    await setImmediate();
    await attempts[1]?.finish();
    await fast;
    const closing = store.close();
    await setImmediate();
    await attempts[0]?.finish();
    await closing;
    assert.equal((await slow).outcome, "committed");
  });

  test("watchers are called once a batch, and for what another process committed", async () => {
    const { store, attempts, foreign } = scripted();
    let calls = 0;
    store.watch(() => calls++);
    const all = Promise.all(names(3).map((id) => store.commit(unit(id))));
    await setImmediate();
    assert.equal(calls, 0);
    await attempts[0]?.finish();
    await all;
    assert.equal(calls, 1);
    for (const listener of foreign) listener();
    await setImmediate();
    assert.equal(calls, 2);
  });

  test("the engine looks for what others committed only while somebody watches", async () => {
    const { store, foreign } = scripted();
    assert.equal(foreign.size, 0);
    const stops = [store.watch(() => {}), store.watch(() => {})];
    assert.equal(foreign.size, 1);
    for (const stop of stops) stop();
    assert.equal(foreign.size, 0);
    store.watch(() => {})();
    assert.equal(foreign.size, 0);
  });

  test("a watcher that is stopped by another one is not called", async () => {
    const { store, attempts } = scripted();
    const called: string[] = [];
    store.watch(() => {
      called.push("first");
      stopSecond();
    });
    const stopSecond = store.watch(() => called.push("second"));
    const verdict = store.commit(unit("a"));
    await setImmediate();
    await attempts[0]?.finish();
    await verdict;
    assert.deepEqual(called, ["first"]);
  });
});
