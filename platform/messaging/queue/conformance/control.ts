import assert from "node:assert/strict";
import { lasting } from "./receiving.ts";
import { OPERATOR, sequence, type Promises } from "./trial.ts";

export const controlPromises: Promises = {
  "of a paused queue nothing is taken, by nobody, until it is resumed": async (trial) => {
    await trial.send(1);
    await trial.send(2);
    const before = await trial.takeOne();
    const elsewhere = trial.with({});
    await trial.control.pause(OPERATOR);
    assert.deepEqual(await trial.numbers(), []);
    assert.deepEqual(await elsewhere.numbers(), []);
    assert.equal(await before.acknowledge(), "done");
    await trial.control.resume(OPERATOR);
    assert.deepEqual(await trial.numbers(), [2]);
    assert.equal((await trial.store.readStream("queue-parcels", { as: "work" })).length, 2);
  },
  "changed settings count at once, and can be taken back": async (trial) => {
    for (const n of sequence(2)) await trial.send(n);
    const policy = { ...trial.queue.settings.policy, nonRetryable: ["queue-full"] };
    await trial.control.change({ policy, sizeMax: 2 }, OPERATOR);
    assert.deepEqual((await trial.control.state()).settings.sizeMax, 2);
    await assert.rejects(trial.with({}).send(3), { code: "queue-full" });
    await trial.control.change({ sizeMax: undefined }, OPERATOR);
    await trial.with({}).send(3);
    assert.deepEqual((await trial.control.state()).settings, { ...trial.queue.settings, policy });
  },
  "messages are browsed without being taken": async (trial) => {
    const ids = [await trial.send(1), await trial.send(2, { delayMs: 60_000 })];
    await (await trial.takeOne()).reject(lasting());
    ids.push(await trial.send(3));
    const seen = await trial.control.browse();
    assert.deepEqual(
      seen.map(({ id, body }) => [id, body]),
      [
        [ids[2], '{"n":3}'],
        [ids[1], '{"n":2}'],
      ],
    );
    const [first] = seen;
    assert.ok(first);
    assert.equal((await trial.control.browse({ after: { at: first.at, id: first.dueId } })).length, 1);
    assert.deepEqual(await trial.numbers(), [3]);
  },
  "the depth counts what waits, is delayed and is under way": async (trial) => {
    for (const n of sequence(5)) await trial.send(n, n === 4 ? { delayMs: 60_000 } : {});
    await trial.take(2);
    assert.equal(await trial.control.depth(100), 5);
    assert.equal(await trial.control.depth(3), 3);
  },
};
