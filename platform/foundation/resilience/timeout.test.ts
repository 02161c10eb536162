import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { deadlineList } from "./deadline-list.ts";
import { timeout } from "./timeout.ts";

function trial() {
  const clock = virtualClock();
  return { clock, policy: timeout({ deadlines: deadlineList(clock), timeoutMs: 50 }) };
}

describe("a timeout", () => {
  test("answers what comes in time, and passes on why there is nothing", async () => {
    const { policy } = trial();
    assert.equal(await policy.run(() => "in time"), "in time");
    await assert.rejects(
      policy.run(() => Promise.reject(new TypeError("no"))),
      TypeError,
    );
  });

  test("gives up after its time and tells the call; what comes late is dropped", async () => {
    const { clock, policy } = trial();
    const late = Promise.withResolvers<string>();
    let isAborted = false;
    const running = policy.run(({ signal }) => {
      signal.addEventListener("abort", () => (isAborted = true));
      return late.promise;
    });
    clock.advance(50);
    late.resolve("late");
    await assert.rejects(running, { code: "attempt-timeout" });
    assert.ok(isAborted);
  });

  test("a caller's deadline counts when it is earlier", async () => {
    const { clock, policy } = trial();
    const running = policy.run(() => new Promise<never>(() => undefined), clock.now() + 10);
    clock.advance(10);
    await assert.rejects(running, { code: "attempt-timeout" });
  });
});
