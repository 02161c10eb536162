import type { AttemptContext } from "@daybook/foundation/resilience/run-attempt";
import type { UnitCause } from "@daybook/data/store/unit";
import type { StepContract } from "./definition.ts";

/** What an attempt at a step knows of itself. */
export interface StepAttempt extends AttemptContext {
  /** `workflowId/step`: the same for every attempt, and for the step's undo. The effect's idempotency key. */
  readonly key: string;
  /** Whether it undoes the step of that key. */
  readonly isUndo: boolean;
  readonly workflowId: string;
  readonly cause: UnitCause;
  /** Says that the attempt is alive. Throws `attempt-superseded` once another attempt has taken its place. */
  heartbeat(details?: string): void;
  /** What the attempt before last told its heartbeat. */
  readonly lastHeartbeat: string | undefined;
}

/** A contract with the function that does it. */
export interface StepImplementation {
  readonly contract: StepContract;
  run(input: unknown, attempt: StepAttempt): Promise<unknown>;
}

/** Says how a step is done. What it returns crosses as text by the contract's schema. */
export function implement<Input, Output>(
  contract: StepContract<Input, Output>,
  handler: (input: Input, attempt: StepAttempt) => Output | Promise<Output>,
): StepImplementation {
  // The engine hands over what the contract's schema parsed.
  return { contract, run: async (input, attempt) => handler(input as Input, attempt) };
}
