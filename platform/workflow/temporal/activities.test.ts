import assert from "node:assert/strict";
import { test } from "node:test";
import { defineError, errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { step } from "../definition.ts";
import { implement, type StepAttempt } from "../implement.ts";
import { temporalActivities } from "./activities.ts";
import type { StepCall } from "./surface.ts";

const say = step({ name: "say", input: z.strictObject({ word: z.string() }), output: z.string() });
const away = defineError({ code: "trial-away", advice: "Wait.", retryable: true });
const declined = defineError({ code: "trial-declined", advice: "Ask for another card." });

const CALL: StepCall = {
  key: "w/1",
  isUndo: false,
  cause: { correlation: "c", causation: "w", actor: "usr_1", tenant: "t", source: "workflow/w" },
};

/** One attempt, as Temporal's module of activities shows it; and what it was told. */
class Attempt {
  readonly controller = new AbortController();
  readonly beats: unknown[] = [];
  private readonly info = {
    workflowExecution: { workflowId: "w" },
    base64TaskToken: "dG9rZW4=",
    attempt: 2,
    currentAttemptScheduledTimestampMs: 1_000,
    startToCloseTimeoutMs: 500,
    heartbeatDetails: "half",
  };

  run(handler: (attempt: StepAttempt) => string | Promise<string>, text = '{"word":"hello"}'): Promise<string> {
    const context = {
      info: this.info,
      cancellationSignal: this.controller.signal,
      heartbeat: (details?: unknown) => void this.beats.push(details),
    };
    const module = {
      Context: { current: () => context },
      ApplicationFailure: {
        create: (options: { readonly message: string }) => Object.assign(new TypeError(options.message), options),
      },
    };
    const activities = temporalActivities(module, [implement(say, (_, attempt) => handler(attempt))]);
    return activities["say"]?.(text, CALL) ?? Promise.reject(new TypeError("no activity of that name"));
  }
}

test("values cross as text by the schemas, and the attempt knows what Temporal knows of it", async () => {
  const attempt = new Attempt();
  const seen: StepAttempt[] = [];
  assert.equal(await attempt.run((each) => (seen.push(each), each.heartbeat("more"), "hello")), '"hello"');
  const { key, workflowId, token, number, deadline, lastHeartbeat, cause } = seen[0] ?? assert.fail();
  assert.deepEqual([key, workflowId, token, number, deadline], ["w/1", "w", "dG9rZW4=", 2, 1_500]);
  assert.deepEqual([lastHeartbeat, cause, attempt.beats], ["half", CALL.cause, ["more"]]);
});

test("what does not fit the contract is not tried again", async () => {
  const unfit = { type: "workflow-value-invalid", nonRetryable: true };
  await assert.rejects(
    new Attempt().run(() => "hello", "{}"),
    unfit,
  );
  await assert.rejects(
    new Attempt().run(() => 1 as unknown as string), // planted
    unfit,
  );
});

test("a coded error keeps its code and says itself whether it is tried again; any other is", async () => {
  const failing = (thrown: Error) => new Attempt().run(() => Promise.reject(thrown));
  await assert.rejects(failing(away("away")), { type: "trial-away", nonRetryable: false });
  await assert.rejects(failing(declined("no")), { type: "trial-declined", nonRetryable: true });
  await assert.rejects(failing(new TypeError("bug")), { type: "step-failed", nonRetryable: false });
});

test("an attempt that is over hears so at its next heartbeat; a cancelled one ends as cancelled", async () => {
  const late = new Attempt();
  const codes: unknown[] = [];
  const told = late.run((attempt) => {
    late.controller.abort(new TypeError("TIMED_OUT"));
    try {
      attempt.heartbeat();
    } catch (error) {
      codes.push(errorCode(error));
    }
    return "late";
  });
  assert.equal(await told, '"late"');
  assert.deepEqual(codes, ["attempt-superseded"]);
  const cancelled = new Attempt();
  const reason = new TypeError("CANCELLED");
  const ended = cancelled.run((attempt) => {
    cancelled.controller.abort(reason);
    attempt.heartbeat(); // goes on while it clears up
    throw away("stopped");
  });
  await assert.rejects(ended, (error) => error === reason);
});
