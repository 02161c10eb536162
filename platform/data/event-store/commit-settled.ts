import { sleep, type Clock } from "@daybook/kernel/clock";
import { CodedError } from "@daybook/kernel/errors";
import type { Store } from "@daybook/data/store";
import type { Committed, Refused, Unit } from "@daybook/data/store/unit";
import { commitUnknown } from "./errors.ts";

export interface SettleOptions {
  readonly clock: Clock;
  /** Gives up between two tries. */
  readonly signal?: AbortSignal | undefined;
  /** How often the unit is committed at most; 8. */
  readonly attempts?: number;
}

/**
 * Commits the unit, and the same unit again while nobody knows or the store is busy, with pauses of 50 ms to 2 s.
 * Rejects with `commit-unknown` when it stays unknown, and with what the store rejected it with otherwise.
 */
export async function commitSettled(store: Store, unit: Unit, options: SettleOptions): Promise<Committed | Refused> {
  const { clock, signal, attempts = 8 } = options;
  let isOpen = false;
  for (let attempt = 1; ; attempt++) {
    const tried = await tryOnce(store, unit);
    if ("outcome" in tried) return tried;
    isOpen ||= tried.isOpen;
    if (attempt === attempts || signal?.aborted || !tried.isRetryable)
      throw isOpen ? unknownError(unit, tried.cause) : tried.cause;
    await sleep(clock, Math.min(2_000, 25 * 2 ** attempt), signal);
  }
}

interface Failed {
  readonly cause: unknown;
  /** The unit may have been committed. */
  readonly isOpen: boolean;
  readonly isRetryable: boolean;
}

async function tryOnce(store: Store, unit: Unit): Promise<Committed | Refused | Failed> {
  try {
    const verdict = await store.commit(unit);
    return verdict.outcome === "unknown" ? { cause: verdict.cause, isOpen: true, isRetryable: true } : verdict;
  } catch (cause) {
    return { cause, isOpen: false, isRetryable: cause instanceof CodedError && cause.retryable };
  }
}

function unknownError(unit: Unit, cause: unknown): Error {
  return commitUnknown(`whether unit ${unit.id} was committed is not known`, { cause, details: { unit: unit.id } });
}
