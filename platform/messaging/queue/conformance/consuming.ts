import assert from "node:assert/strict";
import { limitExceeded } from "@daybook/data/store/errors";
import { errorCode } from "@daybook/kernel/errors";
import { seededRandom } from "@daybook/kernel/random";
import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import { putRow, rowsOf, sequence, type Promises } from "./trial.ts";

const FAST = { ...DEFAULT_POLICY, firstDelayMs: 1, jitter: 0 };

export const consumingPromises: Promises = {
  "consumers handle each message once, with its effects, beside each other": async (trial) => {
    const handled: number[] = [];
    const handle = ({ n }: { readonly n: number }) => {
      handled.push(n);
      return [putRow(String(n).padStart(3, "0"))];
    };
    const first = trial.consume({ handle });
    const second = trial.consume({ handle, store: await trial.under.sibling(), random: seededRandom(9) });
    await Promise.all(sequence(200).map((n) => trial.send(n)));
    await trial.until(() => first.status().done + second.status().done === 200);
    assert.deepEqual(
      handled.toSorted((a, b) => a - b),
      sequence(200),
    );
    assert.equal((await rowsOf(trial.store)).length, 200);
    assert.equal(await trial.control.depth(1), 0);
  },
  "no more than its concurrency is under way": async (trial) => {
    let running = 0;
    let most = 0;
    const consumer = trial.consume({
      concurrency: 3,
      handle: async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
      },
    });
    for (const n of sequence(20)) await trial.send(n);
    await trial.until(() => consumer.status().done === 20);
    assert.ok(most <= 3 && most > 0, `${most} at once`);
  },
  "what a handler throws is tried again, then parked with its last cause": async (origin) => {
    const trial = origin.with({ policy: FAST });
    const seen: (readonly [number, number])[] = [];
    const consumer = trial.consume({
      handle: ({ n }, attempt) => {
        seen.push([n, attempt.number]);
        if (n === 1 && attempt.number < 3) throw new TypeError("not yet");
        if (n === 2) throw new TypeError("never");
      },
    });
    for (const n of [1, 2]) await trial.send(n);
    await trial.until(() => consumer.status().done + consumer.status().parked === 2);
    assert.deepEqual(
      seen.filter(([n]) => n === 1).map(([, number]) => number),
      [1, 2, 3],
    );
    assert.deepEqual(
      (await trial.dead.list()).letters.map(({ body, cause }) => [body, cause.message]),
      [['{"n":2}', "never"]],
    );
    assert.deepEqual(consumer.status().retried, 4);
  },
  "effects that the store cannot take park the message": async (trial) => {
    const consumer = trial.consume({ handle: () => [putRow("x".repeat(300))] });
    await trial.send(1);
    await trial.until(() => consumer.status().parked === 1);
    assert.deepEqual(
      (await trial.dead.groups()).map(({ cause }) => cause),
      ["limit-exceeded"],
    );
  },
  "a handler whose conditions do not hold is asked again": async (origin) => {
    const trial = origin.with({ policy: FAST });
    const consumer = trial.consume({
      handle: (_, { number }) => ({
        conditions: [{ kind: number === 1 ? "keyPresent" : "keyAbsent", key: "never" }],
        effects: [putRow(`by ${number}`)],
      }),
    });
    await trial.send(1);
    await trial.until(() => consumer.status().done === 1);
    assert.deepEqual(await rowsOf(trial.store), ["by 2"]);
  },
  "a consumer that is stopped finishes what is under way and takes nothing more": async (trial) => {
    const gate = Promise.withResolvers<void>();
    const consumer = trial.consume({ concurrency: 1, handle: () => gate.promise });
    await trial.send(1);
    await trial.send(2);
    await trial.until(() => consumer.status().running === 1);
    const stopped = consumer.stop();
    gate.resolve();
    await stopped;
    assert.deepEqual([consumer.status().state, consumer.status().done], ["stopped", 1]);
    assert.deepEqual(await trial.numbers(), [2]);
  },
  "messages of a key are handled one after another, in order": async (trial) => {
    const seen: string[] = [];
    const underWay = new Set<string>();
    const consumer = trial.consume({
      handle: async ({ n }, { key = "" }) => {
        assert.ok(!underWay.has(key), `two of ${key} at once`);
        underWay.add(key);
        await Promise.resolve();
        seen.push(`${key}${n}`);
        underWay.delete(key);
      },
    });
    for (const n of sequence(40)) await trial.send(n, { key: ["a", "b", "c"][n % 3] ?? "" });
    await trial.until(() => consumer.status().done === 40);
    for (const [k, key] of ["a", "b", "c"].entries()) {
      assert.deepEqual(
        seen.filter((one) => one.startsWith(key)),
        sequence(40)
          .filter((n) => n % 3 === k)
          .map((n) => `${key}${n}`),
      );
    }
  },
};

export const consumingTimePromises: Promises = {
  "a handler that takes longer than the visibility is given up and its late result refused": async (origin) => {
    const trial = origin.with({ policy: FAST });
    const errors: (string | undefined)[] = [];
    const consumer = trial.consume({
      handle: ({ n }, { number, signal }) => {
        if (number > 1) return [putRow(`${n} by ${number}`)];
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            errors.push(errorCode(signal.reason));
            resolve([putRow("late")]);
          }),
        );
      },
    });
    await trial.send(1);
    await trial.until(() => consumer.status().done === 1, 100);
    assert.deepEqual(await rowsOf(trial.store), ["1 by 2"]);
    assert.deepEqual(errors, ["attempt-timeout"]);
  },
  "what a consumer that is stopped cannot finish in its time it gives back: told so, late, and no attempt is used up": async (
    origin,
  ) => {
    for (const policy of [FAST, { ...FAST, timeoutMs: 600_000 }]) {
      const trial = origin.with({ policy });
      const told: (string | undefined)[] = [];
      const late = Promise.withResolvers<void>();
      const consumer = trial.consume({
        drainMs: 2_000,
        handle: async (_, { signal }) => {
          signal.addEventListener("abort", () => told.push(errorCode(signal.reason)));
          await late.promise;
          return [putRow("late")];
        },
      });
      await trial.send(1);
      await trial.until(() => consumer.status().running === 1);
      const from = trial.clock.elapsed();
      let isStopped = false;
      void consumer.stop().then(() => (isStopped = true));
      await trial.until(() => isStopped);
      assert.ok(trial.clock.elapsed() - from >= 2_000);
      assert.deepEqual([told, consumer.status().givenBack], [["attempt-cancelled"], 1]);
      late.resolve();
      const next = await trial.takeOne();
      assert.deepEqual([next.number, next.attempts.count], [1, 0]);
      assert.equal(await next.acknowledge(), "done");
      assert.deepEqual(await rowsOf(trial.store), []);
    }
  },
  "a handler that may take longer than the visibility keeps its message": async (origin) => {
    const trial = origin.with({ policy: { ...FAST, timeoutMs: 600_000 } });
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const consumer = trial.consume({ handle: () => (calls++, gate.promise) });
    await trial.send(1);
    const from = trial.clock.elapsed();
    await trial.until(() => trial.clock.elapsed() - from > 70_000, 50);
    gate.resolve();
    await trial.until(() => consumer.status().done === 1);
    assert.equal(calls, 1);
  },
  "a delayed message is handled when it is due, without anybody's help": async (trial) => {
    let at = 0;
    const consumer = trial.consume({ handle: () => void (at = trial.clock.now()) });
    const due = trial.clock.now() + 400;
    await trial.send(1, { delayMs: 400 });
    await trial.until(() => consumer.status().done === 1, 1);
    assert.ok(at >= due && at < due + 100, `${at - due} ms late`);
  },
  "dead letters are removed after their time": async (origin) => {
    const trial = origin.with({ deadRetentionMs: 3_600_000 });
    const consumer = trial.consume({
      handle: () => {
        throw limitExceeded("x");
      },
    });
    await trial.send(1);
    await trial.until(() => consumer.status().parked === 1);
    trial.advance(3_500_000);
    await trial.until(() => consumer.status().running === 0);
    assert.equal((await trial.dead.list()).letters.length, 1);
    await trial.until(async () => (await trial.dead.list()).letters.length === 0, 1_000);
    assert.equal((await trial.store.listDue("queue/parcels/dead", Infinity)).length, 0);
  },
};
