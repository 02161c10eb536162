import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { fallback, type FallbackSource } from "./fallback.ts";
import { lastGood } from "./last-good.ts";

const away = defineError({ code: "trial-away", advice: "Wait.", retryable: true });
const unknown = defineError({ code: "trial-unknown", advice: "Ask for another one." });

const fails = () => Promise.reject(away("x"));
const other: FallbackSource<string> = { name: "other", answer: () => "other's" };

describe("a fallback", () => {
  test("stays out of the way of a call that answers", async () => {
    const policy = fallback({ clock: virtualClock() });
    const asked = { name: "asked", answer: () => assert.fail("it was asked") };
    assert.deepEqual(await policy.run(async () => "own", [asked]), { value: "own" });
    assert.equal(policy.status().isInUse, false);
  });

  test("asks its sources in turn until one answers, and says which", async () => {
    const policy = fallback({ clock: virtualClock() });
    const broken = { name: "broken", answer: () => Promise.reject(new TypeError("too")) };
    const empty = { name: "empty", answer: () => undefined };
    assert.deepEqual(await policy.run(fails, [broken, empty, other]), { value: "other's", source: "other" });
  });

  test("tells why the call failed when nobody answers", async () => {
    const policy = fallback({ clock: virtualClock() });
    await assert.rejects(policy.run(fails, [{ name: "empty", answer: () => undefined }]), { code: "trial-away" });
    const { isInUse, code, source } = policy.status();
    assert.deepEqual([isInUse, code, source], [true, "trial-away", undefined]);
  });

  test("what is no failure is the call's answer: nobody else is asked", async () => {
    const policy = fallback({ clock: virtualClock() });
    await assert.rejects(
      policy.run(() => Promise.reject(unknown("x")), [other]),
      { code: "trial-unknown" },
    );
    assert.equal(policy.status().isInUse, false);
  });

  test("shows since when it is in use, why, and who answers; and when it no longer is", async () => {
    const clock = virtualClock();
    const policy = fallback({ clock });
    clock.advance(5);
    const since = clock.now();
    await policy.run(fails, [other]);
    clock.advance(5);
    await policy.run(fails, [other]);
    assert.deepEqual(policy.status(), { isInUse: true, since, failures: 2, code: "trial-away", source: "other" });
    clock.advance(5);
    await policy.run(async () => "own", []);
    assert.deepEqual(policy.status(), { ...policy.status(), isInUse: false, since: clock.now(), failures: 2 });
  });
});

test("the last good answer is told as long as it may be", () => {
  const clock = virtualClock();
  const last = lastGood<string>(clock, 100);
  assert.equal(last.get(), undefined);
  last.keep("first");
  last.keep("second");
  clock.advance(100);
  assert.equal(last.get(), "second");
  clock.advance(1);
  assert.equal(last.get(), undefined);
});
