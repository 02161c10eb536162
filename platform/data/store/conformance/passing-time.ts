import assert from "node:assert/strict";
import { freeing, taking } from "./leases.ts";
import { committed, refusedBy, unit, type Promises, type StoreUnderTest } from "./trial.ts";

function advance(trial: StoreUnderTest, ms: number): void {
  assert.ok(trial.advance);
  trial.advance(ms);
}

/** To the millisecond, on engines whose clock the test moves. */
export const passingTimePromises: Promises = {
  "a key is present until the millisecond before its expiry and absent from then on": async (trial) => {
    const { store } = trial;
    const expiresAt = (await store.now()) + 100;
    await committed(store, unit("u1", { do: [{ kind: "putKey", key: "k", value: "v", expiresAt }] }));
    advance(trial, 99);
    assert.equal(await store.getKey("k"), "v");
    await committed(store, unit("u2", { when: [{ kind: "keyPresent", key: "k" }] }));
    advance(trial, 1);
    assert.equal(await store.getKey("k"), undefined);
    assert.deepEqual(await store.listKeys(""), []);
    await refusedBy(store, unit("u3", { when: [{ kind: "keyPresent", key: "k" }] }), 0, undefined);
  },
  "a lease runs until the millisecond before its end and is free from then on": async (trial) => {
    const { store } = trial;
    await committed(store, taking("u1", "a", 100));
    advance(trial, 99);
    await refusedBy(store, taking("u2", "b", 100), 0, "a");
    await committed(store, unit("u3", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }));
    advance(trial, 1);
    await refusedBy(store, unit("u4", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }), 0, 1);
    await refusedBy(store, freeing("u5", 1), 0, 1);
    assert.deepEqual((await committed(store, taking("u6", "b", 100))).tokens, [2]);
  },
  "an extended lease runs from the moment of extension": async (trial) => {
    const { store } = trial;
    await committed(store, taking("u1", "a", 100));
    advance(trial, 60);
    await committed(store, taking("u2", "a", 100));
    advance(trial, 99);
    assert.equal((await store.getLease("settlement"))?.isRunning, true);
    advance(trial, 1);
    assert.equal((await store.getLease("settlement"))?.isRunning, false);
  },
  "what is recorded later has a later time": async (trial) => {
    const { store } = trial;
    const first = await committed(store, unit("u1"));
    advance(trial, 250);
    const second = await committed(store, unit("u2"));
    assert.equal(second.recordedAt - first.recordedAt, 250);
  },
};
