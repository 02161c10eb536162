import type { Clock } from "@daybook/kernel/clock";
import type { SubscriptionStatus } from "@daybook/data/event-store/subscription";

/** How far a rebuild has come. */
export interface RebuildProgress {
  readonly generation: number;
  /** Of the log, and its head as last seen. */
  readonly position: number;
  readonly head: number;
  /** Positions passed by this process, and how many a second. */
  readonly count: number;
  readonly perSecond: number;
  /** Milliseconds to the head at this rate; undefined while there is no rate. */
  readonly leftMs: number | undefined;
  readonly state: SubscriptionStatus["state"];
}

/** Makes the progress of a rebuild that began at position `start` now. */
export function rebuildProgress(
  clock: Clock,
  generation: number,
  start: number,
): (status: SubscriptionStatus) => RebuildProgress {
  const startedAt = clock.elapsed();
  return ({ position, lag, state }) => {
    const seconds = (clock.elapsed() - startedAt) / 1000;
    const count = Math.max(0, position - start);
    const perSecond = seconds > 0 ? count / seconds : 0;
    const leftMs = lag === 0 ? 0 : perSecond > 0 ? (lag / perSecond) * 1000 : undefined;
    return { generation, position, head: position + lag, count, perSecond, leftMs, state };
  };
}
