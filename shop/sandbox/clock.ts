/** Time as a parameter. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `run` once, `delayMs` later at the earliest. The answer cancels it; cancelling twice is harmless. */
  after(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

/** Longer delays would fire at once in Node. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive, and wait at most 24 days. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, TIMER_MS_MAX)).unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}

/** ISO 8601 in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
