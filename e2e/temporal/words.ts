import { temporalWorkflow } from "@daybook/workflow/temporal/workflow";
import * as temporal from "@temporalio/workflow";
import * as program from "./words.workflow.ts";

const steps = [program.say, program.unsay];

export const words = temporalWorkflow(temporal, program.words, steps);
export const echo = temporalWorkflow(temporal, program.echo, steps);
export const broken = temporalWorkflow(temporal, program.broken, steps);
export const decided = temporalWorkflow(temporal, program.decided, steps);
