import { aggregates, type Aggregates, type Extra, type Outcome } from "@daybook/data/cqrs/aggregates";
import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import { contention } from "@daybook/data/cqrs/errors";
import { streamName, type DomainEvent, type EventTypes } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Folded } from "@daybook/data/event-store/fold";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { digestHex } from "@daybook/kernel/digest";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Money } from "@daybook/kernel/money";
import { encodeRecord } from "@daybook/kernel/record-codec";
import type { Answer, Call, Operable } from "@daybook/network/rpc/contract";
import type { Account, AccountCommand } from "./account.ts";
import type { CardProvider, ChargeAnswer } from "./card-provider.ts";
import type { ChargeMethod, paymentsContract } from "./contract.ts";
import { BILL_CATEGORY, billEvents, PAYMENT_CATEGORY, paymentEvents, type PaymentEvent } from "./events.ts";
import { paymentDecider, type Payment, type PaymentCommand } from "./payment.ts";

export interface PaymentsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly provider: CardProvider;
  readonly accounts: Aggregates<Account, AccountCommand>;
}

type Operations = Operable<(typeof paymentsContract)["operations"]>;
type Charged = Answer<{ paymentId: string; status: "completed" | "pending" }>;

const TRIES = 5;
const NO_KEYS: ReadonlyMap<string, Uint8Array> = new Map();

/** One order's payment has one id, known before anything happened. */
export function paymentIdOf(orderId: string): string {
  return `pay_${digestHex(orderId).slice(0, 26)}`;
}

/**
 * Carries out `paymentsContract`. A card is charged by the provider under a key of the payment, and what it says is
 * recorded; the provider decides between a charge and its cancellation. An account is charged in the unit that records
 * the payment.
 */
export class Payments implements Operations {
  readonly payments: Aggregates<Payment, PaymentCommand>;
  private readonly parts: PaymentsParts;

  constructor(parts: PaymentsParts) {
    this.parts = parts;
    this.payments = aggregates({ ...parts, decider: paymentDecider });
  }

  readonly charge: Operations["charge"] = ({ orderId, customerId, amount, method }, call) =>
    method.kind === "card"
      ? this.chargeCard(orderId, amount, method.token, call)
      : this.chargeAccount(orderId, amount, method.accountId, customerId, call);

  readonly cancel: Operations["cancel"] = async ({ orderId, method, reason }, call) => {
    if (method.kind === "card") await this.parts.provider.cancel(chargeKey(orderId));
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (await this.undo(orderId, method, reason, call)) return { value: {} };
    }
    throw contention(`others change the payment of ${orderId} all the time`);
  };

  /** Records what became of a charge, as the provider says it; the answer is the payment's state then. */
  async record(
    orderId: string,
    amount: Money,
    answer: ChargeAnswer,
    call: Call,
    effects: readonly Effect[] = [],
  ): Promise<Charged> {
    const about = { orderId, paymentId: paymentIdOf(orderId) };
    if (answer.status === "cancelled") return cancelled();
    const command = commandOf(answer, amount, about);
    const extra: Extras = (_, happened) => ({ effects: [...this.billedBy(happened), ...effects] });
    return this.tell(orderId, command, call.context, extra, true);
  }

  private async chargeCard(orderId: string, amount: Money, token: string, call: Call): Promise<Charged> {
    const order = { key: chargeKey(orderId), amount, token, reference: orderId };
    return this.record(orderId, amount, await this.parts.provider.charge(order), call);
  }

  private async chargeAccount(
    orderId: string,
    amount: Money,
    accountId: string,
    customerId: string | undefined,
    { context }: Call,
  ): Promise<Charged> {
    const about = { orderId, paymentId: paymentIdOf(orderId) };
    const completed = paymentDecider.decide({ type: "complete", amount, accountId, ...about }, paymentDecider.initial, 0);
    assert("events" in completed, "a payment that is not there can be completed");
    const extra = (): Extra => ({
      guards: [{ condition: this.versionIs(orderId, 0), refusal: { code: "payment-exists", message: "It was paid before." } }],
      effects: [this.appended(orderId, completed.events), ...this.billedBy(completed.events)],
    });
    const executed = await this.parts.accounts.execute(
      accountId,
      { type: "charge", amount, paymentId: about.paymentId, customerId },
      { context: { ...context, correlationId: orderId }, extra, render: (outcome) => outcome },
    );
    const refusal = refusalOf(executed.kind === "answered" ? executed.answer : undefined);
    if (!refusal) return { value: { paymentId: about.paymentId, status: "completed" } };
    const { state, version } = await this.payments.load(orderId);
    if (version > 0) return answerOf(state, about.paymentId); // it was asked before, and the account has less since
    return { refusal: INVALID_ACCOUNT.has(refusal.code) ? { ...refusal, code: "payment-details-invalid" } : refusal };
  }

  /** False when the payment changed meanwhile. */
  private async undo(orderId: string, method: ChargeMethod, reason: string, { context }: Call): Promise<boolean> {
    const command: PaymentCommand = { type: "undo", reason, orderId, paymentId: paymentIdOf(orderId) };
    const { state, version } = method.kind === "account" ? await this.payments.load(orderId) : NOT_LOADED;
    if (state.status === "completed" && state.amount && state.accountId !== undefined) {
      return this.payBack(
        orderId,
        { ...command, toAccount: true },
        { ...state, amount: state.amount, accountId: state.accountId },
        version,
        context,
      );
    }
    const undone = await this.tell(orderId, command, context, (_, happened) => ({ effects: this.billedBy(happened) }), false);
    return !("refusal" in undone) || undone.refusal.code === "payment-cancelled";
  }

  private async payBack(
    orderId: string,
    command: PaymentCommand,
    state: Payment & { readonly amount: Money; readonly accountId: string },
    version: number,
    context: Context,
  ): Promise<boolean> {
    const { amount, accountId } = state;
    const { paymentId } = command;
    const refunded = paymentDecider.decide(command, state, 0);
    assert("events" in refunded, "a completed payment can be undone");
    const extra = (): Extra => ({
      guards: [{ condition: this.versionIs(orderId, version), refusal: { code: "payment-moved", message: "It changed." } }],
      effects: [this.appended(orderId, refunded.events), ...this.billedBy(refunded.events)],
    });
    const executed = await this.parts.accounts.execute(
      accountId,
      { type: "refund", amount, paymentId },
      { context: { ...context, correlationId: orderId }, extra, render: (outcome) => outcome },
    );
    return refusalOf(executed.kind === "answered" ? executed.answer : undefined) === undefined;
  }

  private async tell(
    orderId: string,
    command: PaymentCommand,
    context: Context,
    extra: Extras,
    isNew: boolean,
  ): Promise<Charged> {
    const executed = await this.payments.execute(orderId, command, {
      context: { ...context, correlationId: orderId },
      extra,
      isNew,
      render: (outcome): Charged =>
        outcome.kind === "refused" ? { refusal: outcome.refusal } : answerOf(outcome.state, command.paymentId),
    });
    assert(executed.kind === "answered", "neither a key nor a version was given");
    return executed.answer;
  }

  private versionIs(orderId: string, is: number): Condition {
    return { kind: "version", stream: streamName(PAYMENT_CATEGORY, orderId), is };
  }

  private appended(orderId: string, events: readonly DomainEvent[]): Effect {
    return appendOf(streamName(PAYMENT_CATEGORY, orderId), events, paymentEvents);
  }

  /**
   * The bill or credit note of what happened to a payment. Its number is its version in the stream of the year: the store
   * gives it, and none is missing.
   */
  private billedBy(happened: readonly DomainEvent[]): readonly Effect[] {
    const year = new Date(this.parts.clock.now()).getUTCFullYear();
    // What happens to a payment is an event of a payment.
    return (happened as readonly PaymentEvent[]).flatMap((event) => {
      if (event.type !== "PaymentCompleted" && event.type !== "PaymentRefunded") return [];
      const { orderId, paymentId, amount } = event.data;
      const type = event.type === "PaymentCompleted" ? "BillIssued" : "CreditNoteIssued";
      return [appendOf(streamName(BILL_CATEGORY, String(year)), [{ type, data: { orderId, paymentId, amount } }], billEvents)];
    });
  }
}

type Extras = (folded: Folded<Payment>, happened: readonly DomainEvent[]) => Extra;

const NOT_LOADED: Folded<Payment> = { state: paymentDecider.initial, version: 0 };
const INVALID_ACCOUNT: ReadonlySet<string> = new Set(["account-not-found", "account-closed", "currency-differs"]);

function commandOf(
  answer: Exclude<ChargeAnswer, { status: "cancelled" }>,
  amount: Money,
  about: { readonly orderId: string; readonly paymentId: string },
): PaymentCommand {
  switch (answer.status) {
    case "completed":
      return { type: "complete", amount, chargeId: answer.chargeId, ...about };
    case "pending":
      return { type: "pend", amount, chargeId: answer.chargeId, ...about };
    case "declined":
      return { type: "decline", code: answer.code, reason: answer.reason, ...about };
  }
}

function answerOf({ status, refusal }: Payment, paymentId: string): Charged {
  switch (status) {
    case "completed":
    case "pending":
      return { value: { paymentId, status } };
    case "declined":
      return refusal ? { refusal } : refuse("payment-declined", "The payment was declined.");
    default:
      return cancelled();
  }
}

function cancelled(): { readonly refusal: Refusal } {
  return refuse("payment-cancelled", "The payment was cancelled.");
}

function refusalOf(outcome: Outcome<Account> | undefined): Refusal | undefined {
  return outcome?.kind === "refused" ? outcome.refusal : undefined;
}

/** The same for every attempt at the order's payment. */
function chargeKey(orderId: string): string {
  return `charge-${paymentIdOf(orderId)}`;
}

function appendOf(stream: string, events: readonly DomainEvent[], types: EventTypes): Effect {
  const stored = events.map(({ type, data }) => {
    const record = types[type];
    assert(record, `${type} is an event of ${stream}`);
    return { type, schemaVersion: record.version, data: encodeRecord(record, data, type, NO_KEYS).text };
  });
  return { kind: "append", stream, events: stored };
}
