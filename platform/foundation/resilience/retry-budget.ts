import type { Clock } from "@daybook/kernel/clock";
import { retryDeferred } from "./errors.ts";
import { isFailureOfCallee } from "./failure.ts";

/**
 * How often all callers of one dependency together may try again: a few times a second, and a share of what succeeds. What is
 * called for the first time is always let through; a retry whose turn has not come is not made and gets a turn
 * (`retry-deferred`, with `retryAfterMs`), which counts as no attempt. So hundreds that wait for a dependency that is away do
 * not call it more often than a few (Google, Site Reliability Engineering, "Handling Overload": retry budgets).
 */
export interface RetryBudget {
  /** `name` is what the call is for: it is a retry when the last call of that name failed. */
  run<T>(name: string, call: () => Promise<T>): Promise<T>;
}

export interface RetryBudgetOptions {
  /** Names what is called, in errors. */
  readonly name: string;
  readonly clock: Clock;
  /** Retries a second, whatever succeeds, and at once after a quiet second; 20. */
  readonly perSecond?: number;
  /** Retries more for each success; 0.2. */
  readonly share?: number;
}

/** Names that are remembered; of those that failed longest ago the next call counts as a first one. */
const NAMES_MAX = 10_000;
/** Turns are given no further ahead: who has none asks again then. */
const AHEAD_MS = 60_000;
const NO_TURN = Infinity;

export function retryBudget(options: RetryBudgetOptions): RetryBudget {
  const turns = new Turns(options);
  return {
    async run(name, call) {
      turns.admit(name);
      try {
        const result = await call();
        turns.succeeded(name);
        return result;
      } catch (error) {
        if (isFailureOfCallee(error)) turns.failed(name);
        else turns.succeeded(name);
        throw error;
      }
    },
  };
}

class Turns {
  private readonly options: RetryBudgetOptions;
  private readonly intervalMs: number;
  /** Of calls that failed, oldest first: the time at which each may be made again, once that was asked. */
  private readonly waiting = new Map<string, number>();
  /** The first time that nobody has. */
  private free = -Infinity;

  constructor(options: RetryBudgetOptions) {
    this.options = options;
    this.intervalMs = 1_000 / (options.perSecond ?? 20);
  }

  admit(name: string): void {
    const given = this.waiting.get(name);
    if (given === undefined) return;
    const now = this.options.clock.elapsed();
    const turn = given === NO_TURN ? this.nextTurn(now) : given;
    if (turn <= now) return void this.waiting.set(name, NO_TURN);
    const isFar = turn - now > AHEAD_MS;
    if (!isFar) this.waiting.set(name, turn);
    const retryAfterMs = Math.ceil(isFar ? AHEAD_MS : turn - now);
    throw retryDeferred(`${this.options.name} is tried again by others first`, { details: { retryAfterMs } });
  }

  succeeded(name: string): void {
    this.waiting.delete(name);
    this.free -= this.intervalMs * (this.options.share ?? 0.2);
  }

  failed(name: string): void {
    this.waiting.delete(name);
    this.waiting.set(name, NO_TURN);
    const [oldest] = this.waiting.keys();
    if (this.waiting.size > NAMES_MAX && oldest !== undefined) this.waiting.delete(oldest);
  }

  private nextTurn(now: number): number {
    const turn = Math.max(this.free, now - 1_000 + this.intervalMs);
    if (turn - now <= AHEAD_MS) this.free = turn + this.intervalMs;
    return turn;
  }
}
