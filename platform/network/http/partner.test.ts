import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { partnerUnavailable } from "./errors.ts";
import type { JsonClient } from "./json-client.ts";
import { partner, partnerCheck } from "./partner.ts";

const ASK = { method: "GET", path: "/a" } as const;

function trial(hasBreaker = true) {
  const clock = virtualClock();
  const state = { isAway: false, isSilent: false, calls: 0 };
  const client: JsonClient = {
    request: async () => {
      state.calls++;
      if (state.isSilent) return new Promise(() => undefined);
      if (state.isAway) throw partnerUnavailable("away");
      return { status: 200, body: {} };
    },
    close: async () => undefined,
  };
  const post = partner({ name: "Post", client, clock, timeoutMs: 1_000, hasBreaker });
  const codeOf = (n: number) =>
    post.request({ ...ASK, key: String(n) }).then(
      () => "answered",
      (error: unknown) => errorCode(error),
    );
  return { clock, state, post, codeOf, health: () => partnerCheck(post).check() };
}

test("a partner that fails again and again is left alone, and it is seen", async () => {
  const { clock, state, post, codeOf, health } = trial();
  assert.deepEqual(
    [await codeOf(0), await health()],
    ["answered", { state: "healthy", details: { breaker: "closed", answeredAt: new Date(clock.now()).toISOString() } }],
  );
  state.isAway = true;
  clock.advance(10);
  for (let n = 1; n <= 5; n++) assert.equal(await codeOf(n), "partner-unavailable");
  assert.equal(await codeOf(6), "circuit-open");
  assert.equal(state.calls, 6);
  assert.deepEqual(post.status(), {
    breaker: "open",
    answeredAt: clock.now() - 10,
    failure: { code: "partner-unavailable", at: clock.now() },
  });
  assert.equal((await health()).state, "degraded");
  state.isAway = false;
  clock.advance(30_000);
  for (const n of [7, 8]) assert.equal(await codeOf(n), "answered");
  assert.deepEqual([post.status().breaker, (await health()).state], ["closed", "healthy"]);
});

test("without a breaker it is asked all the same; retries of one request take turns", async () => {
  const { state, post, codeOf } = trial(false);
  state.isAway = true;
  const codes: (string | undefined)[] = [];
  for (let n = 0; n < 30; n++) codes.push(await codeOf(n));
  assert.deepEqual([...new Set(codes)], ["partner-unavailable"]);
  const again: (string | undefined)[] = [];
  for (let n = 0; n < 30; n++) again.push(await codeOf(n));
  assert.ok(again.includes("retry-deferred"));
  assert.equal(post.status().breaker, undefined);
});

test("a request takes no longer than its time, and counts as not answered", async () => {
  const { clock, state, codeOf, health } = trial();
  state.isSilent = true;
  const code = codeOf(1);
  await Promise.resolve();
  clock.advance(1_000);
  assert.equal(await code, "attempt-timeout");
  assert.match((await health()).reason ?? "", /attempt-timeout/);
});
