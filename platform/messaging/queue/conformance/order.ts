import assert from "node:assert/strict";
import { lasting } from "./receiving.ts";
import { sequence, type Promises, type QueueTrial } from "./trial.ts";

async function sendKeys(trial: QueueTrial, keys: string): Promise<void> {
  for (const [n, key] of Array.from(keys).entries()) await trial.send(n, { key });
}

export const orderPromises: Promises = {
  "of a key one message is under way; other keys go on": async (trial) => {
    await sendKeys(trial, "aabab");
    const first = await trial.take();
    assert.deepEqual(
      first.map(({ message }) => message.n),
      [0, 2],
    );
    assert.deepEqual(await trial.numbers(), []);
    await first[0]?.acknowledge();
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "a key's messages are received in order": async (trial) => {
    await sendKeys(trial, "aaaaaaaaaa");
    for (const n of sequence(10)) {
      const delivery = await trial.takeOne();
      assert.equal(delivery.message.n, n);
      await delivery.acknowledge();
    }
  },
  "a dead message makes way for the next of its key": async (trial) => {
    await sendKeys(trial, "aa");
    await (await trial.takeOne()).reject(lasting());
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "messages behind more than a page of one key are found": async (trial) => {
    const effects = sequence(1_100).map((n) =>
      trial.sender.effect({ n }, { context: { correlationId: "c", actor: "usr_1", tenant: "shop" }, key: "a" }),
    );
    for (const [part, from] of [0, 550].entries()) {
      const unit = { id: `bulk${part}`, cause: { correlation: "c", actor: "usr_1", tenant: "shop" }, conditions: [] };
      await trial.store.commit({ ...unit, effects: effects.slice(from, from + 550) });
    }
    await trial.send(9_999, { key: "b" });
    assert.deepEqual(await trial.numbers(), [0, 9_999]);
  },
};
