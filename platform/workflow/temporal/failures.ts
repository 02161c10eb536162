import { attemptTimeout } from "@daybook/foundation/resilience/errors";
import { CodedError, messageOf } from "@daybook/kernel/errors";
import { childWorkflowFailed, stepHeartbeatMissed, workflowCancelled } from "../errors.ts";
import { failure, failureOf, type Failure } from "../replay/failure.ts";

/** What Temporal's failures have, each where it applies; they cross as data, so that classes say nothing. */
interface TemporalFailure {
  readonly name?: string;
  readonly cause?: unknown;
  readonly type?: string | null;
  readonly details?: readonly unknown[] | null;
  readonly timeoutType?: string;
}

/** Why an activity failed for good, by the code of its own error; also of errors that are not Temporal's. */
export function stepFailure(error: unknown): Failure {
  if (error instanceof CodedError) return failureOf(error, "step-failed");
  const cause = innermost(error);
  if (cause.name === "CancelledFailure") return failure(workflowCancelled, "cancelled before it was done");
  if (cause.name === "TimeoutFailure") {
    return failure(cause.timeoutType === "HEARTBEAT" ? stepHeartbeatMissed : attemptTimeout, messageOf(cause));
  }
  return toldFailure(cause) ?? { code: cause.type ?? "step-failed", message: messageOf(cause) };
}

/** Why a child ended without a result. */
export function childFailure(error: unknown, child: string): Failure {
  const cause = innermost(error);
  const why = toldFailure(cause);
  return failure(childWorkflowFailed, `${child}: ${why ? `${why.code}: ${why.message}` : messageOf(cause)}`);
}

/** An activity's or a child's failure wraps the one that says why. */
function innermost(error: unknown): TemporalFailure {
  const outer = error as TemporalFailure; // read only, and only what may be missing
  const isWrapped = outer.name === "ActivityFailure" || outer.name === "ChildWorkflowFailure";
  return isWrapped && outer.cause ? outer.cause : outer;
}

/** What this package's own side wrote into the failure. */
function toldFailure({ details }: TemporalFailure): Failure | undefined {
  const told = details?.[0] as Failure | undefined; // ours, or of who knows whom: hence the question
  return typeof told?.code === "string" && typeof told.message === "string" ? told : undefined;
}
