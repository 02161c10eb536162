import type { AnyQueue } from "@daybook/messaging/queue";
import type { QueueControl } from "@daybook/messaging/queue/queue-control";

/** How many messages a queue has, counted up to a cap. */
export interface Census {
  /** All that are not finished: ready, delayed and in flight. */
  readonly depth: number;
  readonly ready: number;
  /** Due later: sent with a delay, or waiting for their next try. */
  readonly delayed: number;
  /** Taken, and still their receiver's. */
  readonly inFlight: number;
  /** Since when the oldest ready message could have been taken, epoch milliseconds. */
  readonly readySince?: number;
  /** There are more: the counts are of the first ones. */
  readonly isCapped: boolean;
}

const CAP = 10_000;
const PAGE = 1_000;

/** Counts what is in the queue at `now`, by the store's clock; takes nothing. */
export async function census({ priorities }: AnyQueue, control: QueueControl, now: number): Promise<Census> {
  const counts = { ready: 0, delayed: 0, inFlight: 0 };
  let readySince = Infinity;
  let depth = 0;
  for (let priority = 0; priority < priorities && depth < CAP; priority++) {
    for (let page = await control.browse({ priority, limit: PAGE }); page.length > 0 && depth < CAP;) {
      depth += page.length;
      for (const { at, header } of page) {
        if (at <= now) readySince = Math.min(readySince, at);
        counts[at <= now ? "ready" : header?.takenAt === undefined ? "delayed" : "inFlight"]++;
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      page = await control.browse({ priority, limit: PAGE, after: { at: last.at, id: last.dueId } });
    }
  }
  return { depth, ...counts, ...(readySince !== Infinity && { readySince }), isCapped: depth >= CAP };
}
