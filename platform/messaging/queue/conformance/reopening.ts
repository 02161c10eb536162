import assert from "node:assert/strict";
import { errorCode } from "@daybook/kernel/errors";
import { seededRandom } from "@daybook/kernel/random";
import { receiver } from "../receiver.ts";
import { putRow, rowsOf, sequence, type Promises } from "./trial.ts";

export const reopeningPromises: Promises = {
  "what an owner had taken that is no more is delivered at once: it counts as an attempt, and late answers are refused": async (
    before,
  ) => {
    for (const n of sequence(3)) await before.send(n, n < 2 ? { key: "k" } : {});
    const [first, second] = await before.take();
    assert.deepEqual([first?.message.n, second?.message.n], [0, 2]);
    const trial = await before.reopened();
    await trial.send(3);
    const taken = await trial.take();
    assert.deepEqual(
      taken.map(({ message, number, attempts }) => [message.n, number, attempts.recent.map(({ outcome }) => outcome)]),
      [
        [0, 2, ["lost"]],
        [2, 2, ["lost"]],
        [3, 1, []],
      ],
    );
    assert.ok(Number(taken[0]?.token) > Number(first?.token));
    assert.notEqual(await first?.acknowledge([putRow("late")]).catch(errorCode), "done");
    assert.equal(await taken[0]?.acknowledge([putRow("new")]), "done");
    assert.deepEqual(await rowsOf(trial.store), ["new"]);
    assert.deepEqual(await trial.numbers(), [1]);
  },
  "a message that was lost before is left to its visibility timeout: it may be what ends its owners": async (before) => {
    await before.send(1);
    assert.deepEqual(await before.numbers(), [1]);
    const second = await before.reopened();
    assert.deepEqual(await second.numbers(), [1]);
    const third = await second.reopened();
    assert.deepEqual(await third.numbers(), []);
    third.advance(30_000);
    assert.deepEqual(await third.numbers(), [1]);
    const fourth = await third.reopened();
    fourth.advance(30_000);
    assert.deepEqual(await fourth.numbers(), []);
    assert.deepEqual(
      (await fourth.dead.list()).letters.map(({ cause }) => cause.code),
      ["deliveries-used-up"],
    );
  },
  "whoever comes later takes nothing from others of the same owner; what waits for its time goes on waiting": async (before) => {
    const trial = await before.reopened();
    for (const n of sequence(2)) await trial.send(n);
    await trial.send(2, { delayMs: 10_000 });
    assert.deepEqual(await trial.numbers(1), [0]);
    const { queue, clock, ids, store } = trial;
    const later = receiver({ queue, store, clock, ids, random: seededRandom(4) });
    assert.deepEqual(
      (await later.receive({ max: 10 })).map(({ message }) => message.n),
      [1],
    );
  },
};
