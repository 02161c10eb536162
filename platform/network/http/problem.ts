import { CodedError } from "@daybook/kernel/errors";
import type { HttpAnswer } from "./route.ts";
import { STATUSES, type StatusTable } from "./statuses.ts";
import { traceIdOf } from "./request/trace.ts";

/** A problem document (RFC 9457). `type` and `code` are stable; compare by them. */
export interface Problem {
  /** `urn:daybook:problem:{code}`: names the problem without needing a network. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly traceId: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The fields at fault. */
  readonly errors?: readonly FieldError[];
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface FieldError {
  /** Where the field stands; the body unless given. */
  readonly in?: "body" | "query" | "path";
  /** JSON pointer (RFC 6901) into it. */
  readonly pointer: string;
  readonly message: string;
}

/** What went wrong, as refusals of deciders and coded errors say it. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  /** Plain data for the reader. `errors` (FieldError[]) and `retryAfterMs` have a meaning of their own. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Renders a refusal or an error as an answer, by `statuses`; pure. A code that they do not know is a 500. */
export function problemAnswer(refused: Refused, statuses: StatusTable, traceparent: string | undefined): HttpAnswer {
  const status = statusOf(refused.code, statuses) ?? 500;
  const { errors, retryAfterMs, ...details } = refused.details ?? {};
  const problem: Problem = {
    type: `urn:daybook:problem:${refused.code}`,
    title: titleOf(refused.code),
    status,
    code: refused.code,
    detail: refused.message,
    traceId: traceIdOf(traceparent),
    retryable: refused.retryable ?? false,
    ...(Array.isArray(errors) && { errors: errors as readonly FieldError[] }), // by the contract of Refused
    ...(Object.keys(details).length > 0 && { details }),
  };
  return {
    status,
    headers: { "content-type": PROBLEM_TYPE, ...retryAfter(problem.retryable, retryAfterMs) },
    body: JSON.stringify(problem),
  };
}

/** The answer to whatever a handler threw; undefined when the edge's table has no status for it. */
export function errorAnswer(error: unknown, statuses: StatusTable, traceparent: string | undefined): HttpAnswer | undefined {
  if (!(error instanceof CodedError) || statusOf(error.code, statuses) === undefined) return undefined;
  return problemAnswer(error, statuses, traceparent);
}

/** The status of a code: the program's own table first, then the edge's. */
export function statusOf(code: string, statuses: StatusTable): number | undefined {
  return statuses[code] ?? STATUSES[code];
}

/** `order-not-found` → `Order not found`. */
export function titleOf(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1).replaceAll("-", " ");
}

function retryAfter(isRetryable: boolean, afterMs: unknown): Readonly<Record<string, string>> {
  if (!isRetryable) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(typeof afterMs === "number" ? afterMs / 1000 : 1))) };
}
