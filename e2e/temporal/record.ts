import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fulfilment } from "@daybook/shop-fulfilment/contract";
import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import { temporalActivities } from "@daybook/workflow/temporal/activities";
import { runArguments, runResult, signalArgument } from "@daybook/workflow/temporal/client-texts";
import * as activity from "@temporalio/activity";
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { temporalTestServer } from "../../tools/engines/temporal-test-server.ts";
import { bundled } from "./bundle.ts";
import { Stage } from "./stage.ts";

/**
 * `node e2e/temporal/record.ts`: runs the shop's workflow on Temporal's test server and writes the histories that
 * temporal.int.test.ts replays. Record anew only when a change of the workflow is meant to break running ones.
 */
const CAUSE = { correlation: "cor-1", actor: "sys_recorder", tenant: "trial" };
const ORIGIN = { taskQueue: "fulfilment", identity: "recorder" };

Runtime.install({ logger: new DefaultLogger("ERROR") });
const server = await temporalTestServer();
const native = await NativeConnection.connect({ address: server.address });
const connection = await Connection.connect({ address: server.address });
const client = new Client({ connection, identity: ORIGIN.identity });
const stage = new Stage();
const worker = await Worker.create({
  ...ORIGIN,
  connection: native,
  workflowBundle: { code: await bundled("workflows.ts") },
  activities: temporalActivities(activity, stage.steps),
});
await worker.runUntil(async () => {
  await keep("fulfilled", await fulfilled());
  await keep("declined", await declined());
  await keep("cancelled", await cancelled());
});
await connection.close();
await native.close();
await server.stop();

async function fulfilled(): Promise<WorkflowHandle> {
  const run = await start("fulfilled");
  await run.signal("paymentOutcome", signalArgument(fulfilOrder, "paymentOutcome", { type: "settled" }));
  await until(run, "on hold");
  await run.signal("released", signalArgument(fulfilOrder, "released", {}));
  assert.deepEqual(runResult(fulfilment, await run.result()), { end: "fulfilled" });
  return run;
}

async function declined(): Promise<WorkflowHandle> {
  const run = await start("declined");
  const outcome = { type: "declined", code: "payment-declined", reason: "No money." } as const;
  await run.signal("paymentOutcome", signalArgument(fulfilOrder, "paymentOutcome", outcome));
  const end = runResult(fulfilment, await run.result());
  assert.deepEqual(end, { end: "refused", code: "payment-declined", reason: "No money." });
  return run;
}

async function cancelled(): Promise<WorkflowHandle> {
  const run = await start("cancelled");
  await until(run, "waiting for the payment");
  await run.cancel();
  await assert.rejects(run.result(), WorkflowFailedError);
  assert.equal((await run.describe()).status.name, "CANCELLED");
  assert.deepEqual(
    stage.effects.filter((effect) => effect.startsWith("undo cancelled")),
    ["undo cancelled/3 cancel payment", "undo cancelled/2 release", "undo cancelled/1 end"],
  );
  return run;
}

function start(orderId: string): Promise<WorkflowHandle> {
  const args = runArguments(fulfilment, { orderId }, CAUSE);
  return client.workflow.start(fulfilment.name, { taskQueue: ORIGIN.taskQueue, workflowId: orderId, args });
}

async function until(run: WorkflowHandle, progress: string): Promise<void> {
  while ((await run.query("progress")) !== JSON.stringify(progress));
}

async function keep(name: string, run: WorkflowHandle): Promise<void> {
  const history = await run.fetchHistory();
  const file = join(import.meta.dirname, "histories", `${name}.json`);
  writeFileSync(file, `${JSON.stringify(JSON.parse(historyToJSON(history)), undefined, 1)}\n`);
  console.log(`${file}: ${history.events?.length} events`);
}
