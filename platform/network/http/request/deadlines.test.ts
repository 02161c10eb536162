import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { Deadlines, type Expiring } from "./deadlines.ts";

function item(name: string, expired: string[]): Expiring {
  return { addedAt: 0, expire: () => expired.push(name) };
}

test("each item expires after the delay, in order, unless it was taken out", () => {
  const clock = virtualClock();
  const deadlines = new Deadlines(clock, 100);
  const expired: string[] = [];
  const [a, b, c] = [item("a", expired), item("b", expired), item("c", expired)];
  deadlines.add(a);
  clock.advance(40);
  deadlines.add(b);
  deadlines.add(c);
  deadlines.delete(b);
  clock.advance(59);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ["a"]);
  clock.advance(40);
  assert.deepEqual(expired, ["a", "c"]);
});

test("the list serves again after it was empty, and is silent once closed", () => {
  const clock = virtualClock();
  const deadlines = new Deadlines(clock, 100);
  const expired: string[] = [];
  deadlines.add(item("a", expired));
  clock.advance(500);
  deadlines.add(item("b", expired));
  clock.advance(100);
  deadlines.add(item("c", expired));
  deadlines.close();
  clock.advance(500);
  assert.deepEqual(expired, ["a", "b"]);
});

test("one timer serves all", () => {
  const clock = virtualClock();
  let timers = 0;
  const counting = { ...clock, after: (ms: number, run: () => void) => (timers++, clock.after(ms, run)) };
  const deadlines = new Deadlines(counting, 100);
  for (let i = 0; i < 1_000; i++) deadlines.add(item("a", []));
  assert.equal(timers, 1);
});
