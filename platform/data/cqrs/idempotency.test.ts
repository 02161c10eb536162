import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestHex } from "@daybook/kernel/digest";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import type { Store } from "@daybook/data/store";
import { answerCondition, answerEffect, earlierAnswer, type IdempotentRequest } from "./idempotency.ts";

const REQUEST: IdempotentRequest = { principal: "cus_1", operation: "place-order", key: "k", content: digestHex("body") };
const DAY_MS = 24 * 60 * 60 * 1000;

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  let units = 0;
  const keep = (request: IdempotentRequest, answer: string) =>
    store.commit({
      id: `unt_${units++}`,
      cause: { correlation: "cor_1", actor: request.principal, tenant: "shop" },
      conditions: [answerCondition(request)],
      effects: [answerEffect(request, answer, clock.now())],
    });
  return { clock, store, keep };
}

async function kindOf(store: Store, changed: Partial<IdempotentRequest>): Promise<string> {
  return (await earlierAnswer(store, { ...REQUEST, ...changed })).kind;
}

void describe("idempotent requests", () => {
  void test("an answer comes back as it was kept, line feeds and all", async () => {
    const { store, keep } = trial();
    assert.deepEqual(await earlierAnswer(store, REQUEST), { kind: "none" });
    await keep(REQUEST, '"a\nb\n"\n');
    assert.deepEqual(await earlierAnswer(store, REQUEST), { kind: "same", answer: '"a\nb\n"\n' });
  });

  void test("the first one kept is kept: the key decides, whatever the content", async () => {
    const { store, keep } = trial();
    assert.equal((await keep(REQUEST, "1")).outcome, "committed");
    for (const content of [REQUEST.content, digestHex("other")]) {
      assert.equal((await keep({ ...REQUEST, content }, "2")).outcome, "refused");
    }
    assert.deepEqual(await earlierAnswer(store, REQUEST), { kind: "same", answer: "1" });
  });

  void test("another content under the key is told apart, and its answer is not shown", async () => {
    const { store, keep } = trial();
    await keep(REQUEST, "secret");
    assert.deepEqual(await earlierAnswer(store, { ...REQUEST, content: digestHex("other") }), { kind: "other" });
  });

  void test("principals, operations and keys have nothing to do with each other", async () => {
    const { store, keep } = trial();
    await keep(REQUEST, "1");
    for (const changed of [
      { principal: "cus_2" },
      { operation: "cancel-order" },
      { key: "k2" },
      { principal: "cus", key: "_1k" },
    ]) {
      assert.equal(await kindOf(store, changed), "none", JSON.stringify(changed));
    }
    assert.equal(await kindOf(store, {}), "same");
  });

  void test("a key of several lines is not another principal's or operation's", async () => {
    const { store, keep } = trial();
    await keep({ ...REQUEST, operation: "a", key: "b\nc" }, "1");
    assert.equal(await kindOf(store, { operation: "b", key: "c" }), "none");
    assert.equal(await kindOf(store, { operation: "a\nb", key: "c" }), "none");
  });

  void test("the stored key tells nothing of the caller", async () => {
    const { store, keep } = trial();
    await keep({ ...REQUEST, principal: "cus_secret", key: "my-key" }, "1");
    const [{ key } = { key: "" }] = await store.listKeys("");
    assert.match(key, /^answer\/[0-9a-f]{64}$/);
  });

  void test("an answer is kept for a day, then the key is free", async () => {
    const { clock, store, keep } = trial();
    await keep(REQUEST, "1");
    clock.advance(DAY_MS - 1);
    assert.equal(await kindOf(store, {}), "same");
    clock.advance(1);
    assert.equal(await kindOf(store, {}), "none");
    assert.equal((await keep(REQUEST, "2")).outcome, "committed");
    assert.deepEqual(await earlierAnswer(store, REQUEST), { kind: "same", answer: "2" });
  });
});
