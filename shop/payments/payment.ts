import { accept, refuse, type Decider, type Decision, type Refusal } from "@daybook/data/cqrs/decider";
import { stateMachine } from "@daybook/kernel/state-machine";
import { add, isSameMoney, money, type Money } from "@daybook/kernel/money";
import { PAYMENT_CATEGORY, type PaymentEvent } from "./events.ts";
import { HOUSE, reversal, transfer, type Entry } from "./ledger.ts";

export type PaymentStatus = "absent" | "pending" | "completed" | "declined" | "cancelled" | "refunded";
export type PaymentAction = "pend" | "complete" | "decline" | "cancel" | "refund" | "give-back";

/** What may become of a payment. An account that had too little may be tried again. */
export const paymentStates = stateMachine<PaymentStatus, PaymentAction>("absent", {
  absent: { pend: "pending", complete: "completed", decline: "declined", cancel: "cancelled" },
  pending: { complete: "completed", decline: "declined", cancel: "cancelled" },
  declined: { complete: "completed", decline: "declined", cancel: "cancelled" },
  completed: { refund: "refunded", "give-back": "completed" },
  cancelled: {},
  refunded: {},
});

export interface Payment {
  readonly status: PaymentStatus;
  readonly paymentId?: string;
  readonly amount?: Money;
  readonly paidBy?: "card" | "account";
  readonly accountId?: string;
  readonly chargeId?: string;
  readonly entry?: Entry;
  readonly refusal?: Refusal;
  /** Parts that went back. */
  readonly givenBack?: readonly { readonly refundId: string; readonly amount: Money }[];
  readonly isDisputed?: boolean;
}

interface About {
  readonly paymentId: string;
  readonly orderId: string;
}

/** What the provider or the account said, to be kept. */
export type PaymentCommand =
  | ({ readonly type: "pend"; readonly amount: Money; readonly chargeId: string } & About)
  | ({
      readonly type: "complete";
      readonly amount: Money;
      readonly chargeId?: string | undefined;
      readonly accountId?: string | undefined;
    } & About)
  | ({ readonly type: "decline"; readonly code: string; readonly reason: string } & About)
  /**
   * Money back when it was charged; what was not charged yet never is. `toAccount`: the unit pays it into the account that
   * paid; without it such a payment stays as it is.
   */
  | ({
      readonly type: "undo";
      readonly reason: string;
      readonly refundId?: string | undefined;
      readonly toAccount?: boolean;
    } & About)
  /** A part goes back, which the unit, or the provider, has paid. */
  | ({
      readonly type: "give-back";
      readonly refundId: string;
      readonly amount: Money;
      readonly reason: string;
      readonly providerId?: string | undefined;
    } & About)
  | ({ readonly type: "dispute"; readonly chargeId: string; readonly reason: string } & About);

/** The payment of one order: charged at most once, and never more of it given back. What is said twice changes nothing. */
export const paymentDecider: Decider<Payment, PaymentCommand, PaymentEvent> = {
  category: PAYMENT_CATEGORY,
  version: 1,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: PaymentCommand, payment: Payment): Decision<PaymentEvent> {
  const { paymentId, orderId } = command;
  const about = { paymentId, orderId };
  switch (command.type) {
    case "dispute": {
      const { chargeId, reason } = command;
      return payment.isDisputed ? accept() : accept({ type: "PaymentDisputed", data: { ...about, chargeId, reason } });
    }
    case "undo":
      return undo(command, payment, about);
    case "give-back":
      return giveBack(command, payment, about);
    default: {
      const next = paymentStates.next(payment.status, command.type);
      if (isKnown(command, payment)) return accept();
      return next ? charged(command, about) : illegal(command.type, payment.status);
    }
  }
}

type ChargeCommand = Exclude<PaymentCommand, { type: "undo" | "dispute" | "give-back" }>;

/** Said before, or overtaken by what came of it. */
function isKnown(command: ChargeCommand, { status, refusal }: Payment): boolean {
  switch (command.type) {
    case "pend":
      return status === "pending" || status === "completed" || status === "declined";
    case "complete":
      return status === "completed";
    case "decline":
      return status === "declined" && refusal?.code === command.code && refusal.message === command.reason;
  }
}

function charged(command: ChargeCommand, about: About): Decision<PaymentEvent> {
  switch (command.type) {
    case "pend":
      return accept({ type: "PaymentPending", data: { ...about, amount: command.amount, chargeId: command.chargeId } });
    case "complete":
      return complete(command, about);
    case "decline":
      return accept({ type: "PaymentDeclined", data: { ...about, code: command.code, reason: command.reason } });
  }
}

function complete(command: PaymentCommand & { type: "complete" }, about: About): Decision<PaymentEvent> {
  const { amount, chargeId, accountId } = command;
  const entry = transfer(accountId ?? HOUSE.cardClearing, HOUSE.sales, amount);
  const paidBy = accountId === undefined ? "card" : "account";
  return accept({ type: "PaymentCompleted", data: { ...about, amount, paidBy, accountId, chargeId, entry } });
}

function undo(
  { reason, refundId, toAccount = false }: PaymentCommand & { type: "undo" },
  payment: Payment,
  about: About,
): Decision<PaymentEvent> {
  const { amount, entry, status } = payment;
  if (status === "cancelled" || status === "refunded") return accept();
  if (payment.givenBack) return illegal("refund", status); // what was sent is returned, not undone
  if (status !== "completed" || !amount || !entry) return accept({ type: "PaymentCancelled", data: { ...about, reason } });
  if (payment.accountId !== undefined && !toAccount) return illegal("refund", status);
  return accept({ type: "PaymentRefunded", data: { ...about, amount, refundId, reason, entry: reversal(entry) } });
}

function giveBack(
  { refundId, amount, reason, providerId }: PaymentCommand & { type: "give-back" },
  payment: Payment,
  about: About,
): Decision<PaymentEvent> {
  const known = payment.givenBack?.find((each) => each.refundId === refundId);
  if (known)
    return isSameMoney(known.amount, amount) ? accept() : refuse("refund-exists", "Another amount went back under this id.");
  if (payment.status !== "completed" || !payment.amount) return illegal("give-back", payment.status);
  const given = givenBack(payment);
  if (amount.currency !== payment.amount.currency || BigInt(given.minor) + BigInt(amount.minor) > BigInt(payment.amount.minor)) {
    return refuse("refund-too-large", "More would go back than was charged.", { charged: payment.amount, givenBack: given });
  }
  const entry = transfer(HOUSE.sales, payment.accountId ?? HOUSE.cardClearing, amount);
  return accept({ type: "PaymentGivenBack", data: { ...about, refundId, amount, providerId, reason, entry } });
}

/** What went back of a payment in parts. */
export function givenBack({ amount, givenBack: parts = [] }: Payment): Money {
  return parts.reduce((sum, part) => add(sum, part.amount), money(0n, amount?.currency ?? ""));
}

function illegal(action: PaymentAction, status: PaymentStatus): Decision<PaymentEvent> {
  if (status === "cancelled" || status === "refunded")
    return refuse("payment-cancelled", `The payment was ${status}.`, { status });
  return refuse("illegal-transition", `A payment that is ${status} cannot be changed by "${action}".`, {
    status,
    legal: paymentStates.legal(status),
  });
}

function evolve(payment: Payment, event: PaymentEvent): Payment {
  switch (event.type) {
    case "PaymentPending": {
      const { paymentId, amount, chargeId } = event.data;
      return { status: "pending", paymentId, amount, chargeId, paidBy: "card" };
    }
    case "PaymentCompleted": {
      const { orderId, ...data } = event.data;
      return { status: "completed", ...data } as Payment; // members that are absent stay absent
    }
    case "PaymentDeclined": {
      const { paymentId, code, reason } = event.data;
      return { status: "declined", paymentId, refusal: { code, message: reason } };
    }
    case "PaymentCancelled":
      return { ...payment, status: "cancelled", paymentId: event.data.paymentId };
    case "PaymentRefunded":
      return { ...payment, status: "refunded" };
    case "PaymentGivenBack": {
      const { refundId, amount } = event.data;
      return { ...payment, givenBack: [...(payment.givenBack ?? []), { refundId, amount }] };
    }
    case "PaymentDisputed":
      return { ...payment, isDisputed: true };
  }
}
