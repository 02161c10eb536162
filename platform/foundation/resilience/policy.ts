import { CodedError, errorCode } from "@daybook/kernel/errors";
import { unit, type Random } from "@daybook/kernel/random";

/** How often and how patiently something is tried, as data: for steps, queue handlers, subscriptions and requests alike. */
export interface AttemptPolicy {
  /** The first attempt included; 1 never tries again. */
  readonly attemptsMax: number;
  /** Pause after the first failed attempt, before jitter. */
  readonly firstDelayMs: number;
  /** By which each pause is longer than the one before; 1 keeps it fixed. */
  readonly factor: number;
  /** No pause is longer, jitter included. */
  readonly delayMsMax: number;
  /** Share of a pause that chance may add, 0 … 1: what failed together does not come back together. */
  readonly jitter: number;
  /** For one attempt; without it an attempt may take as long as it likes. */
  readonly timeoutMs?: number;
  /** For all attempts and pauses together, from the start of the first. Whoever schedules the attempts keeps it. */
  readonly overallMs?: number;
  /** Codes of errors after which it is not tried again, whatever they say of themselves. */
  readonly nonRetryable?: readonly string[];
}

/** Three attempts, with pauses from 1 s that double up to 100 s, and up to 30 % of jitter. */
export const DEFAULT_POLICY: AttemptPolicy = { attemptsMax: 3, firstDelayMs: 1_000, factor: 2, delayMsMax: 100_000, jitter: 0.3 };

/** For work that nobody asks for again: a process that dies with it in hand has used up an attempt, and it is not given up for that. */
export const PATIENT_POLICY: AttemptPolicy = { ...DEFAULT_POLICY, attemptsMax: 30 };

/**
 * Milliseconds to wait after the failed attempt of that number (from 1): `first × factorⁿ⁻¹ × (1 + jitter × chance)`, whole; after
 * one that was deferred, until its turn.
 */
export function retryDelay(policy: AttemptPolicy, failedAttempt: number, random: Random, error?: unknown): number {
  const turnMs = deferredMs(error);
  if (turnMs !== undefined) return turnMs;
  const { firstDelayMs, factor, delayMsMax, jitter } = policy;
  const delayMs = Math.min(delayMsMax, firstDelayMs * factor ** (failedAttempt - 1));
  return Math.ceil(Math.min(delayMsMax, delayMs * (1 + jitter * unit(random))));
}

/**
 * Whether an attempt follows the failed one of that number (from 1): always after one that was deferred, which was none. It
 * does not when `attemptsMax` is reached, when the
 * policy names the error's code as non-retryable, or when a coded error says that it is not retryable. What is no coded
 * error (a bug, an unreachable host) is tried again: nobody has said that it is in vain.
 */
export function mayRetry(policy: AttemptPolicy, failedAttempt: number, error: unknown): boolean {
  if (deferredMs(error) !== undefined) return true;
  if (failedAttempt >= policy.attemptsMax) return false;
  if (!(error instanceof CodedError)) return true;
  return error.retryable && !policy.nonRetryable?.includes(error.code);
}

/** The time to the turn that an attempt was given by a retry budget; undefined for every other error. */
function deferredMs(error: unknown): number | undefined {
  if (errorCode(error) !== "retry-deferred") return undefined;
  const { retryAfterMs } = (error as CodedError).details; // it has a code
  return Math.max(1, Number(retryAfterMs ?? 0));
}
