import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { levelName } from "@daybook/messaging/queue";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { service } from "@daybook/network/rpc/server";
import { context, HOOK_SECRET, trialPayments } from "../conformance/trial.ts";
import { paymentOutcomes, paymentsContract } from "../contract.ts";
import type { PaymentEvent } from "../events.ts";
import { chargeKey } from "../payments.ts";

const ten = money(1_000n, "GBP");

function trial() {
  const trial = trialPayments();
  const payments = trial.service();
  const { hooks } = payments;
  const { clock, store, events } = trial;
  const calls = service(paymentsContract, trial.payments);

  function charged(orderId: string, more: object = {}) {
    const status = "succeeded";
    return { id: "ch_0", key: chargeKey(orderId), reference: orderId, amountMinor: 1_000, currency: "GBP", status, ...more };
  }
  function received(id: string, body: string, secret = HOOK_SECRET) {
    const seconds = Math.floor(clock.now() / 1000);
    const signature = webhookSignature(secret, id, seconds, body);
    const headers = { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature };
    return { headers, body: Buffer.from(body) };
  }
  const hook = (id: string, type: string, data: unknown, secret?: string) =>
    hooks.receive(received(id, JSON.stringify({ type, timestamp: "2026-01-01T00:00:00Z", data }), secret), context);
  const pend = (orderId: string) =>
    calls.serve("charge", { orderId, amount: ten, method: { kind: "card", token: "tok_pending" } }, { context });
  return {
    ...trial,
    hooks,
    charged,
    received,
    hook,
    pend,
    statusOf: async (orderId: string) => (await payments.payment(orderId))?.payment.status,
    happened: async (orderId: string) => (await events.read<PaymentEvent>(`payment-${orderId}`)).map(({ event }) => event.type),
    /** How many messages tell an outcome. */
    told: async () => (await store.listDue(levelName(paymentOutcomes, 0), Number.MAX_SAFE_INTEGER)).length,
    kept: () => trial.asked.map(({ cause, subject, orderId }) => [cause, subject, orderId].join(" ")),
  };
}

void describe("a web hook of the card provider", () => {
  void test("completes a pending payment, with its bill and one message, however often it comes", async () => {
    const { pend, hook, charged, happened, told, events, clock } = trial();
    await pend("a");
    const sent = () => hook("h_1", "charge.settled", charged("a"));
    assert.deepEqual((await Promise.all([sent(), sent(), sent()])).toSorted(), ["applied", "repeated", "repeated"]);
    assert.equal(await sent(), "repeated");
    assert.deepEqual(await happened("a"), ["PaymentPending", "PaymentCompleted"]);
    assert.equal(await told(), 1);
    assert.equal((await events.read(`bills-${new Date(clock.now()).getUTCFullYear()}`)).length, 1);
  });

  void test("declines a pending payment, and says why", async () => {
    const { pend, hook, charged, service, told } = trial();
    await pend("a");
    const declined = charged("a", { status: "declined", declineCode: "expired_card" });
    assert.equal(await hook("h_1", "charge.declined", declined), "applied");
    assert.deepEqual((await service().payment("a"))?.payment.refusal?.code, "payment-details-invalid");
    assert.equal(await told(), 1);
  });

  void test("that overtakes the charge's own answer, or another, is applied", async () => {
    const { pend, hook, charged, happened, statusOf, told, kept } = trial();
    await hook("h_2", "charge.disputed", charged("a", { status: "disputed" }));
    await hook("h_1", "charge.settled", charged("a"));
    await pend("a");
    assert.deepEqual(await happened("a"), ["PaymentCompleted", "PaymentDisputed"]);
    await hook("h_3", "charge.declined", charged("b", { status: "declined" }));
    await pend("b");
    assert.deepEqual([await statusOf("b"), await happened("b")], ["declined", ["PaymentDeclined"]]);
    assert.deepEqual([await told(), kept()], [2, []]);
  });

  void test("that comes after the payment was undone changes nothing", async () => {
    const { pend, hook, charged, payments, statusOf, kept } = trial();
    await pend("a");
    await payments.cancel({ orderId: "a", method: { kind: "card", token: "tok_pending" }, reason: "late" }, { context });
    assert.equal(await hook("h_1", "charge.settled", charged("a")), "applied");
    assert.deepEqual([await statusOf("a"), kept()], ["cancelled", []]);
  });

  void test("that is forged, altered or old changes nothing", async () => {
    const { pend, hook, hooks, received, charged, statusOf, store, clock } = trial();
    await pend("a");
    const { position } = await store.head();
    const forged = `whsec_${Buffer.from("a guess").toString("base64")}`;
    await assert.rejects(hook("h_1", "charge.settled", charged("a"), forged), { code: "webhook-untrusted" });
    const body = JSON.stringify({ type: "charge.settled", data: charged("a") });
    const real = received("h_1", body);
    const altered = { ...real, body: Buffer.from(body.replace("1000", "1001")) };
    await assert.rejects(hooks.receive(altered, context), { code: "webhook-untrusted" });
    clock.advance(6 * 60 * 1_000);
    await assert.rejects(hooks.receive(real, context), { code: "webhook-untrusted" });
    assert.deepEqual([await statusOf("a"), (await store.head()).position], ["pending", position]);
  });

  void test("about a charge that is none of ours, or against what is known, is asked of a person, once", async () => {
    const { pend, hook, charged, kept, statusOf } = trial();
    assert.equal(await hook("h_1", "charge.settled", charged("x", { key: "somebody-else" })), "kept");
    assert.equal(await hook("h_1", "charge.settled", charged("x", { key: "somebody-else" })), "repeated");
    assert.equal(await hook("h_2", "charge.odd", charged("x")), "kept");
    assert.equal(await hook("h_3", "charge.settled", "nothing"), "kept");
    await pend("a");
    await hook("h_4", "charge.settled", charged("a"));
    assert.equal(await hook("h_5", "charge.declined", charged("a", { status: "declined" })), "kept");
    const asked = ["charge-unknown ch_0 x", "hook-unknown h_2 ", "hook-unknown h_3 ", "charge-differs ch_0 a"];
    assert.deepEqual([kept(), await statusOf("a")], [asked, "completed"]);
    assert.equal(await hook("h_6", "charge.settled", charged("x", { key: "somebody-else", refundedMinor: 1_000 })), "applied");
    assert.equal(kept().length, 4, "what was paid back is nobody's work");
  });
});
