import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import * as steps from "@daybook/shop-fulfilment/steps";
import { temporalWorkflow } from "@daybook/workflow/temporal/workflow";
import * as temporal from "@temporalio/workflow";

/** What Temporal bundles: the shop's workflow, as it is. */
const run = temporalWorkflow(temporal, fulfilOrder, Object.values(steps));
export { run as "fulfil-order" };
