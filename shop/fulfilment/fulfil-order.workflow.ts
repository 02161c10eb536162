import type { WorkflowContext } from "@daybook/workflow/context";
import { workflow } from "@daybook/workflow/definition";
import { z } from "zod";
import { fulfilment, type FulfilmentEnd } from "./contract.ts";
import {
  cancelPayment,
  cancelShipment,
  chargePayment,
  confirmOrder,
  createShipment,
  endOrder,
  failOrder,
  handOver,
  releaseStock,
  reserveStock,
  shipOrder,
  validateOrder,
} from "./steps.ts";

const messages = {
  signals: {
    /** What became of a payment that was pending. */
    paymentOutcome: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("settled") }),
      z.strictObject({ type: z.literal("declined"), code: z.string(), reason: z.string() }),
    ]),
    /** The order is no longer on hold. */
    released: z.strictObject({}),
  },
  queries: { progress: z.string() },
};
type Ctx = WorkflowContext<typeof messages>;

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * One order, from placed to handed over; or undone, in reverse, up to the pivot: once ordering has decided that it is
 * shipped it goes forward only. What a context refuses ends it normally, with the reason.
 */
export const fulfilOrder = workflow({
  ...fulfilment,
  messages,
  policy: { overallMs: 24 * 60 * 60 * 1_000 },
  async run(ctx, { orderId }): Promise<FulfilmentEnd> {
    const refusal = await carryOut(ctx, orderId).catch((error: unknown) => failed(ctx, orderId, error));
    if (!refusal) return { end: "fulfilled" };
    const { code, message } = refusal;
    await ctx.step(failOrder, { orderId, code, reason: message });
    await ctx.undo(message);
    return { end: "refused", code, reason: message };
  },
});

/** Says so at once, as far as the run still may; then it is undone. */
async function failed(ctx: Ctx, orderId: string, error: unknown): Promise<never> {
  const reason = "It cannot be carried out at present.";
  await ctx.step(failOrder, { orderId, code: "not-fulfilled", reason }).catch(() => undefined);
  throw error;
}

/** Why the order is not carried out; undefined when it is. */
async function carryOut(ctx: Ctx, orderId: string): Promise<Refusal | undefined> {
  let progress = "validating";
  ctx.query("progress", () => progress);

  const order = await ctx.step(validateOrder, { orderId }, { undo: endOrder });
  if (!order) return { code: "order-not-found", message: "There is no such order." };
  const { items, total, customerId, payment } = order;
  if (order.status !== "placed" || !payment) return { code: "order-not-open", message: `The order is ${order.status}.` };

  progress = "reserving";
  const reserved = await ctx.step(reserveStock, { orderId, items: [...merged(items)] }, { undo: releaseStock });
  if ("refusal" in reserved) return reserved.refusal;

  progress = "charging";
  const charge = { orderId, customerId, amount: total, method: payment };
  const charged = await ctx.step(chargePayment, charge, { undo: cancelPayment });
  if ("refusal" in charged) return charged.refusal;
  if (charged.value.status === "pending") {
    progress = "waiting for the payment";
    const outcome = await ctx.signal("paymentOutcome");
    if (outcome.type === "declined") return { code: outcome.code, message: outcome.reason };
  }

  progress = "creating the shipment";
  const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0);
  const shipment = await ctx.step(createShipment, { orderId, pieces }, { undo: cancelShipment });
  if ("refusal" in shipment) return shipment.refusal;

  const { reservationId } = reserved.value;
  const { paymentId } = charged.value;
  const confirmed = await ctx.step(confirmOrder, { orderId, reservationId, paymentId, shipment: shipment.value });
  if ("refusal" in confirmed) return confirmed.refusal;

  progress = "handing over";
  const refusal = await ship(ctx, orderId, () => (progress = "on hold"));
  if (refusal) return refusal;
  await ctx.step(handOver, { orderId });
  progress = "fulfilled";
  return undefined;
}

/** Ordering decides whether the order leaves; a cancel that comes meanwhile waits for its answer. */
async function ship(ctx: Ctx, orderId: string, onHold: () => void): Promise<Refusal | undefined> {
  for (;;) {
    const shipped = await ctx.scope(
      async (shielded) => {
        const answer = await shielded.step(shipOrder, { orderId });
        if ("value" in answer) shielded.pivot();
        return answer;
      },
      { isShielded: true },
    );
    if ("value" in shipped) return undefined;
    if (shipped.refusal.code !== "order-held") return shipped.refusal;
    onHold();
    await ctx.signal("released");
  }
}

/** Lines of one product are one item of the stock. */
function merged(items: readonly { readonly productId: string; readonly quantity: number }[]) {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of items) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}
