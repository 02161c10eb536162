import assert from "node:assert/strict";
import { LIMITS } from "../limits.ts";
import type { Store } from "../port.ts";
import { committed, facts, padded, putKey, unit, type Promises } from "./trial.ts";

/** Appends to `stream` until `times` compare-and-sets have won; answers the versions won. */
export async function winning(store: Store, worker: string, stream: string, times: number): Promise<readonly number[]> {
  const won: number[] = [];
  let expected = 0;
  for (let attempt = 0; won.length < times; attempt++) {
    const verdict = await store.commit(
      unit(`${worker}-${attempt}`, { when: [{ kind: "version", stream, is: expected }], do: [facts(stream)] }),
    );
    assert.notEqual(verdict.outcome, "unknown");
    if (verdict.outcome === "committed") won.push((expected = verdict.versions[0] ?? NaN));
    else if (verdict.outcome === "refused") expected = Number(verdict.actual);
  }
  return won;
}

export const concurrencyPromises: Promises = {
  "more units than a batch holds, submitted at once, are all committed in order": async ({ store }) => {
    const count = LIMITS.batchUnits + 500;
    const verdicts = await Promise.all(
      Array.from({ length: count }, (_, n) => committed(store, unit(`u${padded(n)}`, { do: [facts(`order-${n % 7}`)] }))),
    );
    assert.deepEqual(
      verdicts.map((verdict) => verdict.position),
      Array.from({ length: count }, (_, n) => n + 1),
    );
    assert.equal((await store.head()).position, count);
    const seen: number[] = [];
    for (let after = 0; after < count;) {
      const page = await store.readLog({ after });
      seen.push(...page.events.map((stored) => stored.position));
      after = page.scannedTo;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, n) => n + 1),
    );
  },
  "of many committers that compare and set one stream each version is won once": async ({ store }) => {
    const won = await Promise.all(Array.from({ length: 16 }, (_, n) => winning(store, `w${n}`, "order-1", 10)));
    assert.deepEqual(
      won.flat().sort((a, b) => a - b),
      Array.from({ length: 160 }, (_, n) => n + 1),
    );
    assert.equal(await store.streamVersion("order-1"), 160);
  },
  "a reader beside writers sees prefixes of the log without gaps": async ({ store }) => {
    const writers = { areDone: false };
    const writing = Promise.all(Array.from({ length: 8 }, (_, n) => winning(store, `w${n}`, `order-${n}`, 15))).finally(
      () => (writers.areDone = true),
    );
    let after = 0;
    do {
      const page = await store.readLog({ after });
      assert.deepEqual(
        page.events.map((stored) => stored.position),
        Array.from({ length: page.events.length }, (_, n) => after + n + 1),
      );
      after = page.scannedTo;
    } while (!writers.areDone);
    await writing;
    assert.equal((await store.readLog({ after })).scannedTo, 120);
  },
  "what a verdict has told is seen by every read that begins afterwards": async ({ store }) => {
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        for (let k = 1; k <= 10; k++) {
          const verdict = await committed(store, unit(`w${n}-${k}`, { do: [facts(`order-${n}`), putKey(`k${n}`, String(k))] }));
          assert.equal(await store.streamVersion(`order-${n}`), k);
          assert.equal(await store.getKey(`k${n}`), String(k));
          assert.ok((await store.head()).position >= verdict.position);
          assert.equal((await store.readLog({ after: verdict.position - 1, limit: 1 })).events[0]?.id, `w${n}-${k}/0`);
        }
      }),
    );
  },
};
