import type { Clock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import { isFailureOfCallee } from "./failure.ts";

/** A policy that answers with something else when a call fails, and says so. */
export interface Fallback {
  /**
   * The call's answer; when it fails, that of the first source that has one. Rejects with the call's error when none has,
   * and when the error is no failure: then the call has answered.
   */
  run<T>(call: () => Promise<T>, sources: readonly FallbackSource<T>[]): Promise<FallbackAnswer<T>>;
  status(): FallbackStatus;
}

/** Where an answer may come from instead: another service, what was answered earlier, a default. */
export interface FallbackSource<T> {
  readonly name: string;
  /** Undefined, or a rejection, for none: the next source is asked. */
  answer(): T | undefined | Promise<T | undefined>;
}

export interface FallbackAnswer<T> {
  readonly value: T;
  /** The source's name; absent when the call answered. */
  readonly source?: string;
}

export interface FallbackStatus {
  /** The last call failed. */
  readonly isInUse: boolean;
  /** When that became so, by the clock's `now`. */
  readonly since: number;
  /** Calls that failed. */
  readonly failures: number;
  /** Of the last one: its error's code, and who answered instead; absent when nobody did. */
  readonly code?: string | undefined;
  readonly source?: string | undefined;
}

export interface FallbackOptions {
  readonly clock: Clock;
  /** Whether an error is a failure; all are, but coded errors that are not retryable. */
  readonly isFailure?: (error: unknown) => boolean;
}

export function fallback({ clock, isFailure = isFailureOfCallee }: FallbackOptions): Fallback {
  let status: FallbackStatus = { isInUse: false, since: clock.now(), failures: 0 };

  function note(isInUse: boolean, news: Partial<FallbackStatus>): void {
    status = { ...status, ...news, isInUse, since: status.isInUse === isInUse ? status.since : clock.now() };
  }

  async function instead<T>(error: unknown, sources: readonly FallbackSource<T>[]): Promise<FallbackAnswer<T>> {
    const failures = status.failures + 1;
    const code = errorCode(error);
    for (const source of sources) {
      const value = await settled(source);
      if (value === undefined) continue;
      note(true, { failures, code, source: source.name });
      return { value, source: source.name };
    }
    note(true, { failures, code, source: undefined });
    throw error;
  }

  return {
    async run(call, sources) {
      try {
        const value = await call();
        note(false, {});
        return { value };
      } catch (error) {
        if (!isFailure(error)) throw error;
        return instead(error, sources);
      }
    },
    status: () => status,
  };
}

async function settled<T>(source: FallbackSource<T>): Promise<T | undefined> {
  try {
    return await source.answer();
  } catch {
    return undefined; // the call's error is the one that is told
  }
}
