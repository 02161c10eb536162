import assert from "node:assert/strict";
import type { Store } from "../port.ts";
import { winning } from "./concurrency.ts";
import { taking } from "./leases.ts";
import { committed, facts, putKey, refusedBy, unit, type Promises, type StoreUnderTest } from "./trial.ts";

function siblingOf(trial: StoreUnderTest): Promise<Store> {
  assert.ok(trial.sibling);
  return trial.sibling();
}

export const sharedPromises: Promises = {
  "what one process committed the other reads and is refused by": async (trial) => {
    const other = await siblingOf(trial);
    await committed(trial.store, unit("u1", { do: [facts("order-1", 2), putKey("name", "cus_1")] }));
    assert.equal(await other.streamVersion("order-1"), 2);
    await refusedBy(other, unit("u2", { when: [{ kind: "keyAbsent", key: "name" }] }), 0, "cus_1");
    assert.deepEqual((await committed(other, unit("u3", { do: [facts("order-1")] }))).versions, [3]);
    assert.equal(await trial.store.streamVersion("order-1"), 3);
  },
  "of two processes that compare and set one stream each version is won once": async (trial) => {
    const other = await siblingOf(trial);
    const won = await Promise.all([
      ...Array.from({ length: 4 }, (_, n) => winning(trial.store, `a${n}`, "order-1", 12)),
      ...Array.from({ length: 4 }, (_, n) => winning(other, `b${n}`, "order-1", 12)),
    ]);
    assert.deepEqual(
      won.flat().sort((a, b) => a - b),
      Array.from({ length: 96 }, (_, n) => n + 1),
    );
    const log = (await trial.store.readLog({ after: 0 })).events;
    assert.deepEqual(
      log.map((stored) => [stored.position, stored.version]),
      Array.from({ length: 96 }, (_, n) => [n + 1, n + 1]),
    );
  },
  "positions of several processes are contiguous and their times never decrease": async (trial) => {
    const other = await siblingOf(trial);
    const writing = [trial.store, other].flatMap((store, s) =>
      Array.from({ length: 150 }, (_, n) =>
        committed(store, unit(`s${s}-${n}`, { do: [facts(`order-${s}`), facts(`bill-${n % 5}`)] })),
      ),
    );
    const positions = (await Promise.all(writing)).map((verdict) => verdict.position);
    assert.deepEqual(
      positions.toSorted((a, b) => a - b),
      Array.from({ length: 300 }, (_, n) => 2 * n + 2),
    );
    const log = (await other.readLog({ after: 0 })).events;
    assert.deepEqual(
      log.map((stored) => stored.position),
      Array.from({ length: 600 }, (_, n) => n + 1),
    );
    const times = log.map((stored) => stored.recordedAt);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  },
  "a reader in one process never skips what another commits later": async (trial) => {
    const other = await siblingOf(trial);
    const writers = { areDone: false };
    const writing = Promise.all([
      ...Array.from({ length: 3 }, (_, n) => winning(trial.store, `a${n}`, `order-a${n}`, 15)),
      ...Array.from({ length: 3 }, (_, n) => winning(other, `b${n}`, `order-b${n}`, 15)),
    ]).finally(() => (writers.areDone = true));
    let after = 0;
    do {
      const page = await other.readLog({ after });
      assert.deepEqual(
        page.events.map((stored) => stored.position),
        Array.from({ length: page.events.length }, (_, n) => after + n + 1),
      );
      after = page.scannedTo;
    } while (!writers.areDone);
    await writing;
    assert.equal((await other.readLog({ after })).scannedTo, 90);
  },
  "one unit id committed by two processes at once happens once": async (trial) => {
    const other = await siblingOf(trial);
    for (let n = 0; n < 20; n++) {
      const same = unit(`same-${n}`, { do: [facts("order-1")] });
      const verdicts = await Promise.all([committed(trial.store, same), committed(other, same)]);
      assert.equal(verdicts.filter((verdict) => verdict.isRepeated).length, 1);
      assert.equal(verdicts[0]?.position, verdicts[1]?.position);
    }
    assert.equal(await other.streamVersion("order-1"), 20);
  },
  "of two processes that want one key or one lease one gets it": async (trial) => {
    const other = await siblingOf(trial);
    for (let n = 0; n < 20; n++) {
      const want = (who: string) =>
        unit(`${who}${n}`, { when: [{ kind: "keyAbsent", key: `name${n}` }], do: [putKey(`name${n}`, who)] });
      const keys = await Promise.all([trial.store.commit(want("a")), other.commit(want("b"))]);
      assert.deepEqual(keys.map((verdict) => verdict.outcome).sort(), ["committed", "refused"]);
    }
    const leases = await Promise.all([trial.store.commit(taking("la", "a")), other.commit(taking("lb", "b"))]);
    assert.deepEqual(leases.map((verdict) => verdict.outcome).sort(), ["committed", "refused"]);
  },
  "a watcher is told of another process's commit, also when its own process commits right after it": async (trial) => {
    const other = await siblingOf(trial);
    for (let n = 0; n < 5; n++) {
      const told = Promise.withResolvers<void>();
      const unwatch = other.watch(({ isForeign }) => isForeign && told.resolve());
      await committed(trial.store, unit(`theirs-${n}`, { do: [facts("order-1")] }));
      await committed(other, unit(`own-${n}`, { do: [facts("order-2")] }));
      await told.promise;
      unwatch();
    }
  },
  "a watcher is called when another process has committed": async (trial) => {
    const other = await siblingOf(trial);
    const called = new Promise<void>((resolve) => other.watch(() => resolve()));
    await committed(trial.store, unit("u1", { do: [facts("order-1")] }));
    await called;
    assert.equal((await other.head()).position, 1);
  },
};
