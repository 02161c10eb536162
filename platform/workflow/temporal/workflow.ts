import { systemClock } from "@daybook/kernel/clock";
import type { AnyWorkflow, StepContract, WorkflowDefinition } from "../definition.ts";
import type { Started } from "../replay/history.ts";
import { RunCore } from "../replay/run-core.ts";
import { refusePersonal } from "../replay/value-text.ts";
import { IsolateRun } from "./isolate-run.ts";
import type { RunOrigin, TemporalWorkflowModule } from "./surface.ts";

/**
 * The workflow as Temporal runs it: export it from the bundled module under its contract's name. `temporal` is the
 * namespace of `@temporalio/workflow`; `steps` are all that it takes, undos included: their policies become options of
 * activities.
 */
export function temporalWorkflow(temporal: TemporalWorkflowModule, workflow: AnyWorkflow, steps: readonly StepContract[]) {
  for (const { name, input, output } of [workflow, ...steps]) {
    refusePersonal(input, `input of ${name}`);
    refusePersonal(output, `result of ${name}`);
  }
  // It tells the machine's time, which differs when replayed.
  Reflect.deleteProperty(globalThis, "Temporal");
  const byName = new Map(steps.map((step) => [step.name, step]));
  const definition = workflow as WorkflowDefinition; // run() gets what its own schema parsed
  return (input: string, origin: RunOrigin): Promise<string> => {
    const core = new IsolateCore(temporal, definition, startedOf(temporal, definition, input, origin));
    return new IsolateRun(temporal, core, { origin, steps: byName }).execute();
  };
}

/** Temporal's own markers say which changes a run passed. */
class IsolateCore extends RunCore {
  private readonly temporal: TemporalWorkflowModule;

  constructor(temporal: TemporalWorkflowModule, definition: WorkflowDefinition, started: Started) {
    super(definition, started);
    this.temporal = temporal;
  }

  override patched(change: string): boolean {
    return this.temporal.patched(change);
  }
}

function startedOf(
  temporal: TemporalWorkflowModule,
  { name, version }: WorkflowDefinition,
  input: string,
  origin: RunOrigin,
): Started {
  const { correlation, actor, tenant, trace, number = 1 } = origin;
  const { workflowId, taskQueue } = temporal.workflowInfo();
  return {
    id: workflowId,
    workflow: name,
    version,
    number,
    queue: taskQueue,
    input,
    at: systemClock.now(),
    seed: Number.parseInt(temporal.uuid4().slice(0, 8), 16),
    attributes: {},
    correlation,
    actor,
    tenant,
    ...(trace !== undefined && { trace }),
  };
}
