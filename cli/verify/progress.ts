import type { Clock } from "@daybook/kernel/clock";

/** How far a verification has come with one of its stages. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** Records a second since the stage began. */
  readonly perSecond: number;
  /** Time that the rest of the stage takes at this rate. */
  readonly leftMs: number;
}

export interface MeterOptions {
  readonly clock: Clock;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TOLD_EVERY = 1_000;

/** Counts the records of one stage after another; tells of every thousandth, and stops when the signal says so. */
export class Meter {
  private stage = "";
  private done = 0;
  private total = 0;
  private startedAt = 0;
  private readonly options: MeterOptions;

  constructor(options: MeterOptions) {
    this.options = options;
  }

  begin(stage: string, total: number): void {
    this.stage = stage;
    this.done = 0;
    this.total = total;
    this.startedAt = this.options.clock.elapsed();
    this.tell();
  }

  /** Throws the signal's reason once it is aborted. */
  step(): void {
    this.done++;
    if (this.done % TOLD_EVERY === 0 || this.done === this.total) this.tell();
  }

  private tell(): void {
    this.options.signal?.throwIfAborted();
    const seconds = (this.options.clock.elapsed() - this.startedAt) / 1000;
    const perSecond = seconds > 0 ? this.done / seconds : 0;
    const rest = Math.max(0, this.total - this.done);
    const leftMs = perSecond > 0 ? (rest / perSecond) * 1000 : 0;
    this.options.onProgress?.({ stage: this.stage, done: this.done, total: this.total, perSecond, leftMs });
  }
}
