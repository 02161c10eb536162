import { sleep, type Clock } from "@daybook/kernel/clock";
import { CodedError } from "@daybook/kernel/errors";
import { moneySchema } from "@daybook/kernel/money";
import type { ImportReturn, ImportTarget, OrderEnd, ReturnEnd } from "@daybook/shop-import/contract";
import { z } from "zod";
import type { Client } from "./connection/client.ts";
import { answerUnreadable } from "./errors.ts";

const refused = z.object({ outcome: z.literal("refused"), code: z.string(), message: z.string() });
const placements = z.object({
  results: z.array(z.discriminatedUnion("outcome", [z.object({ outcome: z.literal(["placed", "exists"]) }), refused])),
});
const ends = z.object({
  orders: z.array(
    z.object({
      orderId: z.string(),
      end: z.literal(["fulfilled", "cancelled", "failed"]).optional(),
      charged: moneySchema.optional(),
      refunded: moneySchema.optional(),
    }),
  ),
});
const returnEnds = z.object({
  results: z.array(
    z.discriminatedUnion("outcome", [
      z.object({ outcome: z.literal("completed"), amount: moneySchema }),
      z.object({ outcome: z.literal("under-way") }),
      refused,
    ]),
  ),
});

/** Returns in one request. */
const AT_ONCE = 200;
const TRIES = 6;
const FIRST_WAIT_MS = 200;

/**
 * Brings orders in through the shop's import routes. A failure that may pass is tried again: nothing is done twice. What is under
 * way there is waited for as long as it takes, unless the signal says not to.
 */
export function remoteTarget(client: Client, clock: Clock, stopping: AbortSignal): ImportTarget {
  async function asked<Answer>(what: string, body: object, schema: z.ZodType<Answer>, signal?: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await client.call({ method: "POST", path: `/api/v1/imports/${what}`, body, signal });
        const read = schema.safeParse(answer.body);
        if (read.success) return read.data;
        throw answerUnreadable(`the server's answer about ${what} cannot be read`);
      } catch (error) {
        if (attempt === TRIES || !isPassing(error) || stopping.aborted) throw error;
        await sleep(clock, FIRST_WAIT_MS * 2 ** attempt, stopping);
      }
    }
  }

  return {
    async list(products) {
      await asked("products", { products }, z.object({}));
    },
    async place(orders) {
      return all((await asked("orders", { orders }, placements)).results, orders);
    },
    async ended(orderIds, signal) {
      const found = new Map<string, OrderEnd>();
      for (let left = orderIds; left.length > 0; left = left.filter((id) => !found.has(id))) {
        signal.throwIfAborted();
        const { orders } = await asked("ends", { orderIds: left }, ends, signal);
        for (const { orderId, end, ...money } of orders) if (end) found.set(orderId, { end, ...money });
      }
      return all(
        orderIds.flatMap((id) => found.get(id) ?? []),
        orderIds,
      );
    },
    async giveBack(returns, signal) {
      const known: ReturnEnd[] = [];
      for (let from = 0; from < returns.length; from += AT_ONCE) {
        known.push(...(await allBack(returns.slice(from, from + AT_ONCE), signal)));
      }
      return known;
    },
  };

  /** Asked again until all of them have ended: under its key, a return is made once. */
  async function allBack(returns: readonly ImportReturn[], signal: AbortSignal): Promise<readonly ReturnEnd[]> {
    for (;;) {
      signal.throwIfAborted();
      const results = all((await asked("returns", { returns }, returnEnds, signal)).results, returns);
      const known = results.filter((result): result is ReturnEnd => result.outcome !== "under-way");
      if (known.length === returns.length) return known;
    }
  }
}

function all<Answer>(answers: readonly Answer[], asked: readonly unknown[]): readonly Answer[] {
  if (answers.length === asked.length) return answers;
  throw answerUnreadable("the server's answer to the import is not about what it was asked");
}

function isPassing(error: unknown): boolean {
  return error instanceof CodedError && error.retryable;
}
