import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { SerialQueue } from "./serial-queue.ts";

/** A task that waits until it is let go. */
function gate() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { promise, open: () => resolve(), fail: () => reject(new Error("failed")) };
}

void describe("serial queue", () => {
  void test("tasks of one key run one after another, in order of arrival", async () => {
    const queue = new SerialQueue();
    const gates = [gate(), gate(), gate()];
    const started: number[] = [];
    const done = gates.map((each, index) =>
      queue.run("a", async () => {
        started.push(index);
        await each.promise;
        return index;
      }),
    );
    await setImmediate();
    assert.deepEqual(started, [0]);
    gates[1]?.open();
    await setImmediate();
    assert.deepEqual(started, [0], "the second waits for the first, though it could end");
    gates[0]?.open();
    await setImmediate();
    assert.deepEqual(started, [0, 1, 2]);
    gates[2]?.open();
    assert.deepEqual(await Promise.all(done), [0, 1, 2]);
  });

  void test("tasks of different keys run side by side", async () => {
    const queue = new SerialQueue();
    const slow = gate();
    const first = queue.run("a", () => slow.promise);
    assert.equal(await queue.run("b", async () => "done"), "done");
    await setImmediate();
    assert.equal(queue.size, 1, "one is under way");
    slow.open();
    await first;
  });

  void test("a task that fails is rejected alone; those behind it run", async () => {
    const queue = new SerialQueue();
    const bad = gate();
    const first = assert.rejects(
      queue.run("a", () => bad.promise),
      /failed/,
    );
    const second = queue.run("a", async () => "done");
    bad.fail();
    await first;
    assert.equal(await second, "done");
  });

  void test("a key without tasks takes no memory", async () => {
    const queue = new SerialQueue();
    await Promise.all(Array.from({ length: 100 }, (_, n) => queue.run(`k${n % 10}`, async () => n)));
    await setImmediate();
    assert.equal(queue.size, 0);
  });

  void test("a task that comes as the last one ends still waits for it", async () => {
    const queue = new SerialQueue();
    let running = 0;
    let most = 0;
    const task = async () => {
      most = Math.max(most, ++running);
      await setImmediate();
      running--;
    };
    const chains = Array.from({ length: 5 }, async () => {
      for (let n = 0; n < 20; n++) await queue.run("a", task);
    });
    await Promise.all(chains);
    assert.equal(most, 1);
  });
});
