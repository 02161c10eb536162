import assert from "node:assert/strict";
import type { Effect } from "@daybook/data/store/unit";
import { lasting } from "./receiving.ts";
import { CONTEXT, OPERATOR, type Promises, type QueueTrial } from "./trial.ts";

async function plant(trial: QueueTrial, payloads: readonly string[]): Promise<void> {
  const effects = payloads.map((payload, n): Effect => ({
    kind: "schedule",
    queue: "queue/parcels/0",
    id: `poison${n}`,
    at: 0,
    payload,
  }));
  const cause = { correlation: "cor_p", actor: "usr_1", tenant: "shop" };
  await trial.store.commit({ id: "plant", cause, conditions: [], effects });
}

async function withDead(trial: QueueTrial, ...errors: readonly Error[]): Promise<readonly string[]> {
  const ids = [];
  for (const [n, error] of errors.entries()) {
    ids.push(await trial.send(n));
    await (await trial.takeOne()).park(error);
  }
  return ids;
}

async function operatorsRecords(trial: QueueTrial): Promise<readonly string[]> {
  const events = await trial.store.readStream("queue-parcels", { as: "work" });
  return events.map(({ type, meta }) => `${type} ${(JSON.parse(meta) as { actor: string }).actor}`);
}

export const deadPromises: Promises = {
  "empty, headerless and undecodable messages are parked with what they were, and block nobody": async (trial) => {
    const header = JSON.stringify({ version: 1, sentAt: 5, cause: { correlation: "c", actor: "usr_1", tenant: "shop" } });
    const payloads = ["", "no header", "{}\n{}", `${header}\n{not json`];
    await plant(trial, payloads);
    await trial.send(7);
    assert.deepEqual(await trial.numbers(), [7]);
    const { letters } = await trial.dead.list();
    assert.deepEqual(
      letters.map(({ id, cause, body }) => [id, cause.code, body]),
      [
        ["poison0", "message-unreadable", ""],
        ["poison1", "message-unreadable", "no header"],
        ["poison2", "message-unreadable", "{}\n{}"],
        ["poison3", "unreadable-record", "{not json"],
      ],
    );
  },
  "dead letters are listed by cause and counted, and looking consumes nothing": async (trial) => {
    const [a, b, c] = await withDead(trial, new TypeError("x"), lasting(), new TypeError("y"));
    assert.deepEqual(await trial.dead.groups(), [
      { cause: "limit-exceeded", count: 1 },
      { cause: "unexpected", count: 2 },
    ]);
    const listed = async (cause?: string) => (await trial.dead.list({ ...(cause && { cause }) })).letters.map(({ id }) => id);
    assert.deepEqual(await listed("unexpected"), [a, c]);
    assert.deepEqual(await listed(), [a, b, c]);
    const page = await trial.dead.list({ limit: 2 });
    assert.ok(page.next);
    assert.deepEqual(
      (await trial.dead.list({ after: page.next })).letters.map(({ id }) => id),
      [c],
    );
    assert.deepEqual(await listed(), [a, b, c]);
  },
  "a redriven message is the same one, tried anew; that is recorded with who did it": async (trial) => {
    const [id = ""] = await withDead(trial, new TypeError("x"));
    await trial.dead.redrive(id, OPERATOR);
    const delivery = await trial.takeOne();
    assert.deepEqual([delivery.id, delivery.number, delivery.attempts.count], [id, 1, 1]);
    assert.deepEqual(delivery.context, { ...CONTEXT, causationId: id });
    assert.deepEqual((await trial.dead.list()).letters, []);
    assert.deepEqual(await operatorsRecords(trial), ["DeadLetterRedriven usr_9"]);
    await delivery.park(new TypeError("again"));
    await trial.dead.redrive(`${id}~1`, OPERATOR);
    assert.equal((await trial.takeOne()).id, id);
  },
  "of many who redrive one dead letter one does": async (trial) => {
    const [id = ""] = await withDead(trial, new TypeError("x"));
    const redriven = await Promise.allSettled([1, 2, 3, 4].map(() => trial.dead.redrive(id, OPERATOR)));
    assert.equal(redriven.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await trial.take()).length, 1);
    await assert.rejects(trial.dead.redrive(id, OPERATOR), { code: "dead-letter-unknown" });
  },
  "all dead letters of a cause are redriven": async (trial) => {
    const [, b] = await withDead(trial, new TypeError("x"), lasting(), new TypeError("y"));
    assert.equal(await trial.dead.redriveAll({ cause: "unexpected" }, OPERATOR), 2);
    assert.deepEqual(await trial.numbers(), [0, 2]);
    assert.deepEqual(
      (await trial.dead.list()).letters.map(({ id }) => id),
      [b],
    );
    await plant(trial, ["junk"]);
    await trial.take();
    assert.equal(await trial.dead.redriveAll({}, OPERATOR), 1);
    assert.deepEqual(
      (await trial.dead.list()).letters.map(({ id }) => id),
      ["poison0"],
    );
  },
  "an edited dead letter is redriven as edited, an unreadable one, too": async (trial) => {
    const [id = ""] = await withDead(trial, new TypeError("x"));
    await plant(trial, ["junk"]);
    await trial.take();
    await assert.rejects(trial.dead.redrive("poison0", OPERATOR), { code: "message-unreadable" });
    await trial.dead.edit(id, { n: 41 }, OPERATOR);
    await trial.dead.edit("poison0", { n: 42 }, OPERATOR);
    assert.deepEqual(
      (await trial.dead.get(id))?.edits?.map(({ actor }) => actor),
      ["usr_9"],
    );
    assert.equal(await trial.dead.redriveAll({}, OPERATOR), 2);
    assert.deepEqual(
      (await trial.numbers()).toSorted((a, b) => a - b),
      [41, 42],
    );
    assert.deepEqual(
      (await operatorsRecords(trial)).map((record) => record.split(" ")[0]),
      ["DeadLetterEdited", "DeadLetterEdited", "DeadLetterRedriven", "DeadLetterRedriven"],
    );
  },
  "a discarded dead letter is gone": async (trial) => {
    const [id = ""] = await withDead(trial, new TypeError("x"));
    await trial.dead.discard(id, OPERATOR);
    assert.equal(await trial.dead.get(id), undefined);
    assert.deepEqual(await trial.dead.groups(), []);
    await assert.rejects(trial.dead.discard(id, OPERATOR), { code: "dead-letter-unknown" });
  },
};
