/**
 * An operating failure: what happened, what to do about it, whether the same call may succeed later. Compared by
 * `code`, never by class or text. A refused business decision is a value instead; a programmer's mistake an assertion.
 */
export class CodedError extends Error {
  readonly code: string;
  readonly advice: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(definition: ErrorDefinition, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodedError";
    this.code = definition.code;
    this.advice = definition.advice;
    this.retryable = definition.retryable ?? false;
    this.details = options.details ?? {};
  }
}

export interface ErrorDefinition {
  /** Stable, kebab-case, unique in the program; documented in docs/errors.md. */
  readonly code: string;
  readonly advice: string;
  readonly retryable?: boolean;
}

export interface CodedErrorOptions {
  readonly cause?: unknown;
  /** Plain data for the reader; never secrets, never personal data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export type ErrorFactory = (message: string, options?: CodedErrorOptions) => CodedError;

/** Makes the factory of one coded error. Each package keeps its own in `errors.ts`. */
export function defineError(definition: ErrorDefinition): ErrorFactory {
  return (message, options) => new CodedError(definition, message, options);
}

/** The code of `error`, or undefined when it is not a coded error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof CodedError ? error.code : undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws when a programmer's assumption does not hold. */
export function assert(holds: unknown, assumption: string): asserts holds {
  if (!holds) throw new Error(`assertion failed: ${assumption}`);
}
