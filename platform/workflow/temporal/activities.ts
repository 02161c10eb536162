import { CodedError } from "@daybook/kernel/errors";
import { attemptSuperseded } from "../errors.ts";
import type { StepAttempt, StepImplementation } from "../implement.ts";
import { failureOf } from "../replay/failure.ts";
import { decodeValue, encodeValue } from "../replay/value-text.ts";
import type { StepCall, TemporalActivityModule } from "./surface.ts";

export type TemporalActivities = Readonly<Record<string, (input: string, call: StepCall) => Promise<string>>>;

/** How Temporal says that an attempt's place is taken, or its time over. */
const SUPERSEDED: readonly string[] = ["NOT_FOUND", "TIMED_OUT"];

/**
 * The steps as activities of a Temporal worker, by their contracts' names. `temporal` is the namespace of
 * `@temporalio/activity`. Errors keep their codes, and what is not retryable is not tried again.
 */
export function temporalActivities(temporal: TemporalActivityModule, steps: readonly StepImplementation[]): TemporalActivities {
  return Object.fromEntries(
    steps.map((step) => [step.contract.name, (input: string, call: StepCall) => run(temporal, step, input, call)]),
  );
}

async function run(temporal: TemporalActivityModule, step: StepImplementation, text: string, call: StepCall): Promise<string> {
  const { contract } = step;
  const attempt = attemptOf(temporal, call);
  try {
    const input = decodeValue(contract.input, text, `input of ${contract.name}`);
    return encodeValue(contract.output, await step.run(input, attempt), `result of ${contract.name}`);
  } catch (error) {
    if (attempt.signal.aborted) throw attempt.signal.reason;
    const told = failureOf(error, "step-failed");
    const nonRetryable = error instanceof CodedError && !error.retryable;
    throw temporal.ApplicationFailure.create({ message: told.message, type: told.code, nonRetryable, details: [told] });
  }
}

function attemptOf(temporal: TemporalActivityModule, { key, isUndo, cause }: StepCall): StepAttempt {
  const context = temporal.Context.current();
  const { info, cancellationSignal: signal } = context;
  return {
    key,
    isUndo,
    cause,
    workflowId: info.workflowExecution?.workflowId ?? "",
    token: info.base64TaskToken,
    number: info.attempt,
    deadline: info.currentAttemptScheduledTimestampMs + info.startToCloseTimeoutMs,
    signal,
    lastHeartbeat: typeof info.heartbeatDetails === "string" ? info.heartbeatDetails : undefined,
    heartbeat: (details) => {
      const reason: unknown = signal.aborted ? signal.reason : undefined;
      if (reason instanceof Error && SUPERSEDED.includes(reason.message)) {
        throw attemptSuperseded(`attempt ${info.attempt} at ${key} is over`);
      }
      context.heartbeat(details);
    },
  };
}
