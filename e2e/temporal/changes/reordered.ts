import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import * as steps from "@daybook/shop-fulfilment/steps";
import { temporalWorkflow } from "@daybook/workflow/temporal/workflow";
import * as temporal from "@temporalio/workflow";

type Run = typeof fulfilOrder.run;

/** Planted: the stock is reserved before the order is validated. */
const changed: Run = async (ctx, input) => {
  await ctx.step(steps.reserveStock, { ...input, items: [] }, { undo: steps.releaseStock });
  return fulfilOrder.run(ctx, input);
};
const run = temporalWorkflow(temporal, { ...fulfilOrder, run: changed }, Object.values(steps));
export { run as "fulfil-order" };
