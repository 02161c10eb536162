import assert from "node:assert/strict";
import { aggregates } from "@daybook/data/cqrs/aggregates";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { accountDecider, type AccountCommand } from "../account.ts";
import type { CardProvider, ChargeAnswer, ChargeOrder } from "../card-provider.ts";
import { accountEvents, billEvents, paymentEvents } from "../events.ts";
import { providerUnavailable } from "../errors.ts";
import { Payments } from "../payments.ts";

/** A provider in memory that keeps its promises; tokens say what it answers. Each effect is counted by key. */
export class TrialProvider implements CardProvider {
  isAway = false;
  readonly charged = new Map<string, number>();
  readonly refunded = new Map<string, number>();
  private readonly answers = new Map<string, ChargeAnswer>();

  async charge({ key, token }: ChargeOrder): Promise<ChargeAnswer> {
    this.checkThere();
    const answer = this.answers.get(key) ?? answerTo(token, `ch_${this.answers.size}`);
    if (!this.answers.has(key) && answer.status !== "declined") this.charged.set(key, 1);
    this.answers.set(key, answer);
    return answer;
  }

  async cancel(key: string) {
    this.checkThere();
    const before = this.answers.get(key);
    this.answers.set(key, { status: "cancelled" });
    if (before?.status === "completed") this.refunded.set(key, (this.refunded.get(key) ?? 0) + 1);
    return { isRefunded: this.refunded.has(key) };
  }

  private checkThere(): void {
    if (this.isAway) throw providerUnavailable("away");
  }
}

function answerTo(token: string, chargeId: string): ChargeAnswer {
  if (token === "tok_pending") return { status: "pending", chargeId };
  if (token === "tok_ok") return { status: "completed", chargeId };
  return { status: "declined", code: "payment-declined", reason: "Declined." };
}

export const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

export function trialPayments() {
  const clock = virtualClock();
  const owners = { payment: "payments", account: "payments", bills: "payments" };
  const store = memoryStore({ clock, owners });
  const events = eventStore(store, { ...paymentEvents, ...accountEvents, ...billEvents }, memoryKeys());
  const ids = idSource(clock, seededRandom(1));
  const provider = new TrialProvider();
  const open = () => {
    const accounts = aggregates({ events, clock, ids, decider: accountDecider });
    return { accounts, payments: new Payments({ events, clock, ids, provider, accounts }) };
  };
  const first = open();

  async function onAccount(accountId: string, command: AccountCommand) {
    const executed = await first.accounts.execute(accountId, command, { context, render: (outcome) => outcome });
    assert.ok(executed.kind === "answered");
    return executed.answer;
  }

  return { clock, store, events, provider, open, onAccount, ...first };
}
