import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import { stageFailed } from "./errors.ts";

/** A stage's name, and how its items are called in errors: by their number in the stage, unless it says otherwise. */
export type StageName<Item> = string | { readonly name: string; readonly nameOf: (item: Item) => string };

/** What a stage has done so far. */
export interface StageMetrics {
  readonly stage: string;
  /** Items that it took, and that it gave. */
  readonly taken: number;
  readonly given: number;
  /** Milliseconds that its own code ran, or that its tasks took together. */
  readonly busyMs: number;
  /** Items that wait before the next stage, now and at most. */
  readonly buffered: number;
  readonly bufferedMost: number;
}

/** One stage under way: counts, takes the time, and says which item something went wrong with. */
export class Stage<Item> {
  readonly name: string;
  taken = 0;
  given = 0;
  busyMs = 0;
  /** Between it and the stages after it. */
  readonly buffers: { readonly filled: number; readonly filledMost: number }[] = [];
  private readonly nameOf: (item: Item) => string | undefined;
  private readonly clock: Clock;

  constructor(name: StageName<Item>, clock: Clock) {
    this.name = typeof name === "string" ? name : name.name;
    this.nameOf = typeof name === "string" ? () => undefined : name.nameOf;
    this.clock = clock;
  }

  /** Runs `step` for each item of a chunk. */
  each(chunk: readonly Item[], step: (item: Item) => void): void {
    const from = this.clock.elapsed();
    let at = 0;
    try {
      for (const item of chunk) {
        step(item);
        at++;
      }
    } catch (cause) {
      throw this.failed(cause, this.taken + at + 1, chunk[at]);
    } finally {
      this.busyMs += this.clock.elapsed() - from;
      this.taken += chunk.length;
    }
  }

  /** Runs one task for one item. */
  async task<Result>(item: Item, run: (item: Item) => Promise<Result>): Promise<Result> {
    const from = this.clock.elapsed();
    const number = ++this.taken;
    try {
      return await run(item);
    } catch (cause) {
      throw this.failed(cause, number, item);
    } finally {
      this.busyMs += this.clock.elapsed() - from;
    }
  }

  failed(cause: unknown, number: number, item: Item | undefined): Error {
    const called = (item !== undefined && this.nameOf(item)) || String(number);
    const details = { stage: this.name, item: called };
    return stageFailed(`stage ${this.name}, item ${called}: ${messageOf(cause)}`, { cause, details });
  }

  metrics(): StageMetrics {
    const { name: stage, taken, given, busyMs, buffers } = this;
    const buffered = buffers.reduce((sum, { filled }) => sum + filled, 0);
    return { stage, taken, given, busyMs, buffered, bufferedMost: Math.max(0, ...buffers.map(({ filledMost }) => filledMost)) };
  }
}
