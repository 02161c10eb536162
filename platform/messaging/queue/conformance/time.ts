import assert from "node:assert/strict";
import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import { sender } from "../send.ts";
import { CONTEXT, putRow, rowsOf, sequence, type Promises } from "./trial.ts";

export const timePromises: Promises = {
  "a delayed message is never received early": async (trial) => {
    await trial.send(1, { delayMs: 500 });
    trial.advance(499);
    assert.deepEqual(await trial.numbers(), []);
    trial.advance(1);
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "after the visibility timeout it is another's, and what the first one says is refused": async (trial) => {
    await trial.send(1);
    const first = await trial.takeOne();
    trial.advance(29_999);
    assert.deepEqual(await trial.numbers(), []);
    trial.advance(1);
    const second = await trial.takeOne();
    assert.ok(Number(second.token) > Number(first.token));
    assert.equal(await first.acknowledge([putRow("first")]), "lost");
    assert.equal(await first.reject(new TypeError("x")), "lost");
    assert.equal(await first.extend(1), "lost");
    assert.equal(await second.acknowledge([putRow("second")]), "done");
    assert.deepEqual(await rowsOf(trial.store), ["second"]);
    assert.deepEqual(
      second.attempts.recent.map(({ number, outcome }) => [number, outcome]),
      [[1, "lost"]],
    );
  },
  "an extended delivery stays the receiver's own": async (trial) => {
    await trial.send(1);
    const delivery = await trial.takeOne();
    trial.advance(20_000);
    assert.equal(await delivery.extend(30_000), "extended");
    trial.advance(29_999);
    assert.deepEqual(await trial.numbers(), []);
    assert.equal(await delivery.acknowledge(), "done");
  },
  "a rejected message comes back as the policy says, then is parked with all its attempts": async (origin) => {
    const trial = origin.with({ policy: { ...DEFAULT_POLICY, jitter: 0 } });
    await trial.send(1);
    for (const delayMs of [1_000, 2_000]) {
      assert.equal(await (await trial.takeOne()).reject(new TypeError("x")), "retried");
      trial.advance(delayMs - 1);
      assert.deepEqual(await trial.numbers(), []);
      trial.advance(1);
    }
    const last = await trial.takeOne();
    assert.deepEqual([last.number, last.attempts.count], [3, 2]);
    assert.equal(await last.reject(new TypeError("y")), "parked");
    const [letter] = (await trial.dead.list()).letters;
    assert.deepEqual(
      letter?.header?.attempts.recent.map(({ message }) => message),
      ["x", "x", "y"],
    );
  },
  "a receiver may say itself when it comes back": async (trial) => {
    await trial.send(1);
    await (await trial.takeOne()).reject(new TypeError("x"), 77);
    trial.advance(76);
    assert.deepEqual(await trial.numbers(), []);
    trial.advance(1);
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "no attempt begins after the policy's time for all of them": async (origin) => {
    const trial = origin.with({ policy: { ...DEFAULT_POLICY, jitter: 0, overallMs: 900 } });
    await trial.send(1);
    assert.equal(await (await trial.takeOne()).reject(new TypeError("x")), "parked");
  },
  "an expired message is parked": async (trial) => {
    await trial.send(1, { expiresAt: trial.clock.now() + 100 });
    await trial.with({ expireAfterMs: 200 }).send(2);
    trial.advance(100);
    assert.deepEqual(await trial.numbers(1), [2]);
    assert.deepEqual(
      (await trial.dead.list()).letters.map(({ cause, body }) => [cause.code, body]),
      [["message-expired", '{"n":1}']],
    );
  },
  "a message that ends its receivers is parked when its deliveries are used up": async (trial) => {
    await trial.send(1, { key: "a" });
    await trial.send(2, { key: "a" });
    for (let taken = 0; taken < 3; taken++) {
      assert.deepEqual(await trial.numbers(), [1]);
      trial.advance(30_000);
    }
    assert.deepEqual(await trial.numbers(), [2]);
    const [letter] = (await trial.dead.list()).letters;
    assert.equal(letter?.cause.code, "deliveries-used-up");
    assert.deepEqual(
      letter.header?.attempts.recent.map(({ outcome }) => outcome),
      ["lost", "lost", "lost"],
    );
  },
  "a key's order goes before its progress: the next waits while one is tried again": async (trial) => {
    for (const n of sequence(2)) await trial.send(n, { key: "a" });
    await (await trial.takeOne()).reject(new TypeError("x"), 5_000);
    assert.deepEqual(await trial.numbers(), []);
    trial.advance(5_000);
    assert.deepEqual(await trial.numbers(), [0]);
    trial.advance(30_000);
    assert.deepEqual(await trial.numbers(), [0]); // also when its receiver is not heard of again
  },
  "the order of sending holds when the sender's clock steps back": async (trial) => {
    const { queue, store, ids } = trial;
    let backMs = 0;
    const clock = { ...trial.clock, now: () => trial.clock.now() - backMs++ };
    const stepping = sender({ queue, store, clock, ids });
    await stepping.send({ n: 1 }, { context: CONTEXT, key: "a" });
    await stepping.send({ n: 2 }, { context: CONTEXT, key: "a" });
    const delivery = await trial.takeOne();
    assert.equal(delivery.message.n, 1);
  },
};
