/** Time as a parameter. Nothing outside this file and its virtual twin reads the system's clock or sets a timer. */
export interface Clock {
  /** Wall time, epoch milliseconds. May jump; use `elapsed` to measure. */
  now(): number;
  /** Monotonic time, milliseconds with fractions, from an arbitrary origin. */
  elapsed(): number;
  /** Calls `run` once, `delayMs` later at the earliest. The answer cancels it; cancelling twice is harmless. */
  after(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

/** Longer delays would fire at once in Node; they are waited for in parts. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, run) {
    let timer = arm(delayMs);
    function arm(restMs: number): NodeJS.Timeout {
      const isLast = restMs <= TIMER_MS_MAX;
      const armed = setTimeout(isLast ? run : () => (timer = arm(restMs - TIMER_MS_MAX)), Math.min(restMs, TIMER_MS_MAX));
      return armed.unref();
    }
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on `clock`; earlier, too, when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
