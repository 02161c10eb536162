import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { deadlineList } from "./deadline-list.ts";
import { runAttempt, type AttemptContext } from "./run-attempt.ts";

function trial() {
  const clock = virtualClock();
  return { clock, options: { deadlines: deadlineList(clock), token: "7", number: 2 } };
}

const never = () => new Promise<never>(() => undefined);

describe("one attempt", () => {
  test("gets its token, number and deadline, and answers its result", async () => {
    const { clock, options } = trial();
    const seen = await runAttempt(async ({ token, number, deadline }) => ({ token, number, deadline }), {
      ...options,
      timeoutMs: 50,
    });
    assert.deepEqual(seen, { token: "7", number: 2, deadline: clock.now() + 50 });
  });

  test("without any limit it has no deadline", async () => {
    const { clock, options } = trial();
    assert.equal(await runAttempt(({ deadline }) => deadline, options), undefined);
    assert.equal(clock.step(), false); // and no timer
  });

  test("rejects with what it throws, at once or later", async () => {
    const { options } = trial();
    const error = new TypeError("no");
    await assert.rejects(
      runAttempt(() => {
        throw error;
      }, options),
      error,
    );
    await assert.rejects(
      runAttempt(() => Promise.reject(error), options),
      error,
    );
  });

  test("ends by its timeout, and its signal says why", async () => {
    const { clock, options } = trial();
    let attempt: AttemptContext | undefined;
    const running = runAttempt((context) => ((attempt = context), context.signal, never()), { ...options, timeoutMs: 50 });
    clock.advance(49);
    assert.equal(attempt?.signal.aborted, false);
    clock.advance(1);
    await assert.rejects(running, { code: "attempt-timeout", retryable: true });
    assert.equal(errorCode(attempt?.signal.reason), "attempt-timeout");
  });

  test("ends by the caller's deadline when that is earlier", async () => {
    const { clock, options } = trial();
    const running = runAttempt(never, { ...options, timeoutMs: 50, deadline: clock.now() + 10 });
    clock.advance(10);
    await assert.rejects(running, { code: "attempt-timeout" });
  });

  test("is not begun for a caller who has left", async () => {
    const { clock, options } = trial();
    const run = () => assert.fail("it ran");
    await assert.rejects(runAttempt(run, { ...options, deadline: clock.now() }), { code: "attempt-timeout" });
    await assert.rejects(runAttempt(run, { ...options, signal: AbortSignal.abort() }), { code: "attempt-cancelled" });
  });

  test("ends when its caller cancels; a signal asked for later is aborted, too", async () => {
    const { options } = trial();
    const caller = new AbortController();
    let attempt: AttemptContext | undefined;
    const running = runAttempt((context) => ((attempt = context), never()), { ...options, signal: caller.signal });
    caller.abort(new TypeError("left"));
    await assert.rejects(running, { code: "attempt-cancelled", retryable: false });
    assert.equal(attempt?.signal.aborted, true);
  });

  test("a late result and a late failure are dropped", async () => {
    for (const end of ["resolve", "reject"] as const) {
      const { clock, options } = trial();
      const late = Promise.withResolvers<string>();
      const running = runAttempt(() => late.promise, { ...options, timeoutMs: 1 });
      clock.advance(1);
      late[end]("late");
      await assert.rejects(running, { code: "attempt-timeout" });
    }
  });

  test("the signal of an attempt that ended in time does not abort later", async () => {
    const { clock, options } = trial();
    const caller = new AbortController();
    const signal = await runAttempt((attempt) => attempt.signal, { ...options, timeoutMs: 5, signal: caller.signal });
    clock.advance(10);
    caller.abort();
    assert.equal(signal.aborted, false);
  });
});
