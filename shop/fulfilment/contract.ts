import type { WorkflowContract } from "@daybook/workflow/definition";
import { z } from "zod";

/** How an order ended: carried out, or undone and why. Cancelled, timed out and unexpected ends are the run's own status. */
export const fulfilmentEndSchema = z.discriminatedUnion("end", [
  z.strictObject({ end: z.literal("fulfilled") }),
  z.strictObject({ end: z.literal("refused"), code: z.string(), reason: z.string() }),
]);
export type FulfilmentEnd = z.infer<typeof fulfilmentEndSchema>;

/** Carries one order out. Its id is `fulfilmentId(orderId)`: started twice, it runs once. */
export const fulfilment: WorkflowContract<{ orderId: string }, FulfilmentEnd> = {
  name: "fulfil-order",
  input: z.strictObject({ orderId: z.string() }),
  output: fulfilmentEndSchema,
};

const PREFIX = "order-processing-";

export function fulfilmentId(orderId: string): string {
  return `${PREFIX}${orderId}`;
}

/** The order that a run carries out; undefined for a run of another workflow. */
export function orderIdOf(runId: string): string | undefined {
  return runId.startsWith(PREFIX) ? runId.slice(PREFIX.length) : undefined;
}
