import { CodedError } from "@daybook/kernel/errors";
import { exitCodeOfStatus } from "../exit-codes.ts";

/** A problem document that the server answered, as an error of its own code. */
export class ServerProblem extends CodedError {
  readonly status: number;

  constructor(status: number, problem: ProblemFields) {
    const fields = (problem.errors ?? []).map(({ pointer, message }) => `${pointer || "/"}: ${message}`);
    const message = [problem.detail, ...fields].join("; ");
    super({ code: problem.code, advice: adviceOf(status), retryable: problem.retryable ?? false }, message, {
      details: { status, ...(problem.traceId !== undefined && { traceId: problem.traceId }), ...problem.details },
    });
    this.status = status;
  }

  get exitCode(): number {
    return exitCodeOfStatus(this.status);
  }
}

/** What is read of a problem document (RFC 9457, with Daybook's extensions). */
export interface ProblemFields {
  readonly code: string;
  readonly detail: string;
  readonly traceId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[] | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

function adviceOf(status: number): string {
  if (status === 401) return "Check the token: DAYBOOK__TOKEN, or --token-file.";
  if (status === 403) return "Ask with a token whose role may do this.";
  if (status === 404) return "Check the id; `daybook order ls` lists what is there.";
  if (status === 412 || status === 409)
    return "Nothing was done. Look at what is there (`daybook order get`), then decide again.";
  if (status === 429 || status >= 500) return "Try again after a moment; `daybook doctor` says what is wrong.";
  return "Correct what the message names, then send it again.";
}
