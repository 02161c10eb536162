import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { levelName } from "@daybook/messaging/queue";
import { client } from "@daybook/network/rpc/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { localTransport } from "@daybook/network/rpc/server";
import { context, trialPayments } from "./conformance/trial.ts";
import { paymentOutcomes, paymentsContract, type ChargeMethod } from "./contract.ts";
import { accountDecider } from "./account.ts";
import type { AccountEvent } from "./events.ts";
import { chargeKey } from "./payments.ts";

const call = { context };
const ten = money(1_000n, "GBP");
const card = (token: string) => ({ kind: "card", token }) as const;
const fromAccount = { kind: "account", accountId: "acc_1" } as const;

function trial() {
  const trial = trialPayments();
  const service = trial.service();
  const local = localTransport({ clock: trial.clock });
  local.add(service.calls);
  const payments = client(paymentsContract, local.transport);
  const pay = (orderId: string, method: ChargeMethod) =>
    payments.charge({ orderId, customerId: "cus_1", amount: ten, method }, call);
  /** Messages that tell what became of pending payments. */
  const outcomes = async () => {
    const due = await trial.store.listDue(levelName(paymentOutcomes, 0), Number.MAX_SAFE_INTEGER);
    return due.map(({ payload }) => JSON.parse(payload.slice(payload.indexOf("\n") + 1)) as unknown);
  };
  return { ...trial, service, payments, pay, outcomes };
}

async function withAccounts() {
  const all = trial();
  const { onAccount } = all;
  for (const [accountId, currency] of [
    ["acc_1", "GBP"],
    ["acc_2", "GBP"],
    ["acc_3", "EUR"],
  ] as const) {
    await onAccount(accountId, { type: "open", accountId, ownerId: accountId === "acc_1" ? "cus_1" : "cus_2", currency });
  }
  await onAccount("acc_1", { type: "deposit", amount: money(2_500n, "GBP"), reason: "paid in" });
  await onAccount("acc_2", { type: "deposit", amount: money(300n, "GBP"), reason: "paid in" });
  return all;
}

/** What `task` comes to, with the clock going on meanwhile. */
async function during<Value>(task: Promise<Value>, until: ReturnType<typeof trial>["until"]): Promise<Value> {
  const state = { isOver: false };
  const over = () => void (state.isOver = true);
  void task.then(over, over);
  await until(() => state.isOver, 10);
  return task;
}

void describe("accounts", () => {
  void test("are listed by owner, in pages, each as the fold of its events", async () => {
    const { service, events } = await withAccounts();
    const { accounts } = service;
    assert.deepEqual(
      (await accounts.list({ ownerId: "cus_2", limit: 10 })).accounts.map(({ accountId }) => accountId),
      ["acc_2", "acc_3"],
    );
    const first = await accounts.list({ limit: 2 });
    assert.ok(first.next);
    const rest = await accounts.list({ limit: 2, after: first.next });
    assert.deepEqual([first.accounts.length, rest.accounts.length, rest.next], [2, 1, undefined]);
    for (const { accountId, version, changedAt, ...account } of [...first.accounts, ...rest.accounts]) {
      const recorded = await events.read<AccountEvent>(`account-${accountId}`);
      const folded = recorded.reduce((state, { event }) => accountDecider.evolve(state, event), accountDecider.initial);
      assert.deepEqual({ accountId, ...account }, folded);
      assert.deepEqual([version, changedAt], [recorded.length, recorded.at(-1)?.recordedAt]);
    }
    assert.equal(await accounts.get("acc_9"), undefined);
  });

  void test("that are open are counted and summed by currency; the closed are not", async () => {
    const { service, onAccount, pay, payments, project } = await withAccounts();
    valueOf(await pay("a", fromAccount));
    await onAccount("acc_1", { type: "withdraw", amount: money(1_500n, "GBP"), reason: "paid out" });
    await onAccount("acc_1", { type: "close" });
    valueOf(await payments.cancel({ orderId: "a", method: fromAccount, reason: "late" }, call));
    await project();
    assert.deepEqual(await service.accounts.openTotals(), [
      { accounts: 1, total: money(0n, "EUR") },
      { accounts: 1, total: money(300n, "GBP") },
    ]);
  });
});

void describe("the house's ledger", () => {
  void test("holds what entries gave and took, and a rebuild gives the same", async () => {
    const { service, pay, payments, project, events, clock, ids, until } = await withAccounts();
    valueOf(await pay("a", fromAccount));
    valueOf(await pay("b", card("tok_ok")));
    valueOf(await pay("c", card("tok_ok")));
    valueOf(await payments.cancel({ orderId: "c", method: card("tok_ok"), reason: "late" }, call));
    await project();
    const balances = [
      { account: "house:bank", balance: money(-2_800n, "GBP") },
      { account: "house:card-clearing", balance: money(-1_000n, "GBP") },
      { account: "house:sales", balance: money(2_000n, "GBP") },
    ];
    assert.deepEqual(await service.houseBalances(), balances);
    const running = runProjection(service.ledger, { events, clock, ids, owner: "prc_1" });
    const rebuild = await during(running.rebuild(), until);
    await during(rebuild.caughtUp, until);
    const { differing, differingEntries, keys } = await during(rebuild.compare(), until);
    assert.deepEqual([differing, differingEntries, keys], [0, 0, 8]);
    await during(rebuild.switchTo(), until);
    assert.deepEqual(await service.houseBalances(), balances);
    await running.stop();
  });
});

void describe("a pending payment", () => {
  void test("is asked for until the provider knows; whoever carries the order out is told once", async () => {
    const { service, pay, provider, clock, until, outcomes, store } = trial();
    valueOf(await pay("a", card("tok_pending")));
    const [consumer] = service.startConsumers(seededRandom(2));
    const asked = async () => (await store.listDue("queue/pending-charges/0", Infinity)).map(({ at }) => at - clock.now());
    assert.deepEqual(await asked(), [600_000]);
    clock.advance(600_000);
    await until(() => consumer?.status().done === 1);
    assert.ok(
      (await asked()).every((inMs) => inMs > 590_000),
      "it is asked again, ten minutes later",
    );
    provider.settle(chargeKey("a"), { status: "completed", chargeId: "ch_0" });
    clock.advance(600_000);
    await until(() => consumer?.status().done === 2);
    assert.deepEqual(await outcomes(), [
      { orderId: "a", paymentId: (await service.payment("a"))?.payment.paymentId, type: "settled" },
    ]);
    assert.equal((await service.payment("a"))?.payment.status, "completed");
    assert.deepEqual(await asked(), []);
    await consumer?.stop();
  });

  void test("that the provider cancelled is told as declined", async () => {
    const { service, pay, provider, clock, until, outcomes } = trial();
    valueOf(await pay("a", card("tok_pending")));
    provider.settle(chargeKey("a"), { status: "cancelled" });
    const [consumer] = service.startConsumers(seededRandom(2));
    clock.advance(600_000);
    await until(() => consumer?.status().done === 1);
    assert.equal((await service.payment("a"))?.payment.status, "cancelled");
    assert.equal((await outcomes()).length, 1);
    await consumer?.stop();
  });
});

void test("failed attempts are kept with their reasons, and an account that was filled up pays", async () => {
  const { service, pay, onAccount } = await withAccounts();
  await onAccount("acc_1", { type: "withdraw", amount: money(2_000n, "GBP"), reason: "paid out" });
  for (let n = 0; n < 2; n++) assert.ok("refusal" in (await pay("a", fromAccount)));
  const failed = await service.payment("a");
  assert.deepEqual([failed?.payment.status, failed?.failures.map(({ code }) => code)], ["declined", ["insufficient-funds"]]);
  await onAccount("acc_1", { type: "deposit", amount: ten, reason: "paid in" });
  assert.equal(valueOf(await pay("a", fromAccount)).status, "completed");
  assert.equal((await service.payment("a"))?.failures.length, 1);
});
