import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { client } from "@daybook/network/rpc/client";
import { valueOf } from "@daybook/network/rpc/contract";
import { localTransport } from "@daybook/network/rpc/server";
import { comparisonContract, type Difference } from "@daybook/shop-questions/contract";
import type { BookedCharge } from "../card-provider.ts";
import { context, trialPayments } from "../conformance/trial.ts";
import { chargeKey } from "../payments.ts";

const ten = money(1_000n, "GBP");
const call = { context };
const HOUR_MS = 60 * 60 * 1_000;

function trial() {
  const around = trialPayments();
  const { clock, payments, provider } = around;
  const local = localTransport({ clock });
  local.add(around.service().comparison);
  const comparing = client(comparisonContract("payments"), local.transport);

  async function pay(orderId: string, token = "tok_ok"): Promise<void> {
    await payments.charge({ orderId, amount: ten, method: { kind: "card", token } }, call);
  }
  const cancel = (orderId: string) =>
    payments.cancel({ orderId, method: { kind: "card", token: "tok_ok" }, reason: "late" }, call);
  const rebook = (orderId: string, change: Partial<BookedCharge>) => provider.rebook(chargeKey(orderId), () => change);

  /** Everything up to now, page by page. */
  async function compare(to = clock.now() + 1): Promise<readonly Difference[]> {
    clock.advance(to - clock.now());
    const found: Difference[] = [];
    let cursor: string | undefined;
    do {
      const page = valueOf(await comparing.compare({ from: 0, to, ...(cursor !== undefined && { cursor }) }, call));
      found.push(...page.differences);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
  /** What it comes to: each once, however often it was found. */
  const found = async () => {
    const differences = await compare();
    return [...new Set(differences.map(({ cause, orderId = "", found }) => `${cause} ${orderId}: ${found}`))].toSorted();
  };
  const recheck = async (differences: readonly Difference[]) => {
    const questions = differences.map(({ found: _, ...rest }, n) => ({ questionId: `q${n}`, ...rest }));
    return valueOf(await comparing.recheck({ questions }, call)).settled;
  };
  return { ...around, pay, cancel, rebook, compare, found, recheck };
}

void describe("payments and the provider's books", () => {
  void test("agree when each did what the other says: charged, pending, declined, undone before and after", async () => {
    const { pay, cancel, found, payments, onAccount } = trial();
    await pay("paid");
    await pay("pending", "tok_pending");
    await pay("declined", "tok_declined");
    for (const orderId of ["back", "never"]) {
      if (orderId === "back") await pay(orderId);
      await cancel(orderId);
    }
    await pay("stopped", "tok_pending");
    await cancel("stopped");
    await onAccount("acc_1", { type: "open", accountId: "acc_1", ownerId: "cus_1", currency: "GBP" });
    await onAccount("acc_1", { type: "deposit", amount: ten, reason: "paid in" });
    const method = { kind: "account", accountId: "acc_1" } as const;
    await payments.charge({ orderId: "own", customerId: "cus_1", amount: ten, method }, call);
    assert.deepEqual(await found(), []);
  });

  void test("agree on what went back in part, and differ when one side does not know of it", async () => {
    const { pay, rebook, found, payments } = trial();
    for (const orderId of ["a", "b"]) {
      await pay(orderId);
      const amount = money(250n, "GBP");
      const part = { orderId, refundId: `ret_${orderId}`, amount, reason: "broken", lines: [{ line: 1, quantity: 1, amount }] };
      valueOf(await payments.giveBack(part, call));
    }
    assert.deepEqual(await found(), []);
    rebook("a", { refunded: money(0n, "GBP") });
    rebook("b", { refunded: money(300n, "GBP") });
    assert.deepEqual(await found(), [
      "refund-missing a: There: completed, 10.00 GBP. Here: completed, 10.00 GBP, 2.50 GBP paid back.",
      "refund-unknown b: There: completed, 10.00 GBP, 3.00 GBP paid back. Here: completed, 10.00 GBP, 2.50 GBP paid back.",
    ]);
  });

  void test("differ in each of these ways, and each is named", async () => {
    const { pay, cancel, rebook, found, provider, clock } = trial();
    const orders = "gone amount currency state unpaid refunded unrefunded twice again".split(" ");
    for (const orderId of orders) await pay(orderId, orderId === "unpaid" ? "tok_declined" : "tok_ok");
    provider.books.delete(chargeKey("gone"));
    rebook("amount", { amount: money(999n, "GBP") });
    rebook("currency", { amount: money(1_000n, "EUR"), refunded: money(0n, "EUR") });
    rebook("state", { status: "cancelled" });
    rebook("unpaid", { status: "completed" });
    rebook("refunded", { refunded: money(250n, "GBP") });
    await cancel("unrefunded");
    rebook("unrefunded", { refunded: money(0n, "GBP") });
    const zero = money(0n, "GBP");
    const other = { amount: ten, refunded: zero, status: "completed", changedAt: clock.now() } as const;
    provider.book({ ...other, chargeId: "ch_x", key: "another", reference: "twice" });
    provider.book({ ...other, chargeId: "ch_y", key: chargeKey("again"), reference: "again" });
    provider.book({ ...other, chargeId: "ch_z", key: "a stranger's", reference: "not one of ours" });
    provider.book({ ...other, chargeId: "ch_lost", key: chargeKey("lost"), reference: "lost" });
    assert.deepEqual(await found(), [
      "amount-differs amount: There: completed, 9.99 GBP. Here: completed, 10.00 GBP.",
      "amount-differs currency: There: completed, 10.00 EUR. Here: completed, 10.00 GBP.",
      "charge-differs state: There: cancelled, 10.00 GBP. Here: completed, 10.00 GBP.",
      "charge-differs unpaid: There: completed, 10.00 GBP. Here: declined.",
      "charge-missing gone: There: nothing. Here: completed, 10.00 GBP.",
      "charge-unknown : There: completed, 10.00 GBP. Here: nothing.",
      "charge-unknown lost: There: completed, 10.00 GBP. Here: nothing.",
      "charged-twice again: There: completed, 10.00 GBP. Here: completed, 10.00 GBP.",
      "charged-twice twice: There: completed, 10.00 GBP. Here: completed, 10.00 GBP.",
      "refund-missing unrefunded: There: completed, 10.00 GBP. Here: refunded, 10.00 GBP.",
      "refund-unknown refunded: There: completed, 10.00 GBP, 2.50 GBP paid back. Here: completed, 10.00 GBP.",
    ]);
  });

  void test("a charge is pending for too long after a day, and not before", async () => {
    const { pay, found, clock } = trial();
    await pay("a", "tok_pending");
    clock.advance(23 * HOUR_MS);
    assert.deepEqual(await found(), []);
    clock.advance(2 * HOUR_MS);
    assert.deepEqual(await found(), ["payment-pending a: There: pending, 10.00 GBP. Here: pending, 10.00 GBP."]);
  });

  void test("what no web hook told is heard: a pending charge that came out, and a dispute, which is a person's", async () => {
    const { pay, rebook, found, provider, service, clock } = trial();
    for (const orderId of ["a", "b"]) await pay(orderId, "tok_pending");
    await pay("c");
    clock.advance(1);
    provider.settle(chargeKey("a"), { status: "completed", chargeId: "ch_0" });
    provider.settle(chargeKey("b"), { status: "declined", code: "payment-declined", reason: "No." });
    rebook("c", { status: "disputed" });
    assert.deepEqual(await found(), ["charge-disputed c: There: disputed, 10.00 GBP. Here: completed, 10.00 GBP."]);
    const statusOf = async (orderId: string) => (await service().payment(orderId))?.payment;
    assert.deepEqual([(await statusOf("a"))?.status, (await statusOf("b"))?.status], ["completed", "declined"]);
    assert.equal((await statusOf("c"))?.isDisputed, true);
  });

  void test("of what moves nothing is said: both sides must have rested", async () => {
    const { pay, rebook, compare, clock, provider } = trial();
    await pay("here");
    await pay("there");
    provider.books.delete(chargeKey("here"));
    const to = clock.now();
    rebook("there", { status: "cancelled" });
    assert.deepEqual(await compare(to), []);
    assert.deepEqual(new Set((await compare(to + 1)).map(({ cause }) => cause)), new Set(["charge-missing", "charge-differs"]));
  });

  void test("what is right again is settled, what is not stays, and so does what nobody can look up", async () => {
    const { pay, rebook, compare, recheck, provider } = trial();
    for (const orderId of ["gone", "amount", "state"]) await pay(orderId);
    const kept = provider.books.get(chargeKey("gone")) ?? [];
    provider.books.delete(chargeKey("gone"));
    rebook("amount", { amount: money(1n, "GBP") });
    rebook("state", { status: "cancelled" });
    const differences = [...(await compare())].toSorted((a, b) => (a.cause < b.cause ? -1 : 1));
    const one = [...new Map(differences.map((each) => [each.cause, each])).values()];
    const puzzle = { cause: "hook-unknown", subject: "msg_1", found: "?" };
    assert.deepEqual(await recheck([...one, puzzle]), []);
    provider.books.set(chargeKey("gone"), kept);
    rebook("amount", { amount: ten });
    assert.deepEqual(await recheck([...one, puzzle]), ["q0", "q2"], "amount-differs and charge-missing");
  });
});
