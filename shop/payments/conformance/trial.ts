import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { aggregates } from "@daybook/data/cqrs/aggregates";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { accountDecider, type AccountCommand } from "../account.ts";
import { accountRow } from "../accounts.ts";
import type { Asking } from "@daybook/shop-questions/contract";
import type { BookPage, BookTime } from "@daybook/data/cqrs/two-sides";
import type { Clock } from "@daybook/kernel/clock";
import { add, money } from "@daybook/kernel/money";
import type { BookedCharge, CardProvider, ChargeAnswer, ChargeOrder, RefundAnswer, RefundOrder } from "../card-provider.ts";
import { accountEvents, billEvents, paymentEvents } from "../events.ts";
import { providerUnavailable } from "../errors.ts";
import { Payments } from "../payments.ts";
import { paymentsService } from "../service.ts";

/** A provider in memory that keeps its promises; tokens say what it answers. Each effect is counted by key. */
export class TrialProvider implements CardProvider {
  isAway = false;
  readonly charged = new Map<string, number>();
  readonly refunded = new Map<string, number>();
  /** By key: what a test writes into them is so. */
  readonly books = new Map<string, BookedCharge[]>();
  /** Parts that went back, by key. */
  readonly givenBack = new Map<string, { readonly chargeId: string; readonly minor: bigint }>();
  /** Refunds take effect, but their answers are lost. */
  isLosing = false;
  isDisputed = false;
  private readonly answers = new Map<string, ChargeAnswer>();
  private readonly clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now"> = { now: () => 0 }) {
    this.clock = clock;
  }

  async charge(order: ChargeOrder): Promise<ChargeAnswer> {
    this.checkThere();
    const { key, token } = order;
    const answer = this.answers.get(key) ?? answerTo(token, `ch_${this.answers.size}`);
    if (!this.answers.has(key)) this.book(bookedOf(order, answer, this.clock.now()));
    if (!this.answers.has(key) && answer.status !== "declined") this.charged.set(key, 1);
    this.answers.set(key, answer);
    return answer;
  }

  async cancel(key: string) {
    this.checkThere();
    const before = this.answers.get(key);
    this.answers.set(key, { status: "cancelled" });
    if (before?.status === "completed") this.refunded.set(key, (this.refunded.get(key) ?? 0) + 1);
    if (before?.status === "completed") this.rebook(key, (charge) => ({ refunded: charge.amount }));
    if (before?.status === "pending") this.rebook(key, () => ({ status: "cancelled" }));
    return { isRefunded: this.refunded.has(key) };
  }

  async refund({ key, chargeId, amount }: RefundOrder): Promise<RefundAnswer> {
    this.checkThere();
    if (this.isDisputed) return { status: "refused", reason: "Disputed." };
    if (!this.givenBack.has(key)) {
      this.givenBack.set(key, { chargeId, minor: BigInt(amount.minor) });
      for (const [charged, [charge]] of this.books) {
        if (charge?.chargeId === chargeId) this.rebook(charged, ({ refunded }) => ({ refunded: add(refunded, amount) }));
      }
    }
    if (this.isLosing) throw providerUnavailable("the answer was lost");
    return { status: "refunded", refundId: `re_${[...this.givenBack.keys()].indexOf(key)}` };
  }

  async find(key: string) {
    this.checkThere();
    return this.answers.get(key);
  }

  /** What a pending charge comes to. */
  settle(key: string, answer: ChargeAnswer): void {
    this.answers.set(key, answer);
    if (answer.status === "completed") this.charged.set(key, 1);
    this.rebook(key, () => ({ status: answer.status }));
  }

  async journal({ from, to, after = "0" }: BookTime): Promise<BookPage<BookedCharge>> {
    this.checkThere();
    const all = [...this.books.values()].flat().filter(({ changedAt }) => changedAt >= from && changedAt < to);
    const end = Number(after) + 2; // small pages
    return { entries: all.slice(Number(after), end), ...(end < all.length && { next: String(end) }) };
  }

  async booked(keys: readonly string[]): Promise<readonly BookedCharge[]> {
    this.checkThere();
    return keys.flatMap((key) => this.books.get(key) ?? []);
  }

  /** Another charge in the books, whoever made it. */
  book(charge: BookedCharge): void {
    this.books.set(charge.key, [...(this.books.get(charge.key) ?? []), charge]);
  }

  /** The charges under a key as they are from now on. */
  rebook(key: string, change: (charge: BookedCharge) => Partial<BookedCharge>): void {
    const changedAt = this.clock.now();
    const charges = this.books.get(key) ?? [];
    this.books.set(
      key,
      charges.map((charge) => ({ ...charge, changedAt, ...change(charge) })),
    );
  }

  private checkThere(): void {
    if (this.isAway) throw providerUnavailable("away");
  }
}

function bookedOf({ key, reference, amount }: ChargeOrder, answer: ChargeAnswer, changedAt: number): BookedCharge {
  const chargeId = "chargeId" in answer ? answer.chargeId : `ch_declined_${key}`;
  const refunded = money(0n, amount.currency);
  return { chargeId, key, reference, amount, refunded, status: answer.status, changedAt };
}

function answerTo(token: string, chargeId: string): ChargeAnswer {
  if (token === "tok_pending") return { status: "pending", chargeId };
  if (token === "tok_ok") return { status: "completed", chargeId };
  return { status: "declined", code: "payment-declined", reason: "Declined." };
}

export const HOOK_SECRET = `whsec_${Buffer.from("of the card provider's web hooks").toString("base64")}`;

export const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

type Asked = Parameters<Asking["ask"]>[0];

export function trialPayments() {
  const clock = virtualClock();
  const owners = { payment: "payments", account: "payments", bills: "payments" };
  const store = memoryStore({ clock, owners });
  const events = eventStore(store, { ...paymentEvents, ...accountEvents, ...billEvents }, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const provider = new TrialProvider(clock);
  const asked: Asked[] = [];
  const questions: Asking = {
    ask: async (question) => {
      asked.push(question);
      return { value: { questionId: `qst_${asked.length}` } };
    },
  };
  const open = () => {
    const accounts = aggregates({ events, clock, ids, decider: accountDecider, inline: accountRow });
    return { accounts, payments: new Payments({ events, clock, ids, provider, accounts }) };
  };
  const first = open();

  async function onAccount(accountId: string, command: AccountCommand) {
    const executed = await first.accounts.execute(accountId, command, { context, render: (outcome) => outcome });
    assert.ok(executed.kind === "answered");
    return executed.answer;
  }

  /** The whole context, with the secret of its web hooks. */
  const service = () => paymentsService({ events, clock, ids, provider, questions, hookSecrets: [HOOK_SECRET] });

  /** Runs the read model until it has seen everything, and stops it. */
  async function project(): Promise<void> {
    const { ledger } = service();
    const running = runProjection(ledger, { events, clock, ids, owner: "prc_1" });
    const { position } = await store.head();
    await until(async () => (await waitFor(store, ledger, position, 0, clock)).isReached);
    await running.stop();
  }

  /** Lets everything happen, with the clock going on, until `isDone`. */
  async function until(isDone: () => boolean | Promise<boolean>, stepMs = 1): Promise<void> {
    for (let turn = 0; !(await isDone()); turn++) {
      assert.ok(turn < 10_000, "nothing happens any more");
      await setImmediate();
      if (turn % 8 === 7) clock.advance(stepMs);
    }
  }

  return { clock, store, events, ids, provider, asked, open, onAccount, service, project, until, ...first };
}
