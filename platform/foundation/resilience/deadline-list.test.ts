import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "@daybook/kernel/clock";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import * as fc from "fast-check";
import { deadlineList } from "./deadline-list.ts";

test("each deadline fires once, not before its time, and not when it was cancelled", () => {
  const entry = fc.record({
    atMs: fc.integer({ min: 0, max: 50 }),
    delayMs: fc.integer({ min: -5, max: 100 }),
    cancelMs: fc.option(fc.integer({ min: 0, max: 150 })),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
      const clock = virtualClock();
      const list = deadlineList(clock);
      const fired: { entry: number; atMs: number }[] = [];
      entries.forEach(({ atMs, delayMs, cancelMs }, entry) => {
        clock.after(atMs, () => {
          const cancel = list.after(delayMs, () => fired.push({ entry, atMs: clock.elapsed() }));
          if (cancelMs !== null) clock.after(cancelMs, cancel);
        });
      });
      clock.advance(1_000);
      const expected = entries
        .map(({ atMs, delayMs, cancelMs }, entry) => ({
          entry,
          atMs: atMs + Math.max(0, delayMs),
          cancelMs: cancelMs ?? Infinity,
          delayMs,
        }))
        .filter(({ cancelMs, delayMs }) => cancelMs > Math.max(0, delayMs));
      const same = entries.filter(({ delayMs, cancelMs }) => cancelMs === Math.max(0, delayMs)).length; // either may come first
      assert.ok(fired.length >= expected.length && fired.length <= expected.length + same);
      const at = new Map(fired.map((one) => [one.entry, one.atMs]));
      assert.equal(at.size, fired.length);
      for (const one of expected) assert.equal(at.get(one.entry), one.atMs);
      assert.deepEqual(
        fired.map(({ atMs }) => atMs),
        fired.map(({ atMs }) => atMs).sort((a, b) => a - b),
      );
    }),
  );
});

test("a thousand deadlines set one timer", () => {
  const clock = virtualClock();
  let timers = 0;
  const counting: Clock = { ...clock, after: (delayMs, run) => (timers++, clock.after(delayMs, run)) };
  const list = deadlineList(counting);
  const cancels = Array.from({ length: 1_000 }, () => list.after(30_000, () => assert.fail("it was cancelled")));
  for (const cancel of cancels) cancel();
  clock.advance(60_000);
  assert.equal(timers, 1);
});
