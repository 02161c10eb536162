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
  readonly run: () => void;
}

/** A virtual clock whose wall time starts at `startMs` (epoch milliseconds). */
export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let skew = 0;
  let created = 0;

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    elapsed = Math.max(elapsed, timer.at);
    timer.run();
  }

  return {
    now: () => startMs + skew + Math.floor(elapsed),
    elapsed: () => elapsed,
    after(delayMs, run): Cancel {
      const timer = { at: elapsed + Math.max(0, delayMs), order: created++, run };
      timers.add(timer);
      return () => void timers.delete(timer);
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
