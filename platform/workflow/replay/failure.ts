import { CodedError, messageOf, type ErrorFactory } from "@daybook/kernel/errors";

/** An error as a record: what crosses from a step to the workflow, and from a run to who waits for it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
  readonly isRetryable?: boolean;
}

const MESSAGE_CHARACTERS_MAX = 2_000;

/** What is no coded error gets `code`. */
export function failureOf(error: unknown, code: string): Failure {
  const message = messageOf(error).slice(0, MESSAGE_CHARACTERS_MAX);
  if (!(error instanceof CodedError)) return { code, message };
  return { code: error.code, message, advice: error.advice, ...(error.retryable && { isRetryable: true }) };
}

export function errorOf(
  { code, message, advice = "", isRetryable = false }: Failure,
  details?: Record<string, unknown>,
): CodedError {
  return new CodedError({ code, advice, retryable: isRetryable }, message, details && { details });
}

export function failure(factory: ErrorFactory, message: string): Failure {
  return failureOf(factory(message), "");
}
