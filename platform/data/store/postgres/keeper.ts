import type { Cancel, Clock } from "@daybook/kernel/clock";
import { NOW, type Queries } from "./queries.ts";

const POLL_EVERY_MS = 75;
const SWEEP_EVERY_MS = 60_000;

const LAST_BATCH = "select number from {schema}.batches order by number desc limit 1";
const SWEEP = `delete from {schema}.keys where key in (
  select key from {schema}.keys where expires_at <= ${NOW} - ${SWEEP_EVERY_MS} limit 1000 for update skip locked)`;

export interface KeeperOptions {
  readonly queries: Queries;
  readonly clock: Clock;
  /** Holds the number of the last batch that is known here already, and whether it passed over some of others. */
  readonly known: { lastNumber: number; hasPassedOthers: boolean };
}

/** What a store does on its own: notices batches of other processes, and removes keys that expired. */
export class Keeper {
  private readonly options: KeeperOptions;
  private readonly stops = new Set<() => void>();
  private isClosed = false;

  constructor(options: KeeperOptions) {
    this.options = options;
    this.repeat(SWEEP_EVERY_MS, () => options.queries.all(SWEEP));
  }

  /** Calls `listener` after a batch of another process, some 75 ms later; polls until the answer is called. */
  watch(listener: () => void): () => void {
    const stop = this.repeat(POLL_EVERY_MS, async () => {
      const number = (await this.options.queries.first<{ number: number }>(LAST_BATCH))?.number ?? 0;
      const { known } = this.options;
      const isNews = known.hasPassedOthers || number !== known.lastNumber; // lower in a log that was put back
      known.lastNumber = number;
      known.hasPassedOthers = false;
      if (isNews && this.stops.has(stop)) listener();
    });
    return stop;
  }

  close(): void {
    this.isClosed = true;
    for (const stop of this.stops) stop();
  }

  private repeat(everyMs: number, run: () => Promise<unknown>): () => void {
    let cancel: Cancel | undefined;
    const stop = () => {
      this.stops.delete(stop);
      cancel?.();
    };
    const again = () => {
      if (this.stops.has(stop)) cancel = this.options.clock.after(everyMs, () => void run().then(again, again));
    };
    if (!this.isClosed) this.stops.add(stop);
    again();
    return stop;
  }
}
