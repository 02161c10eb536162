import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineError } from "@daybook/kernel/errors";
import { seededRandom, type Random } from "@daybook/kernel/random";
import * as fc from "fast-check";
import { failedAttempt, NO_ATTEMPTS, withAttempt } from "./attempt-record.ts";
import { retryDeferred } from "./errors.ts";
import { DEFAULT_POLICY, mayRetry, retryDelay } from "./policy.ts";

const never: Random = { word: () => 0 };
const passing = defineError({ code: "trial-passing", advice: "Wait.", retryable: true });
const lasting = defineError({ code: "trial-lasting", advice: "Repair it." });

describe("the pause after a failed attempt", () => {
  test("grows by the factor up to the maximum", () => {
    const pauses = [1, 2, 3, 7, 8, 500].map((attempt) => retryDelay(DEFAULT_POLICY, attempt, never));
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 64_000, 100_000, 100_000]);
  });

  test("lies between the plain pause and its jitter, and never past the maximum", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, seed, jitter) => {
          const policy = { ...DEFAULT_POLICY, jitter };
          const plain = retryDelay({ ...policy, jitter: 0 }, attempt, never);
          const pause = retryDelay(policy, attempt, seededRandom(seed));
          assert.ok(pause >= plain && pause <= Math.min(policy.delayMsMax, Math.ceil(plain * (1 + jitter))));
        },
      ),
    );
  });

  test("differs for those who failed together", () => {
    const random = seededRandom(7);
    const pauses = new Set(Array.from({ length: 100 }, () => retryDelay(DEFAULT_POLICY, 3, random)));
    assert.ok(pauses.size > 80, `${pauses.size} different pauses`);
  });
});

describe("an attempt that was deferred", () => {
  const deferred = retryDeferred("x", { details: { retryAfterMs: 250 } });

  test("was none: it is tried again in its turn, whatever was tried before", () => {
    assert.equal(retryDelay(DEFAULT_POLICY, 3, never, deferred), 250);
    assert.equal(mayRetry(DEFAULT_POLICY, 3, deferred), true);
  });

  test("and is not counted", () => {
    const once = withAttempt(NO_ATTEMPTS, failedAttempt(1, 0, 1, passing("x")));
    assert.deepEqual(withAttempt(once, failedAttempt(2, 1, 2, deferred)), once);
  });
});

describe("whether it is tried again", () => {
  test("until the attempts are used up", () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((attempt) => mayRetry(DEFAULT_POLICY, attempt, new TypeError("x"))),
      [true, true, false, false],
    );
  });

  test("a coded error decides by itself, unless the policy names it", () => {
    assert.equal(mayRetry(DEFAULT_POLICY, 1, passing("x")), true);
    assert.equal(mayRetry(DEFAULT_POLICY, 1, lasting("x")), false);
    assert.equal(mayRetry({ ...DEFAULT_POLICY, nonRetryable: ["trial-passing"] }, 1, passing("x")), false);
  });
});
