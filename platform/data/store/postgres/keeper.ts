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
  /** Number of the last batch that is known here already. */
  readonly known: () => number;
}

/** What a store does on its own: notices batches of other processes, and removes keys that expired. */
export class Keeper {
  private readonly options: KeeperOptions;
  private readonly timers = new Map<string, Cancel>();
  private isClosed = false;
  private seen = 0;

  constructor(options: KeeperOptions) {
    this.options = options;
    this.repeat("sweep", SWEEP_EVERY_MS, () => options.queries.all(SWEEP));
  }

  /** Calls `listener` after a batch of another process, some 75 ms later. */
  watch(listener: () => void): void {
    this.repeat("poll", POLL_EVERY_MS, async () => {
      const number = (await this.options.queries.first<{ number: number }>(LAST_BATCH))?.number ?? 0;
      const isNews = number > Math.max(this.seen, this.options.known());
      this.seen = number;
      if (isNews && !this.isClosed) listener();
    });
  }

  close(): void {
    this.isClosed = true;
    for (const cancel of this.timers.values()) cancel();
  }

  private repeat(name: string, everyMs: number, run: () => Promise<unknown>): void {
    const again = () => {
      if (!this.isClosed)
        this.timers.set(
          name,
          this.options.clock.after(everyMs, () => void run().then(again, again)),
        );
    };
    again();
  }
}
