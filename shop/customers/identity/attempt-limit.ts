import { recentlyUsed } from "@daybook/data/event-store/recently-used";
import type { Clock } from "@daybook/kernel/clock";
import { rateLimited } from "@daybook/network/http/errors";

/** So many attempts at once, and one more every `everyMs`. */
export interface AttemptRate {
  readonly burst: number;
  readonly everyMs: number;
}

/** Limits attempts by what they are about, in this process; what was idle longest is forgotten first. */
export interface AttemptLimit {
  /** Counts an attempt under each name at its rate; when one has none left, none is counted and it is `rate-limited`. */
  attempt(names: readonly (readonly [name: string, rate: AttemptRate])[]): void;
}

const NAMES_MAX = 100_000;

/** By the time at which each name's attempts are all there again (GCRA, ITU-T I.371). */
export function attemptLimit(clock: Clock): AttemptLimit {
  const restedAt = recentlyUsed<number>(NAMES_MAX, Infinity, clock);
  return {
    attempt(names) {
      const now = clock.elapsed();
      const counted = names.map(([name, rate]) => {
        return { name, rate, until: Math.max(now, restedAt.get(name) ?? now) + rate.everyMs };
      });
      const waitMs = Math.max(0, ...counted.map(({ rate, until }) => until - now - rate.burst * rate.everyMs));
      if (waitMs > 0) throw rateLimited("there were too many attempts", { details: { retryAfterMs: waitMs } });
      for (const { name, until } of counted) restedAt.set(name, until);
    },
  };
}
