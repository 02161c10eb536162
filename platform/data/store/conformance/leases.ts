import assert from "node:assert/strict";
import type { Store } from "../port.ts";
import type { Unit } from "../unit.ts";
import { committed, facts, refused, refusedBy, unit, type Promises } from "./trial.ts";

const HOUR = 3_600_000;

/** Takes the lease for `owner`; with a lifetime of nothing it has run out at once. */
export function taking(id: string, owner: string, ttlMs = HOUR, name = "settlement"): Unit {
  return unit(id, { when: [{ kind: "leaseFree", name, owner }], do: [{ kind: "takeLease", name, owner, ttlMs }] });
}

export function freeing(id: string, token: number, name = "settlement"): Unit {
  return unit(id, { when: [{ kind: "leaseHeld", name, token }], do: [{ kind: "freeLease", name }] });
}

async function take(store: Store, id: string, owner: string, ttlMs?: number): Promise<number | undefined> {
  return (await committed(store, taking(id, owner, ttlMs))).tokens[0];
}

export const leasePromises: Promises = {
  "a lease is taken with token 1 and runs by the store's clock": async ({ store }) => {
    assert.equal(await store.getLease("settlement"), undefined);
    const before = await store.now();
    assert.equal(await take(store, "u1", "a"), 1);
    const lease = await store.getLease("settlement");
    assert.ok(lease && lease.expiresAt >= before + HOUR && lease.expiresAt <= (await store.now()) + HOUR);
    assert.deepEqual({ ...lease, expiresAt: 0 }, { name: "settlement", owner: "a", token: 1, expiresAt: 0, isRunning: true });
  },
  "another owner does not get a running lease": async ({ store }) => {
    await take(store, "u1", "a");
    await refusedBy(store, taking("u2", "b"), 0, "a");
    assert.equal((await store.getLease("settlement"))?.owner, "a");
  },
  "the same owner extends a running lease and keeps its token": async ({ store }) => {
    assert.equal(await take(store, "u1", "a"), 1);
    const first = await store.getLease("settlement");
    assert.equal(await take(store, "u2", "a", 2 * HOUR), 1);
    const second = await store.getLease("settlement");
    assert.ok(first && second && second.expiresAt >= first.expiresAt + HOUR);
    await committed(store, unit("u3", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }));
  },
  "a lease that has run out goes to the next owner with a higher token": async ({ store }) => {
    assert.equal(await take(store, "u1", "a", 0), 1);
    assert.equal((await store.getLease("settlement"))?.isRunning, false);
    assert.equal(await take(store, "u2", "b"), 2);
    await refusedBy(
      store,
      unit("u3", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }], do: [facts("order-1")] }),
      0,
      2,
    );
    await committed(store, unit("u4", { when: [{ kind: "leaseHeld", name: "settlement", token: 2 }], do: [facts("order-1")] }));
  },
  "the same owner gets a higher token after its lease has run out": async ({ store }) => {
    assert.equal(await take(store, "u1", "a", 0), 1);
    assert.equal(await take(store, "u2", "a"), 2);
  },
  "leaseHeld is refused once the lease has run out, also under its last token": async ({ store }) => {
    await take(store, "u1", "a", 0);
    await refusedBy(store, unit("u2", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }), 0, 1);
  },
  "a freed lease is not running, and its token stays used": async ({ store }) => {
    assert.equal(await take(store, "u1", "a"), 1);
    await committed(store, freeing("u2", 1));
    const lease = await store.getLease("settlement");
    assert.deepEqual([lease?.isRunning, lease?.token], [false, 1]);
    await refused(store, unit("u3", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }));
    assert.equal(await take(store, "u4", "b"), 2);
    await committed(store, freeing("u5", 2));
    assert.equal(await take(store, "u6", "b"), 3);
  },
  "only the holder of the running token frees a lease": async ({ store }) => {
    await take(store, "u1", "a", 0);
    await take(store, "u2", "b");
    await refusedBy(store, freeing("u3", 1), 0, 2);
    assert.equal((await store.getLease("settlement"))?.isRunning, true);
  },
  "leases of two names are apart": async ({ store }) => {
    await committed(store, taking("u1", "a", HOUR, "one"));
    const verdict = await committed(store, taking("u2", "b", HOUR, "two"));
    assert.deepEqual(verdict.tokens, [1]);
    await committed(store, freeing("u3", 1, "one"));
    assert.equal((await store.getLease("two"))?.isRunning, true);
  },
  "a unit that takes several leases answers their tokens in order": async ({ store }) => {
    await committed(store, taking("u1", "x", 0, "two"));
    const names = ["one", "two", "three"] as const;
    const verdict = await committed(
      store,
      unit("u2", {
        when: names.map((name) => ({ kind: "leaseFree", name, owner: "a" }) as const),
        do: names.map((name) => ({ kind: "takeLease", name, owner: "a", ttlMs: HOUR }) as const),
      }),
    );
    assert.deepEqual(verdict.tokens, [1, 2, 1]);
  },
  "of owners that want a lease at once one gets it": async ({ store }) => {
    const verdicts = await Promise.all(Array.from({ length: 20 }, (_, n) => store.commit(taking(`u${n}`, `owner-${n}`))));
    assert.equal(verdicts[0]?.outcome, "committed");
    for (const verdict of verdicts.slice(1)) assert.deepEqual(verdict, { outcome: "refused", condition: 0, actual: "owner-0" });
  },
  "a lease taken, freed and taken again inside one batch gets rising tokens": async ({ store }) => {
    const verdicts = await Promise.all([
      store.commit(taking("u1", "a")),
      store.commit(taking("u2", "b")),
      store.commit(freeing("u3", 1)),
      store.commit(taking("u4", "b")),
      store.commit(unit("u5", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] })),
      store.commit(unit("u6", { when: [{ kind: "leaseHeld", name: "settlement", token: 2 }] })),
    ]);
    assert.deepEqual(
      verdicts.map((verdict) => verdict.outcome),
      ["committed", "refused", "committed", "committed", "refused", "committed"],
    );
    assert.deepEqual(verdicts[3]?.outcome === "committed" && verdicts[3].tokens, [2]);
  },
};
