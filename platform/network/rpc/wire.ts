import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Context } from "@daybook/kernel/context";
import type { CodedError } from "@daybook/kernel/errors";

/** A call as text: JSON of `CallRecord` one way, of `AnswerRecord` back. */
export type Transport = (call: string) => Promise<string>;

export interface CallRecord {
  readonly contract: string;
  readonly operation: string;
  readonly input: unknown;
  readonly context: Context;
  readonly key?: string;
}

export type AnswerRecord = { readonly value: unknown } | { readonly refusal: Refusal } | { readonly error: ErrorRecord };

/** A coded error on its way to the caller, without its cause. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly retryable: boolean;
  readonly details: CodedError["details"];
}
