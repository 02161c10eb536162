import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, systemClock } from "./clock.ts";
import { virtualClock } from "./virtual-clock.ts";

test("a sleep ends when its time has passed, not before", async () => {
  const clock = virtualClock();
  let isAwake = false;
  const sleeping = sleep(clock, 100).then(() => (isAwake = true));
  clock.advance(99);
  await Promise.resolve();
  assert.equal(isAwake, false);
  clock.advance(1);
  await sleeping;
  assert.equal(isAwake, true);
});

test("a sleep ends early when its signal aborts, and leaves no timer behind", async () => {
  const clock = virtualClock();
  const controller = new AbortController();
  const sleeping = sleep(clock, 100, controller.signal);
  controller.abort();
  await sleeping;
  assert.equal(clock.step(), false);
  await sleep(clock, 100, controller.signal);
  assert.equal(clock.step(), false, "an aborted signal lets nobody fall asleep");
});

test("a delay longer than Node's timers take does not fire at once", async () => {
  let isFired = false;
  const cancel = systemClock.after(2 ** 31, () => (isFired = true));
  await new Promise<void>((resolve) => setTimeout(() => resolve(), 5)); // the system's clock itself is tried here
  cancel();
  assert.equal(isFired, false);
});

test("a delay longer than Node's timers take is waited for to its end, and can be cancelled on the way", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const fired: string[] = [];
  systemClock.after(2 ** 31 + 10, () => fired.push("long"));
  const cancel = systemClock.after(2 ** 31 + 10, () => fired.push("cancelled"));
  context.mock.timers.tick(2 ** 31 - 1);
  context.mock.timers.tick(10);
  assert.deepEqual(fired, []);
  cancel();
  cancel();
  context.mock.timers.tick(1);
  assert.deepEqual(fired, ["long"]);
});
