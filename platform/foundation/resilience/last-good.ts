import type { Clock } from "@daybook/kernel/clock";

/** The last good answer, for as long as it may be told instead of a fresh one. */
export interface LastGood<T> {
  keep(value: T): void;
  /** Undefined when there was none, or it is older than `forMs`. */
  get(): T | undefined;
}

export function lastGood<T>(clock: Clock, forMs: number): LastGood<T> {
  let kept: { readonly value: T; readonly at: number } | undefined;
  return {
    keep: (value) => void (kept = { value, at: clock.elapsed() }),
    get: () => (kept && clock.elapsed() - kept.at <= forMs ? kept.value : undefined),
  };
}
