import { sleep } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { moneySchema } from "@daybook/kernel/money";
import { fulfilmentEndSchema, fulfilmentId } from "@daybook/shop-fulfilment/contract";
import { getOrder } from "@daybook/shop-ordering/contract";
import { z } from "zod";
import type { Shop } from "./service.ts";

/** How an order ended: `fulfilled` is handed over to the carrier, whatever the carrier makes of it. */
export const orderEndSchema = z.strictObject({
  orderId: z.string(),
  /** Absent while it is under way. */
  end: z.enum(["fulfilled", "cancelled", "failed"]).optional(),
  /** Of one that was not fulfilled: what was charged all the same, and what of it was given back. */
  charged: moneySchema.optional(),
  refunded: moneySchema.optional(),
});
export type OrderEnd = z.infer<typeof orderEndSchema>;

const WAIT_MS = 2_000;
const LOOK_MS = { first: 25, most: 400 };

/** Asks `look` for each until it has an answer, for 2 s; what has none by then is undefined. */
export async function untilKnown<Asked, Known>(
  { clock }: Shop,
  all: readonly Asked[],
  look: (asked: Asked) => Promise<Known | undefined>,
): Promise<readonly (Known | undefined)[]> {
  const until = clock.elapsed() + WAIT_MS;
  const known: (Known | undefined)[] = all.map(() => undefined);
  for (let lookMs = LOOK_MS.first; ; lookMs = Math.min(2 * lookMs, LOOK_MS.most)) {
    await Promise.all(all.map(async (asked, at) => (known[at] ??= await look(asked))));
    if (!known.includes(undefined) || clock.elapsed() >= until) return known;
    await sleep(clock, lookMs);
  }
}

/** Undefined while the order is under way. */
export async function orderEnd(shop: Shop, orderId: string, context: Context): Promise<OrderEnd | undefined> {
  const run = await shop.work()?.fulfilment?.engine.get(fulfilmentId(orderId));
  if (run && run.endedAt === undefined) return undefined;
  if (run?.result !== undefined && fulfilmentEndSchema.parse(JSON.parse(run.result)).end === "fulfilled") {
    return { orderId, end: "fulfilled" };
  }
  const order = await shop.ordering.queries.dispatch(getOrder, { orderId }, { context });
  if (order?.status === "cancelled" || order?.status === "failed") {
    return { orderId, end: order.status, ...(await chargedFor(shop, orderId)) };
  }
  // Ended by an operator, when it had left already.
  return run && (order?.status === "shipped" || order?.status === "delivered") ? { orderId, end: "fulfilled" } : undefined;
}

async function chargedFor({ payments }: Shop, orderId: string): Promise<Pick<OrderEnd, "charged" | "refunded">> {
  const { payment } = (await payments.payment(orderId)) ?? {};
  if (!payment?.amount) return {};
  if (payment.status === "refunded") return { charged: payment.amount, refunded: payment.amount };
  return payment.status === "completed" ? { charged: payment.amount } : {};
}
