import type { Clock } from "../clock.ts";

/** Time that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by `ms`; timers on the way run in the order of their time, each at its time. */
  advance(ms: number): void;
  /** How many timers wait. */
  readonly waiting: number;
  /** Until the first of them. */
  readonly nextInMs: number;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export function manualClock(start = Date.UTC(2026, 10, 21)): ManualClock {
  let now = start;
  const timers = new Set<Timer>();
  const nextUntil = (end: number) => [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (let timer = nextUntil(end); timer; timer = nextUntil(end)) {
        now = timer.at;
        timers.delete(timer);
        timer.run();
      }
      now = end;
    },
    get waiting() {
      return timers.size;
    },
    get nextInMs() {
      return Math.min(...[...timers].map(({ at }) => at - now));
    },
  };
}
