import type { OrderSink, Placement } from "@daybook/shop-import/contract";
import { sleep, type Clock } from "@daybook/kernel/clock";
import { CodedError } from "@daybook/kernel/errors";
import { z } from "zod";
import type { Client } from "./connection/client.ts";
import { answerUnreadable } from "./errors.ts";

const placementSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal(["placed", "exists"]) }),
  z.object({ outcome: z.literal("refused"), code: z.string(), message: z.string() }),
]);
const answerSchema = z.object({
  results: z.array(z.object({ kind: z.literal("answered"), answer: placementSchema })),
});

const TRIES = 6;
const FIRST_WAIT_MS = 200;

/** Places orders through the shop's import route; a failure that may pass is tried again: nothing is placed twice. */
export function remoteSink(client: Client, clock: Clock, signal: AbortSignal): OrderSink {
  return {
    async place(orders) {
      for (let attempt = 1; ; attempt++) {
        try {
          const { body } = await client.call({ method: "POST", path: "/api/v1/imports/orders", body: { orders } });
          return placements(body, orders.length);
        } catch (error) {
          if (attempt === TRIES || !isPassing(error) || signal.aborted) throw error;
          await sleep(clock, FIRST_WAIT_MS * 2 ** attempt, signal);
        }
      }
    },
  };
}

function placements(body: unknown, expected: number): readonly Placement[] {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success || parsed.data.results.length !== expected)
    throw answerUnreadable("the server's answer to the import cannot be read");
  return parsed.data.results.map(({ answer }) => answer);
}

function isPassing(error: unknown): boolean {
  return error instanceof CodedError && error.retryable;
}
