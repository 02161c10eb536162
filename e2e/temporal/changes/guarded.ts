import { assert } from "@daybook/kernel/errors";
import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import * as steps from "@daybook/shop-fulfilment/steps";
import { temporalWorkflow } from "@daybook/workflow/temporal/workflow";
import * as temporal from "@temporalio/workflow";

type Run = typeof fulfilOrder.run;

/** The planted change, guarded: runs that began before it go the old way. */
const changed: Run = async (ctx, input) => {
  assert(!("Temporal" in globalThis), "nothing tells the machine's time in the isolate");
  if (ctx.patched("reserve first")) {
    await ctx.step(steps.reserveStock, { ...input, items: [] }, { undo: steps.releaseStock });
  }
  return fulfilOrder.run(ctx, input);
};
const run = temporalWorkflow(temporal, { ...fulfilOrder, run: changed }, Object.values(steps));
export { run as "fulfil-order" };
