import assert from "node:assert/strict";
import { test } from "node:test";
import { causedBy, causeOf, timeLeft } from "./context.ts";
import { CodedError, defineError, errorCode, messageOf } from "./errors.ts";

const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

test("the cause of a record is its context in the record's words, without what is not there", () => {
  assert.deepEqual(causeOf(context), { correlation: "cor_1", actor: "usr_1", tenant: "shop" });
  const whole = { ...context, causationId: "cmd_1", traceparent: "00-ab", deadline: 5 };
  assert.deepEqual(causeOf(whole), { correlation: "cor_1", causation: "cmd_1", actor: "usr_1", tenant: "shop", trace: "00-ab" });
});

test("what is brought about keeps the case and names its cause", () => {
  assert.deepEqual(causedBy({ ...context, causationId: "cmd_1" }, "evt_1"), { ...context, causationId: "evt_1" });
});

test("the time left is until the deadline, never below zero, without end when there is none", () => {
  assert.deepEqual(
    [timeLeft({ ...context, deadline: 100 }, 40), timeLeft({ ...context, deadline: 100 }, 140), timeLeft(context, 40)],
    [60, 0, Infinity],
  );
});

test("a coded error tells its code, advice and cause; what is no coded error has no code", () => {
  const cause = new Error("disk");
  const error = defineError({ code: "disk-full", advice: "Free some space.", retryable: true })("no space", {
    cause,
    details: { bytes: 1 },
  });
  assert.ok(error instanceof CodedError);
  assert.deepEqual(
    [error.code, error.advice, error.retryable, error.cause, error.details],
    ["disk-full", "Free some space.", true, cause, { bytes: 1 }],
  );
  assert.equal(errorCode(error), "disk-full");
  assert.equal(errorCode(Object.assign(new Error("x"), { code: "ENOENT" })), undefined);
  assert.deepEqual([messageOf(cause), messageOf("text"), messageOf(undefined)], ["disk", "text", "undefined"]);
});
