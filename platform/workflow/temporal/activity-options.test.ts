import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { step } from "../definition.ts";
import { activityOptions } from "./activity-options.ts";

const charge = { name: "charge", input: z.string(), output: z.string() };

test("a contract's policy, time limits and heartbeat become options of the activity", () => {
  const policy = { attemptsMax: 5, firstDelayMs: 200, factor: 3, delayMsMax: 9_000, timeoutMs: 4_000, overallMs: 60_000 };
  const contract = step({ ...charge, policy: { ...policy, nonRetryable: ["card-declined"] }, heartbeatMs: 700 });
  assert.deepEqual(activityOptions(contract, "2.1.1", 1e9), {
    activityId: "2.1.1",
    startToCloseTimeout: 4_000,
    scheduleToCloseTimeout: 60_000,
    heartbeatTimeout: 700,
    cancellationType: "WAIT_CANCELLATION_COMPLETED",
    retry: {
      maximumAttempts: 5,
      initialInterval: 200,
      backoffCoefficient: 3,
      maximumInterval: 9_000,
      nonRetryableErrorTypes: ["card-declined"],
    },
  });
});

test("an attempt without a limit has that of all attempts, or of the run; without a policy the default one holds", () => {
  assert.equal(activityOptions(step({ ...charge, policy: { overallMs: 5_000 } }), "1", 1e9).startToCloseTimeout, 5_000);
  const { startToCloseTimeout, scheduleToCloseTimeout, heartbeatTimeout, retry } = activityOptions(step(charge), "1", 1e9);
  assert.deepEqual([startToCloseTimeout, scheduleToCloseTimeout, heartbeatTimeout], [1e9, undefined, undefined]);
  assert.deepEqual(retry, { maximumAttempts: 3, initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 100_000 });
});

test("the longest pause is never shorter than the first", () => {
  const contract = step({ ...charge, policy: { firstDelayMs: 500, delayMsMax: 100 } });
  assert.equal(activityOptions(contract, "1", 1e9).retry.maximumInterval, 500);
});
