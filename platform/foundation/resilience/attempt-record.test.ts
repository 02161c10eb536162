import assert from "node:assert/strict";
import { test } from "node:test";
import { failedAttempt, NO_ATTEMPTS, withAttempt, type AttemptRecord } from "./attempt-record.ts";
import { attemptCancelled, attemptTimeout } from "./errors.ts";

test("a record counts all attempts and keeps the last ten", () => {
  let record: AttemptRecord = NO_ATTEMPTS;
  for (let number = 1; number <= 25; number++) {
    record = withAttempt(record, { number, startedAt: number, endedAt: number + 1, outcome: "failed" });
  }
  assert.equal(record.count, 25);
  assert.deepEqual(
    record.recent.map(({ number }) => number),
    [16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
  );
  assert.deepEqual(NO_ATTEMPTS, { count: 0, recent: [] });
});

test("a failed attempt says how it ended", () => {
  assert.deepEqual(failedAttempt(2, 10, 20, new TypeError("no")), {
    number: 2,
    startedAt: 10,
    endedAt: 20,
    outcome: "failed",
    message: "no",
  });
  assert.equal(failedAttempt(1, 0, 1, attemptTimeout("late")).outcome, "timed-out");
  const cancelled = failedAttempt(1, 0, 1, attemptCancelled("left"));
  assert.deepEqual([cancelled.outcome, cancelled.code], ["cancelled", "attempt-cancelled"]);
  assert.equal(failedAttempt(1, 0, 1, "x".repeat(9_999)).message?.length, 500);
});
