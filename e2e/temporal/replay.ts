import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";

Runtime.install({ logger: new DefaultLogger("ERROR"), telemetryOptions: { logging: { filter: "OFF", forward: {} } } });

/** Runs the bundle's code over the recorded history of that run, in Temporal's isolate. */
export function replay(code: string, history: unknown, workflowId: string): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
}
