import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "@daybook/kernel/clock";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { loopDelayMeter } from "./loop-delay.ts";

/** A clock whose timers come late by what `stall` is told, once. */
function stallingClock() {
  const clock = virtualClock();
  let late = 0;
  const stalling: Clock = { ...clock, elapsed: () => clock.elapsed() + late };
  return { clock, stalling, stall: (ms: number) => (late += ms) };
}

test("a loop in time has no delay", () => {
  const { clock, stalling } = stallingClock();
  const meter = loopDelayMeter(stalling);
  assert.deepEqual(meter.read(), { p50Ms: 0, p99Ms: 0, maxMs: 0 });
  clock.advance(1_000);
  assert.deepEqual(meter.read(), { p50Ms: 0, p99Ms: 0, maxMs: 0 });
  meter.stop();
  assert.equal(clock.step(), false, "no timer is left");
});

test("a stall counts for each time that fell into it", () => {
  const { clock, stalling, stall } = stallingClock();
  const meter = loopDelayMeter(stalling);
  clock.advance(970);
  stall(25.5);
  clock.advance(30);
  assert.deepEqual(meter.read(), { p50Ms: 0, p99Ms: 15.5, maxMs: 25.5 }); // 25.5, 15.5 and 5.5 among 102
  meter.stop();
});

test("what is longer ago than 15 s is forgotten", () => {
  const { clock, stalling, stall } = stallingClock();
  const meter = loopDelayMeter(stalling);
  stall(60_000);
  clock.advance(10);
  assert.equal(meter.read().maxMs, 60_000);
  clock.advance(14_980);
  assert.ok(meter.read().maxMs > 0);
  clock.advance(20);
  assert.equal(meter.read().maxMs, 0);
  meter.stop();
});
