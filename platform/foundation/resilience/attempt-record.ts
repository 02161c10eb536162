import { errorCode, messageOf } from "@daybook/kernel/errors";

/** What is known of the attempts at one thing: how many, and the last ten in full. Plain data, kept in its own record. */
export interface AttemptRecord {
  readonly count: number;
  /** Oldest first, at most ten. */
  readonly recent: readonly Attempt[];
}

/** One attempt that has ended. Times are epoch milliseconds. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** `lost`: nobody heard of it again (its process died, or it outlived its time). */
  readonly outcome: "done" | "failed" | "timed-out" | "cancelled" | "lost";
  /** Of the error, when it was a coded one. */
  readonly code?: string;
  /** Of the error, at most 500 characters. */
  readonly message?: string;
}

export const NO_ATTEMPTS: AttemptRecord = { count: 0, recent: [] };

const RECENT_MAX = 10;
const MESSAGE_CHARACTERS_MAX = 500;

/** The record with one more attempt; one that was deferred was not made and is none. */
export function withAttempt(record: AttemptRecord, attempt: Attempt): AttemptRecord {
  if (attempt.code === "retry-deferred") return record;
  return { count: record.count + 1, recent: [...record.recent, attempt].slice(-RECENT_MAX) };
}

/** The attempt that ended with `error`: timed out and cancelled ones are told apart by its code. */
export function failedAttempt(number: number, startedAt: number, endedAt: number, error: unknown): Attempt {
  const code = errorCode(error);
  return {
    number,
    startedAt,
    endedAt,
    outcome: code === "attempt-timeout" ? "timed-out" : code === "attempt-cancelled" ? "cancelled" : "failed",
    ...(code !== undefined && { code }),
    message: messageOf(error).slice(0, MESSAGE_CHARACTERS_MAX),
  };
}
