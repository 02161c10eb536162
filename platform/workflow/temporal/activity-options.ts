import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import type { StepContract } from "../definition.ts";
import type { ActivityOptions } from "./surface.ts";

/**
 * A step's contract as Temporal's options. Temporal has no jitter and no attempt without a limit: one without `timeoutMs`
 * may take as long as all attempts, or else as the whole run (`runMs`). Whether a coded error is tried again it says itself.
 */
export function activityOptions(contract: StepContract, activityId: string, runMs: number): ActivityOptions {
  const policy = { ...DEFAULT_POLICY, ...contract.policy };
  const { attemptsMax, firstDelayMs, factor, delayMsMax, timeoutMs, overallMs, nonRetryable } = policy;
  return {
    activityId,
    startToCloseTimeout: timeoutMs ?? overallMs ?? runMs,
    ...(overallMs !== undefined && { scheduleToCloseTimeout: overallMs }),
    ...(contract.heartbeatMs !== undefined && { heartbeatTimeout: contract.heartbeatMs }),
    cancellationType: "WAIT_CANCELLATION_COMPLETED",
    retry: {
      maximumAttempts: attemptsMax,
      initialInterval: firstDelayMs,
      backoffCoefficient: factor,
      maximumInterval: Math.max(firstDelayMs, delayMsMax),
      ...(nonRetryable && { nonRetryableErrorTypes: [...nonRetryable] }),
    },
  };
}
