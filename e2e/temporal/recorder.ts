import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkflowContract } from "@daybook/workflow/definition";
import type { StepImplementation } from "@daybook/workflow/implement";
import { temporalActivities } from "@daybook/workflow/temporal/activities";
import { runArguments } from "@daybook/workflow/temporal/client-texts";
import * as activity from "@temporalio/activity";
import { Client, Connection, type WorkflowHandle, type WorkflowHandleWithFirstExecutionRunId } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { NativeConnection, Worker } from "@temporalio/worker";
import { temporalTestServer } from "../../tools/engines/temporal-test-server.ts";
import { bundled } from "./bundle.ts";

const CAUSE = { correlation: "cor-1", actor: "sys_recorder", tenant: "trial" };
const IDENTITY = "recorder"; // else histories would name the machine

/** Temporal's test server with a worker of one bundle, and where the histories go. */
export class Recorder {
  private readonly client: Client;
  private readonly taskQueue: string;

  private constructor(client: Client, taskQueue: string) {
    this.client = client;
    this.taskQueue = taskQueue;
  }

  static async while(entry: string, steps: readonly StepImplementation[], record: (recorder: Recorder) => Promise<void>) {
    const server = await temporalTestServer();
    const { address } = server;
    const [native, connection] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
    const worker = await Worker.create({
      identity: IDENTITY,
      taskQueue: entry,
      connection: native,
      workflowBundle: { code: await bundled(`${entry}.ts`) },
      activities: temporalActivities(activity, steps),
    });
    await worker.runUntil(record(new Recorder(new Client({ connection, identity: IDENTITY }), entry)));
    await connection.close();
    await native.close();
    await server.stop();
  }

  start<Input>(
    contract: WorkflowContract<Input>,
    input: NoInfer<Input>,
    id: string,
  ): Promise<WorkflowHandleWithFirstExecutionRunId> {
    const { taskQueue, client } = this;
    return client.workflow.start(contract.name, { taskQueue, workflowId: id, args: runArguments(contract, input, CAUSE) });
  }

  /** One run of those under an id. */
  run(id: string, runId: string): WorkflowHandle {
    return this.client.workflow.getHandle(id, runId);
  }

  /** Writes the run's history under that name, which begins with the run's id; without the machine's paths. */
  async keep(name: string, run: WorkflowHandle): Promise<void> {
    const history = await run.fetchHistory();
    const folder = join(import.meta.dirname, "histories", this.taskQueue);
    mkdirSync(folder, { recursive: true });
    const events: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) => (key === "stackTrace" ? "" : value));
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(events, undefined, 1)}\n`);
    console.log(`${this.taskQueue}/${name}: ${history.events?.length} events`);
  }
}
