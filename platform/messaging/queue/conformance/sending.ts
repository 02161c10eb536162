import assert from "node:assert/strict";
import { causeOf } from "@daybook/kernel/context";
import { CONTEXT, putRow, rowsOf, sequence, type Promises } from "./trial.ts";

export const sendingPromises: Promises = {
  "a message exists if and only if the unit that sends it is committed": async (trial) => {
    const unit = (id: string, key: string, n: number) => ({
      id,
      cause: causeOf(CONTEXT),
      conditions: [{ kind: "keyAbsent", key } as const],
      effects: [{ kind: "putKey", key, value: "1" } as const, trial.sender.effect({ n }, { context: CONTEXT })],
    });
    assert.equal((await trial.store.commit(unit("u1", "k", 1))).outcome, "committed");
    assert.equal((await trial.store.commit(unit("u2", "k", 2))).outcome, "refused");
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "a message is received as it was sent, with its envelope": async (trial) => {
    const headers = { source: "till 4", note: "é 😀\n" };
    const id = await trial.send(7, { key: "cus_1", headers });
    const delivery = await trial.takeOne();
    assert.deepEqual([delivery.id, delivery.message, delivery.key, delivery.headers], [id, { n: 7 }, "cus_1", headers]);
    assert.deepEqual([delivery.number, delivery.attempts.count], [1, 0]);
    assert.deepEqual(delivery.context, { ...CONTEXT, causationId: id });
  },
  "messages are received in the order in which one sender sent them": async (trial) => {
    for (const n of sequence(50)) await trial.send(n);
    assert.deepEqual(await trial.numbers(50), sequence(50));
  },
  "a message with a given id is sent once, also when it was handled meanwhile": async (trial) => {
    assert.equal(await trial.send(1, { id: "order-1" }), "order-1");
    await trial.send(1, { id: "order-1" });
    const taken = await trial.take();
    assert.equal(taken.length, 1);
    await taken[0]?.acknowledge();
    await trial.send(1, { id: "order-1" });
    assert.deepEqual(await trial.numbers(), []);
  },
  "headers are limited, and an id is checked": async (trial) => {
    await assert.rejects(trial.send(1, { headers: { long: "x".repeat(5_000) } }), { code: "message-too-large" });
    await assert.rejects(trial.send(1, { id: "with space" }), /an id of 1 to 100/);
    assert.deepEqual(await trial.numbers(), []);
  },
  "messages of a higher priority are received first": async (origin) => {
    const trial = origin.with({ priorities: 3 });
    for (const n of sequence(9)) await trial.send(n, { priority: 2 - (n % 3) });
    assert.deepEqual(await trial.numbers(4), [2, 5, 8, 1]);
    assert.deepEqual(await trial.numbers(), [4, 7, 0, 3, 6]);
    await assert.rejects(trial.send(1, { priority: 3 }), /3 levels/);
  },
  "what is handled sends in the same unit": async (trial) => {
    await trial.send(1);
    const delivery = await trial.takeOne();
    await delivery.acknowledge([putRow("a"), trial.sender.effect({ n: 2 }, { context: delivery.context })]);
    assert.deepEqual(await rowsOf(trial.store), ["a"]);
    const next = await trial.takeOne();
    assert.deepEqual([next.message.n, next.context.correlationId], [2, "cor_1"]);
  },
  "a full queue refuses what is sent": async (origin) => {
    const trial = origin.with({ sizeMax: 3 });
    for (const n of sequence(3)) await trial.send(n);
    await assert.rejects(trial.send(3), { code: "queue-full", retryable: true });
    await (await trial.takeOne()).acknowledge();
    await trial.send(4);
    await assert.rejects(trial.send(5), { code: "queue-full" });
    assert.deepEqual(await trial.numbers(), [1, 2, 4]);
  },
  "or lets the sender wait until there is room": async (origin) => {
    const trial = origin.with({ sizeMax: 2, whenFull: "wait" });
    await trial.send(0);
    await trial.send(1);
    let isSent = false;
    const sent = trial.send(2).then(() => (isSent = true));
    const first = await trial.takeOne();
    assert.equal(isSent, false);
    await first.acknowledge();
    await trial.until(() => isSent);
    await sent;
    assert.deepEqual(await trial.numbers(), [1, 2]);
  },
};
