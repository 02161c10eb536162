import assert from "node:assert/strict";
import type { Unit } from "@daybook/data/store/unit";
import { limitExceeded } from "@daybook/data/store/errors";
import { seededRandom } from "@daybook/kernel/random";
import { receiver } from "../receiver.ts";
import { putRow, rowsOf, sequence, type Promises } from "./trial.ts";

export const receivingPromises: Promises = {
  "what is taken is nobody else's, in this process and in others": async (trial) => {
    for (const n of sequence(3)) await trial.send(n);
    assert.deepEqual(await trial.numbers(2), [0, 1]);
    const { queue, clock, ids } = trial;
    const other = receiver({ queue, store: await trial.under.sibling(), clock, ids, random: seededRandom(4) });
    assert.deepEqual(
      (await other.receive({ max: 10 })).map(({ message }) => message.n),
      [2],
    );
    assert.deepEqual(await trial.numbers(), []);
  },
  "of many who take at once each message goes to one": async (trial) => {
    for (const n of sequence(60)) await trial.send(n);
    const { queue, clock, ids } = trial;
    const sibling = await trial.under.sibling();
    const stores = [trial.store, sibling, trial.store, sibling];
    const receivers = stores.map((store) => receiver({ queue, store, clock, ids, random: seededRandom(4) }));
    const got: number[] = [];
    while (got.length < 60) {
      const taken = await Promise.all(receivers.map((each) => each.receive({ max: 4 })));
      got.push(...taken.flat().map(({ message }) => message.n));
      assert.ok(taken.flat().length > 0, `${got.length} were received, then none`);
    }
    assert.deepEqual(
      got.toSorted((a, b) => a - b),
      sequence(60),
    );
  },
  "those who ask one receiver at once are served together, each with its own": async (trial) => {
    for (const n of sequence(5)) await trial.send(n);
    let commits = 0;
    const store = { ...trial.store, commit: (unit: Unit) => (commits++, trial.store.commit(unit)) };
    const { queue, clock, ids } = trial;
    const shared = receiver({ queue, store, clock, ids, random: seededRandom(4) });
    const taken = await Promise.all([2, 1, 2, 3].map((max) => shared.receive({ max })));
    assert.deepEqual(
      taken.map((deliveries) => deliveries.map(({ message }) => message.n)),
      [[0, 1], [2], [3, 4], []],
    );
    assert.equal(commits, 1);
  },
  "while nothing is due one item is read of all that wait for their time; what comes is found all the same": async (trial) => {
    for (const n of sequence(3)) await trial.send(n, { delayMs: 3_600_000 });
    const read: number[] = [];
    const listDue: typeof trial.store.listDue = async (...asked) => {
      const items = await trial.store.listDue(...asked);
      read.push(items.length);
      return items;
    };
    const { queue, clock, ids } = trial;
    const store = { ...trial.store, listDue, opening: undefined }; // no look at what earlier owners had taken
    const quiet = receiver({ queue, store, clock, ids, random: seededRandom(4) });
    assert.deepEqual(await quiet.receive({ max: 2 }), []);
    assert.deepEqual(await quiet.receive({ max: 2 }), []);
    assert.deepEqual(read, [3, 1]);
    for (const n of sequence(3)) await trial.send(n);
    const numbers = async () => (await quiet.receive({ max: 2 })).map(({ message }) => message.n);
    assert.deepEqual([await numbers(), await numbers(), await numbers()], [[0, 1], [2], []]);
  },
  "of many that wait for one of their key no more are read than are passed over, about": async (trial) => {
    await trial.send(0, { key: "k" });
    await trial.takeOne();
    for (const n of sequence(3)) await trial.send(n, { key: "k" });
    for (const n of sequence(40)) await trial.send(10 + n);
    let read = 0;
    const listDue: typeof trial.store.listDue = async (...asked) => {
      const items = await trial.store.listDue(...asked);
      read += items.length;
      return items;
    };
    const { queue, clock, ids } = trial;
    const other = receiver({ queue, store: { ...trial.store, listDue }, clock, ids, random: seededRandom(4) });
    assert.deepEqual(
      (await other.receive({ max: 1 })).map(({ message }) => message.n),
      [10],
    );
    assert.ok(read <= 8, `${read} were read`);
  },
  "an acknowledged message is finished, in one unit with what handling it changes": async (trial) => {
    await trial.send(1);
    const delivery = await trial.takeOne();
    assert.equal(await delivery.acknowledge([putRow("a")]), "done");
    assert.deepEqual(await rowsOf(trial.store), ["a"]);
    assert.equal(await trial.control.depth(10), 0);
  },
  "of a delivery's endings the first counts": async (trial) => {
    await trial.send(1);
    const delivery = await trial.takeOne();
    const endings = await Promise.all([
      delivery.acknowledge([putRow("a")]),
      delivery.acknowledge([putRow("b")]),
      delivery.reject(new TypeError("no")),
      delivery.park(new TypeError("no")),
    ]);
    assert.deepEqual(endings, ["done", "lost", "lost", "lost"]);
    assert.deepEqual(await rowsOf(trial.store), ["a"]);
    assert.deepEqual((await trial.dead.list()).letters, []);
  },
  "when a condition of the handler does not hold nothing happens, and the message is still held": async (trial) => {
    await trial.send(1);
    const delivery = await trial.takeOne();
    const conditions = [{ kind: "keyPresent", key: "never" } as const];
    await assert.rejects(delivery.acknowledge({ conditions, effects: [putRow("a")] }), {
      code: "effects-refused",
      retryable: true,
    });
    assert.deepEqual(await rowsOf(trial.store), []);
    assert.equal(await delivery.acknowledge([putRow("b")]), "done");
    assert.deepEqual(await rowsOf(trial.store), ["b"]);
  },
  "a delivery that is given back uses up no attempt, and lies where it lay": async (trial) => {
    for (const n of sequence(3)) await trial.send(n, n < 2 ? { key: "k" } : {});
    const [first, other] = await trial.take();
    assert.deepEqual([first?.message.n, other?.message.n], [0, 2]);
    assert.equal(await first?.giveBack(), "givenBack");
    assert.equal(await first?.acknowledge([putRow("late")]), "lost");
    const again = await trial.takeOne();
    assert.deepEqual([again.message.n, again.number, again.attempts.count], [0, 1, 0]);
    assert.ok(Number(again.token) > Number(first?.token));
    await again.reject(new TypeError("no"), 0);
    const third = await trial.takeOne();
    assert.equal(await third.giveBack(), "givenBack");
    assert.equal(await third.giveBack(), "lost");
    const last = await trial.takeOne();
    assert.deepEqual([last.message.n, last.number, last.attempts.count], [0, 2, 1]);
    assert.equal(await last.acknowledge(), "done");
    assert.deepEqual(await trial.numbers(), [1]);
    assert.deepEqual(await rowsOf(trial.store), []);
  },
  "a message that the policy does not try again is parked at once, with cause and origin": async (trial) => {
    const id = await trial.send(1, { key: "k" });
    assert.equal(await (await trial.takeOne()).reject(lasting()), "parked");
    const [letter, ...others] = (await trial.dead.list()).letters;
    assert.equal(others.length, 0);
    assert.deepEqual([letter?.id, letter?.messageId, letter?.cause.code, letter?.body], [id, id, "limit-exceeded", '{"n":1}']);
    assert.deepEqual([letter?.header?.cause.correlation, letter?.header?.cause.causation], ["cor_1", "cmd_1"]);
    assert.deepEqual(
      letter?.header?.attempts.recent.map(({ number, outcome, code }) => [number, outcome, code]),
      [[1, "failed", "limit-exceeded"]],
    );
    assert.deepEqual(await trial.numbers(), []);
  },
  "a receiver that waits gets what is sent meanwhile": async (trial) => {
    const waiting = trial.receiver.receive({ max: 10, waitMs: 60_000 });
    await trial.send(5);
    assert.deepEqual(
      (await waiting).map(({ message }) => message.n),
      [5],
    );
  },
  "a receiver stops waiting when it is told to": async (trial) => {
    const stop = new AbortController();
    const waiting = trial.receiver.receive({ max: 10, waitMs: 60_000, signal: stop.signal });
    stop.abort();
    assert.deepEqual(await waiting, []);
  },
};

/** An error that says of itself that trying again is in vain. */
export function lasting(): Error {
  return limitExceeded("too much");
}
