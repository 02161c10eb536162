import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { z } from "zod";

/**
 * What one context offers to others: named operations with the schemas of what they take and answer. Both sides know
 * nothing else of each other. Every call is text on its way, also inside one process.
 */
export interface Contract<Operations extends OperationTypes = OperationTypes> {
  /** Lower case; unique in the program. */
  readonly name: string;
  readonly operations: Operations;
}

export type OperationTypes = Readonly<Record<string, OperationType>>;

export interface OperationType<Input = unknown, Output = unknown> {
  readonly input: z.ZodType<Input>;
  /** Of the value of an accepted call. */
  readonly output: z.ZodType<Output>;
}

/** The value, or why the callee's business refused. Operating failures reject with a coded error instead. */
export type Answer<Output> = { readonly value: Output } | { readonly refusal: Refusal };

/** What travels with a call. */
export interface Call {
  /** Who asks, in which case, and until when (`deadline`). */
  readonly context: Context;
  /** Calls under one key have one effect and one answer, for ever. Operations that change something want one. */
  readonly key?: string;
}

/** A contract's operations as functions: what the caller has, and what the callee implements. */
export type Operable<Operations extends OperationTypes> = {
  readonly [Name in keyof Operations]: (
    input: Operations[Name] extends OperationType<infer Input> ? Input : never,
    call: Call,
  ) => Promise<Answer<Operations[Name] extends OperationType<unknown, infer Output> ? Output : never>>;
};

export function contract<const Operations extends OperationTypes>(name: string, operations: Operations): Contract<Operations> {
  assert(/^[a-z][a-z-]*$/.test(name), `"${name}" names a contract`);
  return { name, operations };
}

/** The value of an answer that cannot be a refusal here. */
export function valueOf<Output>(answer: Answer<Output>): Output {
  assert("value" in answer, `not refused: ${"refusal" in answer ? answer.refusal.code : ""}`);
  return answer.value;
}
