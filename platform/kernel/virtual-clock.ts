import type { Cancel, Clock } from "./clock.ts";

/** A clock that stands still until it is told to move; timers fire in order of due time, then of creation. */
export interface VirtualClock extends Clock {
  /** Moves to the next timer and fires it; false when there is none. */
  step(): boolean;
  /** Moves `ms` ahead and fires every timer due on the way. */
  advance(ms: number): void;
  /** Lets the wall time jump without moving timers, as an operator setting the clock does. */
  jump(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Undefined when it was cancelled, or has fired. */
  run: (() => void) | undefined;
}

/** A virtual clock whose wall time starts at `startMs` (epoch milliseconds). */
export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers: Timer[] = [];
  let elapsed = 0;
  let skew = 0;
  let created = 0;

  function next(): Timer | undefined {
    while (timers[0] && !timers[0].run) removeFirst(timers);
    return timers[0];
  }

  function fire(timer: Timer): void {
    removeFirst(timers);
    elapsed = Math.max(elapsed, timer.at);
    const { run } = timer;
    timer.run = undefined;
    run?.();
  }

  return {
    now: () => startMs + skew + Math.floor(elapsed),
    elapsed: () => elapsed,
    after(delayMs, run): Cancel {
      const timer: Timer = { at: elapsed + Math.max(0, delayMs), order: created++, run };
      add(timers, timer);
      return () => void (timer.run = undefined);
    },
    step() {
      const timer = next();
      if (timer) fire(timer);
      return timer !== undefined;
    },
    advance(ms) {
      const until = elapsed + ms;
      for (let timer = next(); timer && timer.at <= until; timer = next()) fire(timer);
      elapsed = Math.max(elapsed, until); // a timer may have moved it further
    },
    jump(ms) {
      skew += ms;
    },
  };
}

/** The timers are a binary heap: each is before the two at twice its place. */
function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function add(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (!parent || isBefore(parent, timer)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = timer;
}

function removeFirst(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!child || isBefore(last, child)) break;
    heap[at] = child;
    at = 2 * at + (isRight ? 2 : 1);
  }
  heap[at] = last;
}
