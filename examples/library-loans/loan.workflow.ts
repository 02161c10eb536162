import type { WorkflowContext } from "@daybook/workflow/context";
import { workflow } from "@daybook/workflow/definition";
import { z } from "zod";
import { chargeFee, sendLetter, waiveFee } from "./steps.ts";

const loanSchema = z.strictObject({
  reader: z.string(),
  title: z.string(),
  /** Epoch milliseconds: when the reader is reminded, when the copy is due, and when it is given up. */
  remindAt: z.int(),
  dueAt: z.int(),
  lostAt: z.int(),
});
type LoanDates = z.infer<typeof loanSchema>;

const messages = { signals: { returned: z.null() } };

/** Follows one loan until the copy is back: reminds, charges a fee, gives up. Cancelled, it takes back the fee. */
export const loanWorkflow = workflow({
  name: "loan",
  input: loanSchema,
  output: z.enum(["returned", "lost"]),
  messages,
  policy: { overallMs: Infinity },
  run: (ctx, loan) => ctx.race([returned, (branch) => follow(branch, loan)]),
});

async function returned(ctx: WorkflowContext<typeof messages>): Promise<"returned"> {
  await ctx.signal("returned");
  return "returned";
}

async function follow(ctx: WorkflowContext<typeof messages>, loan: LoanDates): Promise<"lost"> {
  const { reader, title, remindAt, dueAt, lostAt } = loan;
  await ctx.sleep(remindAt - ctx.now());
  await ctx.step(sendLetter, { kind: "reminder", reader, title });
  await ctx.sleep(dueAt - ctx.now());
  await ctx.step(chargeFee, { reader }, { undo: waiveFee });
  await ctx.step(sendLetter, { kind: "overdue", reader, title });
  await ctx.sleep(lostAt - ctx.now());
  return "lost";
}
