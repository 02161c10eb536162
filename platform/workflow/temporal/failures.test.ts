import assert from "node:assert/strict";
import { test } from "node:test";
import { workflowNotRegistered } from "../errors.ts";
import { childFailure, stepFailure } from "./failures.ts";

/** An error as Temporal's converter makes it in the isolate. */
function temporalError(name: string, message: string, more: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

const wrapped = (cause: Error) => temporalError("ActivityFailure", "Activity task failed", { cause });
const declined = { code: "card-declined", message: "no money", advice: "Ask for another card." };

test("a step's own error keeps its code, message and advice", () => {
  const application = temporalError("ApplicationFailure", "no money", { type: "card-declined", details: [declined] });
  assert.deepEqual(stepFailure(wrapped(application)), declined);
});

test("a coded error of the isolate is itself", () => {
  assert.equal(stepFailure(workflowNotRegistered("no such step")).code, "workflow-not-registered");
});

test("an activity that is not ours fails by its type, or as a step", () => {
  const typed = temporalError("ApplicationFailure", "foreign", { type: "TypeError", details: null });
  assert.deepEqual(stepFailure(wrapped(typed)), { code: "TypeError", message: "foreign" });
  assert.equal(stepFailure(wrapped(temporalError("ServerFailure", "away"))).code, "step-failed");
});

test("timeouts, missed heartbeats and cancels have the codes that the embedded engine gives them", () => {
  const timeout = (timeoutType: string) => stepFailure(wrapped(temporalError("TimeoutFailure", "late", { timeoutType })));
  assert.equal(timeout("START_TO_CLOSE").code, "attempt-timeout");
  assert.equal(timeout("HEARTBEAT").code, "step-heartbeat-missed");
  assert.equal(stepFailure(wrapped(temporalError("CancelledFailure", "cancelled"))).code, "workflow-cancelled");
});

test("a child's failure says which child and why", () => {
  const application = temporalError("ApplicationFailure", "no money", { details: [declined, "compensated"] });
  const failed = childFailure(temporalError("ChildWorkflowFailure", "Child failed", { cause: application }), "p.2");
  assert.equal(failed.code, "child-workflow-failed");
  assert.equal(failed.message, "p.2: card-declined: no money");
});
