import type { DeadlineList } from "./deadline-list.ts";
import { runAttempt, type AttemptContext } from "./run-attempt.ts";

/** A policy that waits no longer for a call than it may take. */
export interface Timeout {
  /** Rejects with `attempt-timeout`, at its own time or the caller's `deadline`; what the call answers late is dropped. */
  run<T>(call: (attempt: Pick<AttemptContext, "signal">) => T | Promise<T>, deadline?: number): Promise<T>;
}

export interface TimeoutOptions {
  /** The component's list. */
  readonly deadlines: DeadlineList;
  readonly timeoutMs: number;
}

/** One attempt, and no more, within `timeoutMs`. */
export function timeout({ deadlines, timeoutMs }: TimeoutOptions): Timeout {
  return { run: (call, deadline) => runAttempt(call, { deadlines, token: "", number: 1, timeoutMs, deadline }) };
}
