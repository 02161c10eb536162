import { CodedError } from "@daybook/kernel/errors";

/** Whether an error is the failure of what was called: all are, but coded errors that are not retryable: it has answered, then. */
export function isFailureOfCallee(error: unknown): boolean {
  return !(error instanceof CodedError) || error.retryable;
}
