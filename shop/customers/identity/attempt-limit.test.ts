import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { attemptLimit } from "./attempt-limit.ts";

const RATE = { burst: 3, everyMs: 1_000 };

void describe("limited attempts", () => {
  void test("so many at once, then one more each time", () => {
    const clock = virtualClock();
    const limit = attemptLimit(clock);
    const attempt = () => limit.attempt([["a", RATE]]);
    for (let n = 0; n < 3; n++) attempt();
    assert.throws(attempt, { code: "rate-limited", retryable: true, details: { retryAfterMs: 1_000 } });
    clock.advance(999);
    assert.throws(attempt, { details: { retryAfterMs: 1 } });
    clock.advance(1);
    attempt();
    assert.throws(attempt, { code: "rate-limited" });
    clock.advance(100_000);
    for (let n = 0; n < 3; n++) attempt();
    assert.throws(attempt, { code: "rate-limited" }, "rest does not add up to more than the burst");
  });

  void test("one name's are not another's", () => {
    const limit = attemptLimit(virtualClock());
    for (let n = 0; n < 3; n++) limit.attempt([["a", RATE]]);
    limit.attempt([["b", RATE]]);
    assert.throws(() => limit.attempt([["a", RATE]]), { code: "rate-limited" });
  });

  void test("what is refused for one name is counted for none", () => {
    const limit = attemptLimit(virtualClock());
    const wide = { burst: 4, everyMs: 1_000 };
    for (let n = 0; n < 3; n++) limit.attempt([["a", RATE]]);
    for (let n = 0; n < 10; n++)
      assert.throws(() =>
        limit.attempt([
          ["a", RATE],
          ["wide", wide],
        ]),
      );
    for (let n = 0; n < 4; n++) limit.attempt([["wide", wide]]);
    assert.throws(() => limit.attempt([["wide", wide]]), { code: "rate-limited" });
  });
});
