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
import { sender, type Sender } from "@daybook/messaging/queue/send";
import type { Answer, Call, Operable } from "@daybook/network/rpc/contract";
import type { z } from "zod";
import type { Account, AccountCommand } from "./account.ts";
import { billId, bills, type Bills } from "./bills/bills.ts";
import type { CardProvider, ChargeAnswer } from "./card-provider.ts";
import { pendingCharges, type PendingCharge } from "./cards/pending-charges.ts";
import { paymentOutcomes, type ChargeMethod, type PaymentOutcome, type paymentsContract } from "./contract.ts";
import {
  BILL_CATEGORY,
  billEvents,
  PAYMENT_CATEGORY,
  paymentEvents,
  type BillEvent,
  type creditedLineSchema,
  type PaymentEvent,
} from "./events.ts";
import { paymentDecider, type Payment, type PaymentCommand } from "./payment.ts";

export interface PaymentsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly provider: CardProvider;
  readonly accounts: Aggregates<Account, AccountCommand>;
  /** After which a pending charge is asked for, time and again; 10 minutes. */
  readonly askAfterMs?: number;
}

/** What else belongs into the unit that records what became of a charge. */
export type Recording = Extra;

/** What can be recorded of a charge. */
export type Heard = Exclude<ChargeAnswer, { status: "cancelled" }>;

type Operations = Operable<(typeof paymentsContract)["operations"]>;
type Charged = Answer<{ paymentId: string; status: "completed" | "pending" }>;

const TRIES = 5;
const ASK_AFTER_MS = 10 * 60 * 1_000;
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
  private readonly bills: Bills;
  private readonly pending: Sender<PendingCharge>;
  private readonly outcomes: Sender<PaymentOutcome>;

  constructor(parts: PaymentsParts) {
    const { clock, ids } = parts;
    this.parts = parts;
    this.bills = bills(parts.events);
    this.pending = sender({ queue: pendingCharges, store: parts.events.store, clock, ids });
    this.outcomes = sender({ queue: paymentOutcomes, store: parts.events.store, clock, ids });
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

  readonly giveBack: Operations["giveBack"] = async ({ lines, ...part }, { context }) => {
    const { orderId, refundId } = part;
    const paymentId = paymentIdOf(orderId);
    const command = { type: "give-back", paymentId, ...part } as const;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { state, version } = await this.payments.load(orderId);
      const decided = paymentDecider.decide(command, state, 0);
      if ("refusal" in decided) return decided;
      const refusal =
        decided.events.length === 0
          ? undefined
          : await this.givenBack(command, lines, { state, version }, decided.events, context);
      if (!refusal) return { value: { paymentId, creditNote: await this.creditNote(orderId, refundId) } };
      if (refusal !== PAYMENT_MOVED) return { refusal };
    }
    throw contention(`others change the payment of ${orderId} all the time`);
  };

  /** Records what the provider says became of a charge of which nobody waits to hear; answers why it was refused. */
  async hear(
    orderId: string,
    amount: Money,
    answer: Heard,
    { context }: Call,
    recording: Recording = {},
  ): Promise<Refusal | undefined> {
    const command = commandOf(answer, amount, { orderId, paymentId: paymentIdOf(orderId) });
    return refusalOf(await this.tell(orderId, command, context, this.recorded(context, recording, true), false));
  }

  /** The customer's bank takes the charge back. */
  async dispute(orderId: string, chargeId: string, { context }: Call, recording: Recording): Promise<Refusal | undefined> {
    const reason = "The customer's bank says that the charge is disputed.";
    const command: PaymentCommand = { type: "dispute", reason, chargeId, orderId, paymentId: paymentIdOf(orderId) };
    return refusalOf(await this.tell(orderId, command, context, () => recording, false));
  }

  /** Asks the provider for a pending charge. False while it is pending still. */
  async ask(orderId: string, call: Call): Promise<boolean> {
    const { state } = await this.payments.load(orderId);
    if (state.status !== "pending" || !state.amount) return true;
    const found = await this.parts.provider.find(chargeKey(orderId));
    if (!found || found.status === "pending") return false;
    if (found.status === "cancelled") await this.cancelledElsewhere(orderId, call);
    else await this.hear(orderId, state.amount, found, call);
    return true;
  }

  /** The message that has the provider asked for a pending charge. */
  askLater(orderId: string, context: Context): Effect {
    return this.pending.effect({ orderId }, { context, delayMs: this.parts.askAfterMs ?? ASK_AFTER_MS });
  }

  /** Whoever waits for the charge is told that it does not come. */
  private async cancelledElsewhere(orderId: string, { context: given }: Call): Promise<void> {
    const reason = "The provider says that the charge was cancelled.";
    const context = { ...given, correlationId: orderId };
    const outcome: PaymentOutcome = { type: "declined", orderId, code: "payment-cancelled", reason };
    const told: Extras = (_, happened) => ({ effects: happened.length > 0 ? [this.outcomes.effect(outcome, { context })] : [] });
    await this.tell(orderId, { type: "undo", reason, orderId, paymentId: paymentIdOf(orderId) }, context, told, false);
  }

  private async chargeCard(orderId: string, amount: Money, token: string, call: Call): Promise<Charged> {
    const order = { key: chargeKey(orderId), amount, token, reference: orderId };
    const answer = await this.parts.provider.charge(order);
    if (answer.status === "cancelled") return cancelled();
    const paymentId = paymentIdOf(orderId);
    const command = commandOf(answer, amount, { orderId, paymentId });
    return chargedOf(await this.tell(orderId, command, call.context, this.recorded(call.context, {}, false), true), paymentId);
  }

  private async chargeAccount(
    orderId: string,
    amount: Money,
    accountId: string,
    customerId: string | undefined,
    { context }: Call,
  ): Promise<Charged> {
    const about = { orderId, paymentId: paymentIdOf(orderId) };
    const command: AccountCommand = { type: "charge", amount, paymentId: about.paymentId, customerId };
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const before = await this.payments.load(orderId);
      const completed = paymentDecider.decide({ type: "complete", amount, accountId, ...about }, before.state, 0);
      if ("refusal" in completed || completed.events.length === 0) return answerOf(before.state, about.paymentId);
      const refusal = await this.onAccount(accountId, command, orderId, before.version, completed.events, context);
      if (!refusal) return { value: { paymentId: about.paymentId, status: "completed" } };
      if (refusal !== PAYMENT_MOVED) return this.declineAccount(orderId, refusal, context);
    }
    throw contention(`others change the payment of ${orderId} all the time`);
  }

  /** Account and payment change in one unit, or neither does. */
  private async onAccount(
    accountId: string,
    command: AccountCommand,
    orderId: string,
    version: number,
    happened: readonly DomainEvent[],
    context: Context,
    lines?: CreditedLines,
  ): Promise<Refusal | undefined> {
    const condition: Condition = { kind: "version", stream: streamName(PAYMENT_CATEGORY, orderId), is: version };
    const appended = appendOf(streamName(PAYMENT_CATEGORY, orderId), happened, paymentEvents);
    const executed = await this.parts.accounts.execute(accountId, command, {
      context: { ...context, correlationId: orderId },
      extra: () => ({ guards: [{ condition, refusal: PAYMENT_MOVED }], effects: [appended, ...this.billedBy(happened, lines)] }),
      render: (outcome) => outcome,
    });
    assert(executed.kind === "answered", "neither a key nor a version was given");
    return executed.answer.kind === "refused" ? executed.answer.refusal : undefined;
  }

  /** The attempt is kept with its reason; the account may have enough when it is tried again. */
  private async declineAccount(orderId: string, { code, message, details }: Refusal, context: Context): Promise<Charged> {
    const said = INVALID_ACCOUNT.has(code) ? "payment-details-invalid" : code;
    const paymentId = paymentIdOf(orderId);
    const command: PaymentCommand = { type: "decline", code: said, reason: message, orderId, paymentId };
    const declined = await this.tell(orderId, command, context, () => ({}), false);
    // Paid or undone by another attempt meanwhile: that is why it is as it is.
    if (declined.kind === "refused") return answerOf((await this.payments.load(orderId)).state, paymentId);
    return { refusal: { code: said, message, ...(details && { details }) } };
  }

  /** A part goes back to the account that paid in the unit that records it, or by the provider before that. */
  private async givenBack(
    command: GiveBack,
    lines: CreditedLines,
    { state, version }: Folded<Payment>,
    decided: readonly DomainEvent[],
    context: Context,
  ): Promise<Refusal | undefined> {
    const { orderId, paymentId, refundId, amount } = command;
    if (state.accountId !== undefined) {
      const refund: AccountCommand = { type: "refund", amount, paymentId };
      return this.onAccount(state.accountId, refund, orderId, version, decided, context, lines);
    }
    assert(state.chargeId !== undefined, "a card was charged by the provider");
    const answer = await this.parts.provider.refund({ key: `refund-${refundId}`, chargeId: state.chargeId, amount });
    if (answer.status === "refused") return refuse("refund-refused", answer.reason).refusal;
    const recorded: Extras = (_, happened) => ({ effects: this.billedBy(happened, lines) });
    return refusalOf(await this.tell(orderId, { ...command, providerId: answer.refundId }, context, recorded, false));
  }

  private async creditNote(orderId: string, refundId: string): Promise<string> {
    const issued = await this.bills.ofOrder(orderId);
    const note = issued.find((each) => each.refundId === refundId);
    assert(note, "what went back has a credit note");
    return billId(note);
  }

  /** False when the payment changed meanwhile. */
  private async undo(orderId: string, method: ChargeMethod, reason: string, { context }: Call): Promise<boolean> {
    const paymentId = paymentIdOf(orderId);
    const command: PaymentCommand = { type: "undo", reason, orderId, paymentId };
    const { state, version } = method.kind === "account" ? await this.payments.load(orderId) : NOT_LOADED;
    const { status, amount, accountId } = state;
    if (status === "completed" && amount && accountId !== undefined) {
      const refunded = paymentDecider.decide({ ...command, toAccount: true }, state, 0);
      assert("events" in refunded, "a completed payment can be undone");
      const refund: AccountCommand = { type: "refund", amount, paymentId };
      return !(await this.onAccount(accountId, refund, orderId, version, refunded.events, context));
    }
    const undone = await this.tell(orderId, command, context, (_, happened) => ({ effects: this.billedBy(happened) }), false);
    return undone.kind === "done" || undone.refusal.code === "payment-cancelled";
  }

  private async tell(
    orderId: string,
    command: PaymentCommand,
    context: Context,
    extra: Extras,
    isNew: boolean,
  ): Promise<Outcome<Payment>> {
    const executed = await this.payments.execute(orderId, command, {
      context: { ...context, correlationId: orderId },
      extra,
      isNew,
      render: (outcome) => outcome,
    });
    assert(executed.kind === "answered", "neither a key nor a version was given");
    return executed.answer;
  }

  /** Of news nobody waits for the answer: whoever carries the order out is told by a message. */
  private recorded(context: Context, { guards = [], effects = [] }: Recording, isNews: boolean): Extras {
    return (_, happened) => ({ guards, effects: [...this.followedBy(happened, context, isNews), ...effects] });
  }

  /** A charge that is pending is asked for later; of what was settled without anybody waiting, others are told. */
  private followedBy(happened: readonly DomainEvent[], given: Context, isNews: boolean): readonly Effect[] {
    // What happens to a payment is an event of a payment.
    const followed = (happened as readonly PaymentEvent[]).flatMap((event) => {
      const { orderId, paymentId } = event.data;
      const context = { ...given, correlationId: orderId };
      switch (event.type) {
        case "PaymentPending":
          return [this.askLater(orderId, context)];
        case "PaymentCompleted":
          return isNews ? [this.outcomes.effect({ type: "settled", orderId, paymentId }, { context })] : [];
        case "PaymentDeclined": {
          const { code, reason } = event.data;
          return isNews ? [this.outcomes.effect({ type: "declined", orderId, code, reason }, { context })] : [];
        }
        default:
          return [];
      }
    });
    return [...this.billedBy(happened), ...followed];
  }

  /**
   * The bill or credit note of what happened to a payment. Its number is its version in the stream of the year: the store
   * gives it, and none is missing.
   */
  private billedBy(happened: readonly DomainEvent[], lines?: CreditedLines): readonly Effect[] {
    const year = new Date(this.parts.clock.now()).getUTCFullYear();
    // What happens to a payment is an event of a payment.
    return (happened as readonly PaymentEvent[]).flatMap((event) => {
      const issued = billOf(event, lines);
      return issued ? [appendOf(streamName(BILL_CATEGORY, String(year)), [issued], billEvents)] : [];
    });
  }
}

type GiveBack = PaymentCommand & { readonly type: "give-back" };
type CreditedLines = readonly z.infer<typeof creditedLineSchema>[];

/** Undefined for what nobody is billed for. */
function billOf(event: PaymentEvent, lines: CreditedLines | undefined): BillEvent | undefined {
  switch (event.type) {
    case "PaymentCompleted":
    case "PaymentRefunded": {
      const { orderId, paymentId, amount } = event.data;
      return {
        type: event.type === "PaymentCompleted" ? "BillIssued" : "CreditNoteIssued",
        data: { orderId, paymentId, amount },
      };
    }
    case "PaymentGivenBack": {
      const { orderId, paymentId, amount, refundId } = event.data;
      return { type: "CreditNoteIssued", data: { orderId, paymentId, amount, refundId, ...(lines && { lines: [...lines] }) } };
    }
    default:
      return undefined;
  }
}

type Extras = (folded: Folded<Payment>, happened: readonly DomainEvent[]) => Extra;

const NOT_LOADED: Folded<Payment> = { state: paymentDecider.initial, version: 0 };
const PAYMENT_MOVED: Refusal = { code: "payment-moved", message: "The payment changed meanwhile." };
const INVALID_ACCOUNT: ReadonlySet<string> = new Set(["account-not-found", "account-closed", "currency-differs"]);

function commandOf(
  answer: Heard,
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

function chargedOf(outcome: Outcome<Payment>, paymentId: string): Charged {
  return outcome.kind === "refused" ? { refusal: outcome.refusal } : answerOf(outcome.state, paymentId);
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

function refusalOf(outcome: Outcome<Payment>): Refusal | undefined {
  return outcome.kind === "refused" ? outcome.refusal : undefined;
}

function cancelled(): { readonly refusal: Refusal } {
  return refuse("payment-cancelled", "The payment was cancelled.");
}

/** The same for every attempt at the order's payment. */
export function chargeKey(orderId: string): string {
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
