import type { Cancel } from "@daybook/kernel/clock";
import { attemptCancelled, attemptTimeout } from "./errors.ts";
import type { DeadlineList } from "./deadline-list.ts";

/** What one attempt knows of itself. */
export interface AttemptContext {
  /** Of this attempt only: whoever records its result refuses one whose token is no longer the newest. */
  readonly token: string;
  /** From 1. */
  readonly number: number;
  /** Epoch milliseconds after which nobody waits for it; undefined when somebody always does. */
  readonly deadline: number | undefined;
  /** Aborts when the deadline passes or the attempt is cancelled; its reason is the coded error. Made when first asked for. */
  readonly signal: AbortSignal;
}

export interface RunAttemptOptions {
  /** The component's list; its clock is the attempt's. */
  readonly deadlines: DeadlineList;
  readonly token: string;
  readonly number: number;
  /** For this attempt. Of it and `deadline` the earlier one counts. */
  readonly timeoutMs?: number | undefined;
  /** The caller's, epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** The caller's: cancels the attempt. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one attempt and answers its result. Rejects with what it throws, with `attempt-timeout` when its time is over (also
 * at once, without running it, when it is over already), with `attempt-cancelled` when `signal` aborts. What the attempt
 * answers or throws after that is dropped; its effects it must guard by its token.
 */
export function runAttempt<T>(run: (attempt: AttemptContext) => T | Promise<T>, options: RunAttemptOptions): Promise<T> {
  return new Promise((resolve, reject) => new RunningAttempt(options, resolve, reject).start(run));
}

class RunningAttempt<T> implements AttemptContext {
  readonly token: string;
  readonly number: number;
  readonly deadline: number | undefined;
  private readonly options: RunAttemptOptions;
  private readonly timeLeftMs: number;
  private readonly resolve: (result: T) => void;
  private readonly reject: (error: unknown) => void;
  private controller: AbortController | undefined;
  private stopTimer: Cancel | undefined;
  private isOver = false;
  /** The error that ended it from outside. */
  private ending: Error | undefined;

  constructor(options: RunAttemptOptions, resolve: (result: T) => void, reject: (error: unknown) => void) {
    const { deadlines, timeoutMs = Infinity, deadline = Infinity } = options;
    const now = deadlines.clock.now();
    this.options = options;
    this.token = options.token;
    this.number = options.number;
    this.timeLeftMs = Math.min(timeoutMs, deadline - now);
    this.deadline = this.timeLeftMs === Infinity ? undefined : now + this.timeLeftMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.ending) this.controller.abort(this.ending);
    }
    return this.controller.signal;
  }

  start(run: (attempt: AttemptContext) => T | Promise<T>): void {
    const { deadlines, signal } = this.options;
    if (signal?.aborted) return this.cancelled();
    if (this.timeLeftMs <= 0) return this.timedOut();
    signal?.addEventListener("abort", this.cancelled, { once: true });
    if (this.timeLeftMs < Infinity) this.stopTimer = deadlines.after(this.timeLeftMs, this.timedOut);
    try {
      const result = run(this);
      if (result instanceof Promise) result.then(this.done, this.failed);
      else this.done(result);
    } catch (error) {
      this.failed(error);
    }
  }

  private readonly done = (result: T): void => {
    if (this.finish()) this.resolve(result);
  };

  private readonly failed = (error: unknown): void => {
    if (this.finish()) this.reject(error);
  };

  private readonly timedOut = (): void => {
    this.end(attemptTimeout(`attempt ${this.number} took longer than ${Math.max(0, this.timeLeftMs)} ms`));
  };

  private readonly cancelled = (): void => {
    this.end(attemptCancelled(`attempt ${this.number} was cancelled`, { cause: this.options.signal?.reason }));
  };

  private end(error: Error): void {
    if (!this.finish()) return;
    this.ending = error;
    this.reject(error);
    this.controller?.abort(error);
  }

  /** False when it was over before. */
  private finish(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.stopTimer?.();
    this.options.signal?.removeEventListener("abort", this.cancelled);
    return true;
  }
}
