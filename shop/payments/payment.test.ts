import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { specification } from "@daybook/testing/specification";
import type { PaymentEvent } from "./events.ts";
import { HOUSE, reversal, transfer } from "./ledger.ts";
import { paymentDecider, paymentStates, type PaymentCommand, type PaymentStatus } from "./payment.ts";

const { given } = specification(paymentDecider);
const about = { paymentId: "pay_1", orderId: "ord_1" };
const amount = money(1_000n, "GBP");
const byCard = transfer(HOUSE.cardClearing, HOUSE.sales, amount);
const charge = { amount, chargeId: "ch_1" };

const pending: PaymentEvent = { type: "PaymentPending", data: { ...about, ...charge } };
const completed: PaymentEvent = {
  type: "PaymentCompleted",
  data: { ...about, ...charge, paidBy: "card", accountId: undefined, entry: byCard },
};
const declined: PaymentEvent = { type: "PaymentDeclined", data: { ...about, code: "payment-declined", reason: "No." } };
const cancelled: PaymentEvent = { type: "PaymentCancelled", data: { ...about, reason: "late" } };
const refunded: PaymentEvent = {
  type: "PaymentRefunded",
  data: { ...about, amount, refundId: undefined, reason: "late", entry: reversal(byCard) },
};

const pend: PaymentCommand = { type: "pend", ...about, ...charge };
const complete: PaymentCommand = { type: "complete", ...about, ...charge };
const decline: PaymentCommand = { type: "decline", ...about, code: "payment-declined", reason: "No." };
const undo: PaymentCommand = { type: "undo", ...about, reason: "late" };
const dispute: PaymentCommand = { type: "dispute", ...about, chargeId: "ch_1", reason: "Not mine." };

void describe("a payment", () => {
  void test("is pending, completed or declined, as the provider says", () => {
    given().when(pend).thenHappens(pending);
    given().when(complete).thenHappens(completed);
    given().when(decline).thenHappens(declined);
    given(pending).when(complete).thenHappens(completed);
    given(pending).when(decline).thenHappens(declined);
  });

  void test("said twice, or overtaken, changes nothing", () => {
    given(pending).when(pend).thenNothingHappens();
    given(completed).when(complete).thenNothingHappens();
    given(declined).when(decline).thenNothingHappens();
    given(completed).when(pend).thenNothingHappens();
    given(declined).when(pend).thenNothingHappens();
    given(cancelled).when(undo).thenNothingHappens();
    given(completed, refunded).when(undo).thenNothingHappens();
  });

  void test("undone, what was charged is paid back by the reversal of its entry; what was not never is", () => {
    given(completed).when(undo).thenHappens(refunded);
    for (const before of [[], [pending], [declined]])
      given(...before)
        .when(undo)
        .thenHappens(cancelled);
    for (const late of [pend, complete, decline]) {
      given(cancelled).when(late).thenRefused("payment-cancelled", { status: "cancelled" });
      given(completed, refunded).when(late).thenRefused("payment-cancelled", { status: "refunded" });
    }
  });

  void test("from an account is paid back by the unit that pays into the account, and by no other", () => {
    const accountId = "acc_1";
    const entry = transfer(accountId, HOUSE.sales, amount);
    const paid: PaymentEvent = {
      type: "PaymentCompleted",
      data: { ...about, amount, paidBy: "account", accountId, chargeId: undefined, entry },
    };
    given()
      .when({ type: "complete", ...about, amount, accountId })
      .thenHappens(paid);
    given(paid).when(undo).thenRefused("illegal-transition");
    const back = { ...about, amount, refundId: undefined, reason: "late", entry: reversal(entry) };
    given(paid)
      .when({ ...undo, toAccount: true })
      .thenHappens({ type: "PaymentRefunded", data: back });
  });

  void test("that was completed is not declined any more; the state that refuses it is named", () => {
    given(completed)
      .when(decline)
      .thenRefused("illegal-transition", { status: "completed", legal: ["refund", "give-back"] });
  });

  void test("from an account that had too little is completed when it has enough", () => {
    assert.equal(given(declined).when(complete).thenHappens(completed).status, "completed");
  });

  void test("is disputed once", () => {
    const disputed: PaymentEvent = { type: "PaymentDisputed", data: { ...about, chargeId: "ch_1", reason: "Not mine." } };
    given(completed).when(dispute).thenHappens(disputed);
    given(completed, disputed).when(dispute).thenNothingHappens();
  });

  void test("goes back in parts, each once, and never more of it than was charged", () => {
    const part = money(600n, "GBP");
    const back: PaymentCommand = {
      type: "give-back",
      ...about,
      refundId: "ret_1",
      amount: part,
      reason: "too big",
      providerId: "re_1",
    };
    const entry = transfer(HOUSE.sales, HOUSE.cardClearing, part);
    const data = { ...about, refundId: "ret_1", amount: part, providerId: "re_1", reason: "too big", entry };
    const given600: PaymentEvent = { type: "PaymentGivenBack", data };
    assert.equal(given(completed).when(back).thenHappens(given600).status, "completed");
    const after = given(completed, given600);
    after.when(back).thenNothingHappens();
    after.when({ ...back, amount: money(1n, "GBP") }).thenRefused("refund-exists");
    const next = { ...back, refundId: "ret_2" };
    after.when(next).thenRefused("refund-too-large", { charged: amount, givenBack: part });
    after.when({ ...next, amount: money(400n, "EUR") }).thenRefused("refund-too-large");
    const rest = { ...next, amount: money(400n, "GBP") };
    after.when(rest).thenHappens({
      type: "PaymentGivenBack",
      data: { ...data, refundId: "ret_2", amount: rest.amount, entry: transfer(HOUSE.sales, HOUSE.cardClearing, rest.amount) },
    });
    after.when(undo).thenRefused("illegal-transition");
    for (const before of [[], [pending], [declined]])
      given(...before)
        .when(back)
        .thenRefused("illegal-transition");
    given(completed, refunded).when(back).thenRefused("payment-cancelled");
  });

  void test("has an end in each state that nothing leaves", () => {
    assert.deepEqual(paymentStates.terminal, ["cancelled", "refunded"] satisfies PaymentStatus[]);
  });
});
