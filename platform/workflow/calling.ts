import type { Answer, Call } from "@daybook/network/rpc/contract";
import { z } from "zod";
import type { StepAttempt } from "./implement.ts";

const refusedSchema = z.strictObject({ refusal: z.strictObject({ code: z.string(), message: z.string() }) });

/** What a contract answers, as a step's result: the value, or the refusal without its details. */
export function answerOf<Output>(output: z.ZodType<Output>) {
  return z.union([z.strictObject({ value: output }), refusedSchema]);
}

/** The call that a step's attempt makes: under the step's key, which is the same for every attempt. */
export function callOf({ key, isUndo, cause, deadline }: StepAttempt): Call {
  return {
    context: {
      correlationId: cause.correlation,
      ...(cause.causation !== undefined && { causationId: cause.causation }),
      actor: cause.actor,
      tenant: cause.tenant,
      ...(cause.trace !== undefined && { traceparent: cause.trace }),
      ...(deadline !== undefined && { deadline }),
    },
    key: isUndo ? `${key}/undo` : key,
  };
}

/** A refusal without its details: what a history keeps is small and nobody's data. */
export function plainAnswer<Output>(answer: Answer<Output>) {
  if ("value" in answer) return { value: answer.value };
  const { code, message } = answer.refusal;
  return { refusal: { code, message } };
}
