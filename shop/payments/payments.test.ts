import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import { money } from "@daybook/kernel/money";
import { valueOf, type Answer } from "@daybook/network/rpc/contract";
import type { ChargeMethod } from "./contract.ts";
import type { BillEvent, PaymentEvent } from "./events.ts";
import { paymentIdOf } from "./payments.ts";
import { context, trialPayments } from "./conformance/trial.ts";

const call = { context };
const ten = money(1_000n, "GBP");
const card = (token: string) => ({ kind: "card", token }) as const;
const account = { kind: "account", accountId: "acc_1" } as const;
const order = (orderId: string, method: ChargeMethod) => ({
  orderId,
  customerId: "cus_1",
  amount: ten,
  method,
});
const undo = (orderId: string, method: ChargeMethod) => ({ orderId, method, reason: "late" });

function codeOf(answer: Answer<unknown>): string {
  return "refusal" in answer ? answer.refusal.code : "done";
}

async function funded(minor: bigint) {
  const trial = trialPayments();
  await trial.onAccount("acc_1", { type: "open", accountId: "acc_1", ownerId: "cus_1", currency: "GBP" });
  if (minor > 0n) await trial.onAccount("acc_1", { type: "deposit", amount: money(minor, "GBP"), reason: "paid in" });
  return trial;
}

function billsOf({ events, clock }: ReturnType<typeof trialPayments>): Promise<readonly RecordedEvent<BillEvent>[]> {
  return events.read<BillEvent>(`bills-${new Date(clock.now()).getUTCFullYear()}`);
}

void describe("paying by card", () => {
  void test("charges once, however often it is asked, in two processes at once", async () => {
    const trial = trialPayments();
    const { provider, payments, open } = trial;
    const asked = [payments, open().payments, payments, open().payments];
    const answers = await Promise.all(asked.map((each) => each.charge(order("a", card("tok_ok")), call)));
    for (const answer of answers) assert.deepEqual(valueOf(answer), { paymentId: paymentIdOf("a"), status: "completed" });
    assert.deepEqual([...provider.charged.values()], [1]);
    assert.equal((await billsOf(trial)).length, 1);
  });

  void test("declined is a refusal, kept with its reason; another card may be tried", async () => {
    const { payments, events, provider } = trialPayments();
    assert.equal(codeOf(await payments.charge(order("a", card("tok_no")), call)), "payment-declined");
    const [declined] = await events.read<PaymentEvent>("payment-a");
    assert.ok(declined?.event.type === "PaymentDeclined" && declined.event.data.reason === "Declined.");
    assert.equal(provider.charged.size, 0);
  });

  void test("pending is said so, until the outcome is recorded", async () => {
    const { payments } = trialPayments();
    assert.equal(valueOf(await payments.charge(order("a", card("tok_pending")), call)).status, "pending");
    assert.equal(await payments.hear("a", ten, { status: "completed", chargeId: "ch_0" }, call), undefined);
    const again = await payments.charge(order("a", card("tok_pending")), call);
    assert.equal(valueOf(again).status, "completed", "what has an outcome is not pending any more");
  });

  void test("a provider that is away is an error that may pass; nothing is recorded", async () => {
    const { payments, provider, store } = trialPayments();
    provider.isAway = true;
    await assert.rejects(payments.charge(order("a", card("tok_ok")), call), { code: "provider-unavailable", retryable: true });
    await assert.rejects(payments.cancel(undo("a", card("tok_ok")), call), { code: "provider-unavailable" });
    assert.equal((await store.head()).position, 0);
  });

  void test("undone, the money goes back once, with a credit note", async () => {
    const trial = trialPayments();
    const { payments, provider, open } = trial;
    valueOf(await payments.charge(order("a", card("tok_ok")), call));
    for (const each of [payments, open().payments, payments]) valueOf(await each.cancel(undo("a", card("tok_ok")), call));
    assert.deepEqual([...provider.refunded.values()], [1]);
    assert.deepEqual(
      (await billsOf(trial)).map(({ event, version }) => [event.type, version]),
      [
        ["BillIssued", 1],
        ["CreditNoteIssued", 2],
      ],
    );
  });

  void test("undone before anything happened, a charge that comes later is refused", async () => {
    const { payments, provider } = trialPayments();
    valueOf(await payments.cancel(undo("a", card("tok_ok")), call));
    assert.equal(codeOf(await payments.charge(order("a", card("tok_ok")), call)), "payment-cancelled");
    assert.equal(provider.charged.size, 0);
  });
});

void describe("paying from an account", () => {
  void test("takes what is there, once, and no more", async () => {
    const trial = await funded(1_500n);
    const { payments, open } = trial;
    const asked = [payments, open().payments, payments];
    const answers = await Promise.all(asked.map((each) => each.charge(order("a", account), call)));
    for (const answer of answers) assert.equal(valueOf(answer).status, "completed");
    const refused = await payments.charge(order("b", account), call);
    assert.ok("refusal" in refused);
    assert.deepEqual(refused.refusal.details, { requested: ten, available: money(500n, "GBP") });
    assert.equal(refused.refusal.code, "insufficient-funds");
    assert.equal((await billsOf(trial)).length, 1);
  });

  void test("is refused for an account that is not there, closed, another's, or in another currency", async () => {
    const trial = await funded(0n);
    const { payments, onAccount } = trial;
    assert.equal(codeOf(await payments.charge({ ...order("a", account), customerId: "cus_2" }, call)), "payment-details-invalid");
    assert.equal(
      codeOf(await payments.charge({ ...order("b", account), amount: money(1n, "EUR") }, call)),
      "payment-details-invalid",
    );
    await onAccount("acc_1", { type: "close" });
    assert.equal(codeOf(await payments.charge(order("c", account), call)), "payment-details-invalid");
    const missing = { kind: "account", accountId: "acc_9" } as const;
    assert.equal(codeOf(await payments.charge(order("d", missing), call)), "payment-details-invalid");
  });

  void test("undone, it is all back, also when the account was closed meanwhile; a late charge is refused", async () => {
    const trial = await funded(1_000n);
    const { payments, open, onAccount } = trial;
    valueOf(await payments.charge(order("a", account), call));
    await onAccount("acc_1", { type: "close" });
    for (const each of [payments, open().payments]) valueOf(await each.cancel(undo("a", account), call));
    const closed = (await trial.open().accounts.load("acc_1")).state;
    assert.ok(closed.status === "closed" && closed.balance.minor === "1000");
    valueOf(await payments.cancel(undo("b", account), call));
    assert.equal(codeOf(await payments.charge(order("b", account), call)), "payment-cancelled");
  });
});

const back = (orderId: string, refundId: string, minor: bigint) => ({
  orderId,
  refundId,
  amount: money(minor, "GBP"),
  reason: "too big",
  lines: [{ line: 1, quantity: 1, amount: money(minor, "GBP") }],
});

void describe("giving back a part", () => {
  void test("of a card's charge: by the provider once, however often it is asked, with one credit note", async () => {
    const trial = trialPayments();
    const { payments, open, provider } = trial;
    valueOf(await payments.charge(order("a", card("tok_ok")), call));
    provider.isLosing = true;
    await assert.rejects(payments.giveBack(back("a", "ret_1", 300n), call), { code: "provider-unavailable" });
    assert.equal((await billsOf(trial)).length, 1, "nothing is recorded of what is not known");
    provider.isLosing = false;
    const asked = [payments, open().payments, payments];
    const answers = await Promise.all(asked.map((each) => each.giveBack(back("a", "ret_1", 300n), call)));
    const year = new Date(trial.clock.now()).getUTCFullYear();
    for (const answer of answers) assert.deepEqual(valueOf(answer), { paymentId: paymentIdOf("a"), creditNote: `${year}-2` });
    assert.deepEqual([...provider.givenBack], [["refund-ret_1", { chargeId: "ch_0", minor: 300n }]]);
    assert.equal(codeOf(await payments.giveBack(back("a", "ret_2", 701n), call)), "refund-too-large");
    assert.equal(valueOf(await payments.giveBack(back("a", "ret_3", 700n), call)).creditNote, `${year}-3`);
    assert.equal((await billsOf(trial)).length, 3);
  });

  void test("to the account that paid, also when it was closed meanwhile, in the unit that records it", async () => {
    const trial = await funded(1_000n);
    const { payments, open, onAccount } = trial;
    valueOf(await payments.charge(order("a", account), call));
    await onAccount("acc_1", { type: "close" });
    const asked = [payments, open().payments, payments];
    for (const answer of await Promise.all(asked.map((each) => each.giveBack(back("a", "ret_1", 250n), call)))) valueOf(answer);
    const { state } = await open().accounts.load("acc_1");
    assert.ok(state.status === "closed" && state.balance.minor === "250");
  });

  void test("is refused when nothing was paid, and by a provider that will not", async () => {
    const { payments, provider, events } = trialPayments();
    assert.equal(codeOf(await payments.giveBack(back("a", "ret_1", 1n), call)), "illegal-transition");
    valueOf(await payments.charge(order("a", card("tok_ok")), call));
    provider.isDisputed = true;
    assert.equal(codeOf(await payments.giveBack(back("a", "ret_1", 1n), call)), "refund-refused");
    assert.equal((await events.read("payment-a")).length, 1);
  });
});

void test("whatever is paid and undone at once, the ledger adds up to nothing and each order is charged at most once", async () => {
  const action = fc.record({
    kind: fc.constantFrom("charge", "charge", "cancel", "back"),
    orderId: fc.constantFrom("a", "b", "c"),
    method: fc.constantFrom(account, card("tok_ok"), card("tok_no")),
    process: fc.integer({ min: 0, max: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(action, { maxLength: 5 }), { maxLength: 4 }), async (waves) => {
      const trial = await funded(2_500n);
      const processes = [trial.payments, trial.open().payments];
      const methods = new Map<string, ChargeMethod>();
      // What was sent is returned in parts, and not undone any more.
      const givenBack = new Set(waves.flat().flatMap(({ kind, orderId }) => (kind === "back" ? [orderId] : [])));
      for (const wave of waves) {
        await Promise.all(
          wave.map(async ({ kind, orderId, method, process }) => {
            const own = methods.get(orderId) ?? method; // an order is paid in one way
            methods.set(orderId, own);
            const payments = processes[process];
            if (kind === "charge") await payments?.charge(order(orderId, own), call);
            else if (kind === "back") await payments?.giveBack(back(orderId, `ret_${orderId}${process}`, 400n), call);
            else if (!givenBack.has(orderId)) await payments?.cancel(undo(orderId, own), call);
          }),
        );
      }
      const { events } = await trial.events.readLog({ after: 0 });
      const sums = new Map<string, bigint>();
      for (const { event } of events) {
        const { entry = [] } = event.data as { entry?: readonly { account: string; minor: string }[] };
        for (const { account, minor } of entry) sums.set(account, (sums.get(account) ?? 0n) + BigInt(minor));
      }
      assert.equal(
        [...sums.values()].reduce((sum, minor) => sum + minor, 0n),
        0n,
      );
      const { state } = await trial.open().accounts.load("acc_1");
      assert.ok(state.status === "open");
      assert.equal(BigInt(state.balance.minor), sums.get("acc_1"), "the account's own fold is the ledger's");
      assert.ok(BigInt(state.balance.minor) >= 0n);
      const charged = events.filter(({ event }) => event.type === "PaymentCompleted");
      assert.equal(new Set(charged.map(({ stream }) => stream)).size, charged.length);
      const bills = await billsOf(trial);
      assert.deepEqual(
        bills.map(({ version }) => version),
        bills.map((_, index) => index + 1),
      );
      const refunds = events.filter(({ event }) => event.type === "PaymentRefunded" || event.type === "PaymentGivenBack");
      assert.equal(bills.length, charged.length + refunds.length);
    }),
    { numRuns: 60 },
  );
});
