import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { defineError } from "@daybook/kernel/errors";
import { fulfilment } from "@daybook/shop-fulfilment/contract";
import { fulfilOrder } from "@daybook/shop-fulfilment/fulfil-order.workflow";
import { implement, type StepAttempt } from "@daybook/workflow/implement";
import { runResult, signalArgument } from "@daybook/workflow/temporal/client-texts";
import { WorkflowFailedError, type WorkflowHandle } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { Recorder } from "./recorder.ts";
import { Stage } from "./stage.ts";
import { broken, decided, say, unsay, words } from "./words.workflow.ts";

/**
 * `node e2e/temporal/record.ts`: runs the shop's workflow, and a program of every word, on Temporal's test server, checks
 * what came of them, and writes the histories that temporal.int.test.ts replays. Record anew only when a change is meant
 * to break running workflows.
 */
Runtime.install({ logger: new DefaultLogger("ERROR"), telemetryOptions: { logging: { filter: "OFF", forward: {} } } });

const trialBroken = defineError({ code: "trial-broken", advice: "Repair it." });

await recordShop();
await recordWords();

async function recordShop(): Promise<void> {
  const stage = new Stage();
  await Recorder.while("workflows", stage.steps, async (recorder) => {
    await recorder.keep("fulfilled", await fulfilled(recorder));
    await recorder.keep("declined", await declined(recorder));
    await recorder.keep("cancelled", await cancelled(recorder));
  });
  const undone = stage.effects.filter((effect) => effect.startsWith("undo cancelled"));
  assert.deepEqual(undone, ["undo cancelled/3 cancel payment", "undo cancelled/2 release", "undo cancelled/1 end"]);
}

async function fulfilled(recorder: Recorder): Promise<WorkflowHandle> {
  const run = await recorder.start(fulfilment, { orderId: "fulfilled" }, "fulfilled");
  await run.signal("paymentOutcome", signalArgument(fulfilOrder, "paymentOutcome", { type: "settled" }));
  await until(run, "progress", "on hold");
  await run.signal("released", signalArgument(fulfilOrder, "released", {}));
  assert.deepEqual(runResult(fulfilment, await run.result()), { end: "fulfilled" });
  return run;
}

async function declined(recorder: Recorder): Promise<WorkflowHandle> {
  const run = await recorder.start(fulfilment, { orderId: "declined" }, "declined");
  const outcome = { type: "declined", code: "payment-declined", reason: "No money." } as const;
  await run.signal("paymentOutcome", signalArgument(fulfilOrder, "paymentOutcome", outcome));
  const end = runResult(fulfilment, await run.result());
  assert.deepEqual(end, { end: "refused", code: "payment-declined", reason: "No money." });
  return run;
}

async function cancelled(recorder: Recorder): Promise<WorkflowHandle> {
  const run = await recorder.start(fulfilment, { orderId: "cancelled" }, "cancelled");
  await until(run, "progress", "waiting for the payment");
  await run.cancel();
  await assert.rejects(run.result(), WorkflowFailedError);
  assert.equal((await run.describe()).status.name, "CANCELLED");
  return run;
}

async function recordWords(): Promise<void> {
  const undone: string[] = [];
  const steps = [
    implement(say, async (word, attempt) => {
      if (word === "boom") throw trialBroken("it is broken");
      if (word === "right" && attempt.number === 1) throw new TypeError("tried again");
      return word === "slow" ? untilAborted(attempt) : word;
    }),
    implement(unsay, (word, { key }) => {
      if (word === "done" && !undone.includes("repaired")) throw trialBroken("cannot be undone yet");
      undone.push(key);
      return null;
    }),
  ];
  await Recorder.while("words", steps, async (recorder) => {
    await everyWord(recorder);
    await recorder.keep("broken", await failed(recorder, () => undone.push("repaired")));
    await recorder.keep("decided", await pivoted(recorder));
  });
  assert.deepEqual(undone, ["broken/2", "repaired", "broken/1"]);
}

async function untilAborted(attempt: StepAttempt): Promise<never> {
  for (;;) {
    attempt.heartbeat("still here");
    await pause(50, undefined, { signal: attempt.signal });
  }
}

async function everyWord(recorder: Recorder): Promise<void> {
  const run = await recorder.start(words, { said: [], isAgain: false }, "every-word");
  assert.ok(Number(await run.executeUpdate("add", { args: ['"added"'] })) >= 1);
  const refused: unknown = await run.executeUpdate("add", { args: ["1"] }).catch((error: Error) => error.cause);
  assert.equal((refused as { readonly type?: string }).type, "workflow-value-invalid"); // an ApplicationFailure
  await until(run, "count", 8);
  for (const word of ["first", "second"]) await run.signal("go", signalArgument(words, "go", word));
  const said = runResult(words, await run.result()).toSorted((a, b) => (a < b ? -1 : 1));
  const expected = ["LOUD", "added", "after true", "child", "first", "left", "right", "second", "shielded", "workflow-cancelled"];
  assert.deepEqual(said, expected);
  const first = recorder.run("every-word", run.firstExecutionRunId);
  assert.deepEqual((await first.describe()).memo, { stage: "begun" });
  await recorder.keep("every-word", first);
  await recorder.keep("every-word.continued", recorder.run("every-word", (await run.describe()).runId));
}

async function failed(recorder: Recorder, repair: () => void): Promise<WorkflowHandle> {
  const run = await recorder.start(broken, null, "broken");
  await untilTrue("its undo needs attention", async () => Boolean((await run.describe()).memo?.["attention"]));
  assert.equal((await run.describe()).memo?.["state"], "compensating");
  repair();
  await run.signal("daybook.resume");
  await assert.rejects(run.result(), (error: WorkflowFailedError) => {
    const { type, details } = error.cause as { readonly type?: string; readonly details?: readonly unknown[] }; // an ApplicationFailure
    assert.deepEqual([type, details?.[1]], ["trial-broken", "compensated"]);
    return true;
  });
  return run;
}

async function pivoted(recorder: Recorder): Promise<WorkflowHandle> {
  const run = await recorder.start(decided, null, "decided");
  await until(run, "isDecided", true);
  await run.cancel();
  await run.signal("go", signalArgument(decided, "go", "on"));
  assert.equal(runResult(decided, await run.result()), "on");
  return run;
}

/** Until the query's answer is that one. */
function until(run: WorkflowHandle, query: string, answer: unknown): Promise<void> {
  const isThere = async () => (await run.query(query).catch(() => "")) === JSON.stringify(answer);
  return untilTrue(`${run.workflowId} answers ${query} with ${JSON.stringify(answer)}`, isThere);
}

async function untilTrue(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; !(await holds()); asked++) {
    assert.ok(asked < 300, what);
    await pause(100);
  }
}
