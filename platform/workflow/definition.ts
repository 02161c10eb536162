import type { AttemptPolicy } from "@daybook/foundation/resilience/policy";
import type { z } from "zod";
import type { WorkflowContext } from "./context.ts";

/**
 * What a step takes and gives, apart from how it is done (`implement`): a workflow knows contracts only. A step runs at
 * least once, under a key that never changes, so that its effect can be made to happen once.
 */
export interface StepContract<Input = unknown, Output = unknown> {
  /** Unique in the program. */
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Over `DEFAULT_POLICY`. `overallMs` counts from the step's start. */
  readonly policy?: Partial<AttemptPolicy>;
  /** An attempt that is silent for longer is given up and tried again. */
  readonly heartbeatMs?: number;
}

/** Declares a step. */
export function step<Input, Output>(contract: StepContract<Input, Output>): StepContract<Input, Output> {
  return contract;
}

/** What others may send to a running workflow and ask of it, by name. */
export interface Messages {
  readonly signals?: Readonly<Record<string, z.ZodType>>;
  /** The schema of each query's answer. */
  readonly queries?: Readonly<Record<string, z.ZodType>>;
  readonly updates?: Readonly<Record<string, UpdateContract>>;
}

/** The empty table. */
export interface NoMessages extends Messages {
  readonly signals?: never;
  readonly queries?: never;
  readonly updates?: never;
}

export interface UpdateContract {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

export interface WorkflowPolicy {
  /** From start to end; then it is undone and fails. 24 hours unless given, Infinity for none. */
  readonly overallMs?: number;
  /** How long the history is kept after the end; 7 days. The row and the summary fact stay. */
  readonly retentionMs?: number;
}

/** What is known of a workflow without its code: enough to start it and to read its result. */
export interface WorkflowContract<Input = unknown, Output = unknown> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
}

export interface WorkflowOptions<Input, Output, M extends Messages> extends WorkflowContract<Input, Output> {
  /** 1 unless given. Runs stay on the version that they began on while it is registered, else they go on with the newest. */
  readonly version?: number;
  readonly messages?: M;
  readonly policy?: WorkflowPolicy;
  /**
   * The workflow: it reaches the world through `ctx` only, so that running it again over its history gives the same
   * commands. What it returns ends it as completed, a business refusal included; what it throws undoes what was done.
   */
  run(ctx: WorkflowContext<M>, input: Input): Promise<Output>;
}

export interface WorkflowDefinition<Input = unknown, Output = unknown, M extends Messages = Messages> extends WorkflowOptions<
  Input,
  Output,
  M
> {
  readonly version: number;
  readonly messages: M;
  readonly policy: WorkflowPolicy;
}

/** A definition of whatever types, as an engine registers it. */
export interface AnyWorkflow extends WorkflowContract {
  readonly version: number;
  readonly messages: Messages;
  readonly policy: WorkflowPolicy;
  run(ctx: never, input: never): Promise<unknown>;
}

/** Declares a workflow. A file that does imports only types, schemas, contracts and this module (`tidy`: workflows). */
export function workflow<Input, Output, const M extends Messages = NoMessages>(
  options: WorkflowOptions<Input, Output, M>,
): WorkflowDefinition<Input, Output, M> {
  // Without messages M is the empty table.
  return { version: 1, messages: {} as M, policy: {}, ...options };
}
