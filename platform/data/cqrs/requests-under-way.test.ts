import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { trialLog } from "@daybook/data/event-store/conformance/trial";
import { add, answerOf, observed, request, tallies } from "./conformance/tally.ts";

/** Tallies whose first commit waits until `go`; `begun` resolves when it is reached. */
function held() {
  const log = trialLog();
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let isFirst = true;
  const { units, events } = observed(log, async () => {
    if (!isFirst) return;
    isFirst = false;
    begun.resolve();
    await go.promise;
  });
  return { log, units, on: tallies(log, { events }), begun: begun.promise, go: go.resolve, fail: go.reject };
}

/** Lets what can go on without time go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

void describe("a duplicate of a request under way", () => {
  void test("waits for the first and gets its answer, without a unit of its own", async () => {
    const { units, on, begun, go } = held();
    const first = add(on, 7, { idempotency: request() }, "a");
    await begun;
    const duplicates = ["b", "c", "d"].map((id) => add(on, 7, { idempotency: request() }, id));
    await settle();
    go();
    assert.deepEqual(await Promise.all(duplicates.map(answerOf)), Array(3).fill(await answerOf(first)));
    assert.equal(units.length, 1);
  });

  void test("is told after five seconds that the first is still under way; it gets the answer once that has ended", async () => {
    const { log, on, begun, go } = held();
    const first = add(on, 7, { idempotency: request() });
    await begun;
    const duplicate = add(on, 7, { idempotency: request() }, "b");
    let state = "waiting";
    const told = duplicate.catch((error: unknown) => (state = errorCode(error) ?? ""));
    await settle();
    log.clock.advance(4_999);
    await settle();
    assert.equal(state, "waiting");
    log.clock.advance(1);
    await told;
    assert.equal(state, "request-in-progress");
    go();
    assert.deepEqual(await answerOf(add(on, 7, { idempotency: request() }, "c")), await answerOf(first));
  });

  void test("takes its place when it fails", async () => {
    const { on, begun, fail } = held();
    const first = add(on, 7, { idempotency: request() });
    await begun;
    const duplicate = add(on, 7, { idempotency: request() }, "b");
    fail(new Error("the disk is gone"));
    await assert.rejects(first, /the disk is gone/);
    assert.deepEqual(await answerOf(duplicate), { sum: 7, version: 1 });
  });

  void test("other keys and requests without one do not wait", async () => {
    const { on, begun, go } = held();
    const first = add(on, 7, { idempotency: request() });
    await begun;
    await add(on, 7, { idempotency: request("k2") }, "b");
    await add(on, 7, {}, "c");
    go();
    await first;
  });
});
