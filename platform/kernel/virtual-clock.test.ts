import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { virtualClock } from "./virtual-clock.ts";

test("timers fire in order of due time, then of creation, each at its time", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 40 }), (delays) => {
      const clock = virtualClock();
      const fired: { readonly delay: number; readonly order: number }[] = [];
      for (const [order, delay] of delays.entries()) {
        clock.after(delay, () => {
          assert.equal(clock.elapsed(), delay);
          fired.push({ delay, order });
        });
      }
      clock.advance(50);
      assert.deepEqual(
        fired,
        delays.map((delay, order) => ({ delay, order })).sort((a, b) => a.delay - b.delay || a.order - b.order),
      );
    }),
  );
});

test("advancing fires what is due on the way, also what timers set on the way, and stops at its end", () => {
  const clock = virtualClock();
  const fired: number[] = [];
  const again = () => {
    fired.push(clock.elapsed());
    clock.after(10, again);
  };
  clock.after(10, again);
  clock.advance(35);
  assert.deepEqual(fired, [10, 20, 30]);
  assert.equal(clock.elapsed(), 35);
});

test("a step goes to the next timer; without one it answers false and time stands still", () => {
  const clock = virtualClock(1_000);
  clock.after(70, () => {});
  assert.equal(clock.step(), true);
  assert.deepEqual([clock.elapsed(), clock.now()], [70, 1_070]);
  assert.equal(clock.step(), false);
  assert.equal(clock.elapsed(), 70);
});

test("a cancelled timer does not fire; cancelling twice, or after it fired, is harmless", () => {
  const clock = virtualClock();
  let fired = 0;
  const cancel = clock.after(10, () => fired++);
  const other = clock.after(10, () => fired++);
  cancel();
  cancel();
  clock.advance(10);
  other();
  assert.equal(fired, 1);
});

test("wall time jumps without moving timers or measured time", () => {
  const clock = virtualClock(10_000);
  let fired = 0;
  clock.after(100, () => fired++);
  clock.jump(-5_000);
  assert.deepEqual([clock.now(), clock.elapsed(), fired], [5_000, 0, 0]);
  clock.jump(1_000_000);
  clock.advance(99);
  assert.equal(fired, 0);
  clock.advance(1);
  assert.equal(fired, 1);
});

test("measured time never goes back, also when a timer advances the clock itself", () => {
  const clock = virtualClock();
  clock.after(10, () => clock.advance(100));
  clock.advance(20);
  assert.equal(clock.elapsed(), 110);
});
