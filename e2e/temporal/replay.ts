import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";

Runtime.install({ logger: new DefaultLogger("ERROR"), telemetryOptions: { logging: { filter: "OFF", forward: {} } } });

/** Runs the bundle's code over a recorded history, in Temporal's isolate. */
export function replay(code: string, history: unknown): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle: { code } }, history);
}
