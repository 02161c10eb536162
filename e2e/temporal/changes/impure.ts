import { digestHex } from "@daybook/kernel/digest";
import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import * as steps from "@daybook/shop-fulfilment/steps";
import { temporalWorkflow } from "@daybook/workflow/temporal/workflow";
import * as temporal from "@temporalio/workflow";

/** Planted: the workflow's code reaches a module of Node. */
const run = temporalWorkflow(temporal, { ...fulfilOrder, name: digestHex(fulfilOrder.name) }, Object.values(steps));
export { run as "fulfil-order" };
