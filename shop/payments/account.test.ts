import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import { accountDecider, type AccountCommand } from "./account.ts";
import type { AccountEvent } from "./events.ts";
import { HOUSE, transfer } from "./ledger.ts";

const { given } = specification(accountDecider);
const ten = money(1_000n, "GBP");
const opened: AccountEvent = { type: "AccountOpened", data: { accountId: "acc_1", ownerId: "cus_1", currency: "GBP" } };
const deposited = (minor: bigint): AccountEvent => ({
  type: "AccountDeposited",
  data: { entry: transfer(HOUSE.bank, "acc_1", money(minor, "GBP")), reason: "paid in" },
});
const charged: AccountEvent = { type: "AccountCharged", data: { paymentId: "pay_1", amount: ten } };
const closed: AccountEvent = { type: "AccountClosed", data: {} };

const open: AccountCommand = { type: "open", accountId: "acc_1", ownerId: "cus_1", currency: "GBP" };
const withdraw: AccountCommand = { type: "withdraw", amount: ten, reason: "paid out" };
const charge: AccountCommand = { type: "charge", amount: ten, paymentId: "pay_1", customerId: "cus_1" };
const refund: AccountCommand = { type: "refund", amount: ten, paymentId: "pay_1" };

void describe("an account", () => {
  void test("is opened once, and closed when nothing is left", () => {
    given().when(open).thenHappens(opened);
    given(opened).when(open).thenRefused("account-exists");
    given(opened).when({ type: "close" }).thenHappens(closed);
    given(opened, deposited(1n)).when({ type: "close" }).thenRefused("account-not-empty");
    given(opened, closed).when({ type: "close" }).thenRefused("account-closed");
  });

  void test("gets what is paid in, gives what is paid out, and counts both", () => {
    given(opened).when({ type: "deposit", amount: ten, reason: "paid in" }).thenHappens(deposited(1_000n));
    const state = given(opened, deposited(1_500n))
      .when(withdraw)
      .thenHappens({ type: "AccountWithdrawn", data: { entry: transfer("acc_1", HOUSE.bank, ten), reason: "paid out" } });
    assert.ok(state.status === "open");
    assert.deepEqual([state.balance, state.transactions], [money(500n, "GBP"), 2]);
  });

  void test("is opened by what its owner pays in for orders", () => {
    const fund: AccountCommand = { type: "fund", accountId: "acc_1", owner: "cus_1", amount: ten, reason: "paid in" };
    given().when(fund).thenHappens(opened, deposited(1_000n));
    given(opened).when(fund).thenHappens(deposited(1_000n));
    given(opened)
      .when({ ...fund, owner: "cus_2" })
      .thenRefused("account-not-found");
    given(opened)
      .when({ ...fund, amount: money(1n, "EUR") })
      .thenRefused("currency-differs", { currency: "GBP" });
    given()
      .when({ ...fund, amount: money(0n, "GBP") })
      .thenRefused("amount-not-positive");
    given(opened, closed).when(fund).thenRefused("account-closed");
  });

  void test("never gives more than it has, and says what it has", () => {
    for (const command of [withdraw, charge]) {
      given(opened, deposited(999n))
        .when(command)
        .thenRefused("insufficient-funds", { requested: ten, available: money(999n, "GBP") });
    }
    given(opened, deposited(1_000n)).when(charge).thenHappens(charged);
  });

  void test("gets money back also when it was closed meanwhile, and nothing else", () => {
    given(opened, deposited(1_000n), charged, closed)
      .when(refund)
      .thenHappens({ type: "AccountRefunded", data: { paymentId: "pay_1", amount: ten } });
    for (const command of [charge, withdraw, { type: "deposit", amount: ten, reason: "x" } as const]) {
      given(opened, closed).when(command).thenRefused("account-closed");
    }
  });

  void test("is in one currency, and amounts are above zero", () => {
    const euros: AccountCommand = { type: "deposit", amount: money(1n, "EUR"), reason: "x" };
    given(opened).when(euros).thenRefused("currency-differs", { currency: "GBP" });
    for (const minor of [0n, -1n]) {
      given(opened, deposited(5n))
        .when({ type: "withdraw", amount: money(minor, "GBP"), reason: "x" })
        .thenRefused("amount-not-positive");
    }
  });

  void test("is its owner's: another person's and a missing one answer alike", () => {
    const foreign: readonly AccountCommand[] = [
      { ...withdraw, ownerId: "cus_2" },
      { type: "close", ownerId: "cus_2" },
      { ...charge, customerId: "cus_2" },
      { ...charge, customerId: undefined },
    ];
    for (const command of foreign) {
      const refusal = given(opened, deposited(1_000n)).when(command).thenRefused("account-not-found");
      assert.deepEqual(given().when(command).thenRefused("account-not-found"), refusal);
    }
  });
});
