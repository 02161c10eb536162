import type { WorkflowContext } from "@daybook/workflow/context";
import { workflow, type WorkflowContract } from "@daybook/workflow/definition";
import { z } from "zod";
import type { Return } from "./contract.ts";
import { completeReturn, endReturn, giveBackMoney, lookAtReturn, takeBackStock } from "./steps.ts";

const messages = {
  signals: {
    /** The return is not what it was: accepted, rejected, received. */
    changed: z.strictObject({}),
  },
  queries: { progress: z.string() },
};
type Ctx = WorkflowContext<typeof messages>;

/** How a return ended. */
const endSchema = z.discriminatedUnion("end", [
  z.strictObject({ end: z.literal("completed"), creditNote: z.string().optional() }),
  z.strictObject({ end: z.literal("rejected") }),
]);
type End = z.infer<typeof endSchema>;

/** Carries one return out. Its id is `returnRunId(returnId)`: started twice, it runs once. */
export const returning: WorkflowContract<{ returnId: string }, End> = {
  name: "return-order",
  input: z.strictObject({ returnId: z.string() }),
  output: endSchema,
};

export function returnRunId(returnId: string): string {
  return `return-${returnId}`;
}

/**
 * One return, from being asked for to the money back. It waits for people as long as they take; once the pieces are here it
 * goes forward only: stock, money with its credit note, and the return is completed.
 */
export const returnOrder = workflow({
  ...returning,
  messages,
  policy: { overallMs: Infinity },
  async run(ctx, { returnId }): Promise<End> {
    let progress = "looking";
    ctx.query("progress", () => progress);
    const received = await arrived(ctx, returnId, (status) => (progress = status));
    if (!received) return { end: "rejected" };
    ctx.pivot();
    progress = "taking back the stock";
    await ctx.step(takeBackStock, stockOf(received));
    progress = "giving back the money";
    const creditNote = await paidBack(ctx, received);
    progress = "completing";
    await ctx.step(completeReturn, { returnId, ...(creditNote !== undefined && { creditNote }) });
    progress = "completed";
    return { end: "completed", ...(creditNote !== undefined && { creditNote }) };
  },
});

/** The return once its pieces are here; undefined when it was rejected. */
async function arrived(ctx: Ctx, returnId: string, onStatus: (status: string) => void): Promise<Return | undefined> {
  let found = await ctx.step(lookAtReturn, { returnId }, { undo: endReturn });
  for (;;) {
    if (!found || found.status === "rejected") return undefined;
    if (found.status === "received" || found.status === "completed") return found;
    onStatus(found.status === "requested" ? "waiting for a decision" : "waiting for the pieces");
    await ctx.signal("changed");
    found = await ctx.step(lookAtReturn, { returnId });
  }
}

async function paidBack(ctx: Ctx, { returnId, orderId, amount, reason, lines }: Return): Promise<string | undefined> {
  if (amount.minor === "0") return undefined;
  const billed = lines.map(({ line, quantity, amount: share }) => ({ line, quantity, amount: share }));
  const paid = await ctx.step(giveBackMoney, { orderId, refundId: returnId, amount, reason, lines: billed });
  return paid.creditNote;
}

/** Pieces of one product by where they go. */
function stockOf({ returnId, orderId, reason, lines, writtenOff = [] }: Return) {
  const items = new Map<string, { productId: string; quantity: number; writtenOff: number }>();
  for (const { line, productId, quantity } of lines) {
    const item = items.get(productId) ?? { productId, quantity: 0, writtenOff: 0 };
    item.quantity += quantity;
    if (writtenOff.includes(line)) item.writtenOff += quantity;
    items.set(productId, item);
  }
  return { returnId, orderId, reason, items: [...items.values()] };
}
