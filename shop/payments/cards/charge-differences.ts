import { decimalText, isSameMoney, type Money } from "@daybook/kernel/money";
import { givenId } from "@daybook/kernel/ids";
import type { Difference } from "@daybook/shop-questions/contract";
import type { BookedCharge } from "../card-provider.ts";
import { givenBack, type Payment } from "../payment.ts";
import type { PaymentView } from "../payment-view.ts";
import { chargeKey } from "../payments.ts";

/** Longer than any card takes to come out. */
const PENDING_MAX_MS = 24 * 60 * 60 * 1_000;

/** The order that the provider says a charge is for; undefined when it can be none of ours. */
export function orderOf({ reference }: Pick<BookedCharge, "reference">): string | undefined {
  return givenId.safeParse(reference).data;
}

/** Its key is the one under which the order's payment charges: nobody else has it. */
export function isOurs({ key, reference }: Pick<BookedCharge, "key" | "reference">): boolean {
  return orderOf({ reference }) !== undefined && key === chargeKey(reference);
}

/** In what a charge in the provider's books and the payment of its order differ; pure. */
export function chargeDifferences(charge: BookedCharge, view: PaymentView | undefined, now: number): readonly Difference[] {
  const { chargeId: subject, key } = charge;
  const orderId = orderOf(charge);
  const found = `There: ${chargeText(charge)}. Here: ${paymentText(view?.payment)}.`;
  const about = { subject, key, found, ...(orderId !== undefined && { orderId }) };
  return causesOf(charge, view, now).map((cause) => ({ cause, ...about }));
}

/** The provider's books have nothing under the key of an order's payment. */
export function missingCharge(orderId: string, view: PaymentView | undefined): readonly Difference[] {
  const payment = view?.payment;
  if (payment?.paidBy !== "card" || payment.status === "cancelled" || payment.status === "declined") return [];
  const key = chargeKey(orderId);
  const found = `There: nothing. Here: ${paymentText(payment)}.`;
  return [{ cause: "charge-missing", subject: key, key, orderId, found }];
}

function causesOf(charge: BookedCharge, view: PaymentView | undefined, now: number): readonly string[] {
  const payment = view?.payment;
  const isOther = payment?.chargeId !== undefined && payment.chargeId !== charge.chargeId;
  if (view && payment && isOurs(charge) && !isOther && payment.paidBy !== "account") {
    return ourCauses(charge, payment, now - view.processedAt);
  }
  if (!isStanding(charge)) return [];
  return payment?.status === "completed" || payment?.status === "pending" ? ["charged-twice"] : ["charge-unknown"];
}

function ourCauses(charge: BookedCharge, payment: Payment, restedMs: number): readonly string[] {
  const { status } = charge;
  switch (payment.status) {
    case "absent":
      return isStanding(charge) ? ["charge-unknown"] : [];
    case "declined":
      return isStanding(charge) ? ["charge-differs"] : [];
    case "cancelled":
      return isStanding(charge) ? ["refund-missing"] : [];
    case "pending":
      if (status !== "pending") return ["charge-differs"];
      return restedMs > PENDING_MAX_MS ? ["payment-pending", ...amountCauses(charge, payment)] : amountCauses(charge, payment);
    case "completed":
    case "refunded":
      if (status !== "completed" && status !== "disputed") return ["charge-differs"];
      return [
        ...amountCauses(charge, payment),
        ...refundCauses(charge, payment),
        ...(status === "disputed" ? ["charge-disputed"] : []),
      ];
  }
}

function amountCauses({ amount }: BookedCharge, payment: Payment): readonly string[] {
  return payment.amount && !isSameMoney(amount, payment.amount) ? ["amount-differs"] : [];
}

function refundCauses({ refunded }: BookedCharge, payment: Payment): readonly string[] {
  const here = paidBack(payment);
  if (here.currency !== refunded.currency || here.minor === refunded.minor) return [];
  return BigInt(here.minor) > BigInt(refunded.minor) ? ["refund-missing"] : ["refund-unknown"];
}

function paidBack(payment: Payment): Money {
  return payment.status === "refunded" && payment.amount ? payment.amount : givenBack(payment);
}

/** The customer's money is there, or on its way there. */
function isStanding({ status, amount, refunded }: BookedCharge): boolean {
  return status !== "declined" && status !== "cancelled" && BigInt(refunded.minor) < BigInt(amount.minor);
}

function chargeText({ status, amount, refunded }: BookedCharge): string {
  const back = refunded.minor === "0" ? "" : `, ${amountText(refunded)} paid back`;
  return `${status}, ${amountText(amount)}${back}`;
}

function paymentText(payment: Payment | undefined): string {
  if (!payment || payment.status === "absent") return "nothing";
  const { status, amount, paidBy } = payment;
  const by = paidBy === "account" ? " from an account" : "";
  const back = payment.givenBack ? `, ${amountText(givenBack(payment))} paid back` : "";
  return amount ? `${status}, ${amountText(amount)}${by}${back}` : status;
}

function amountText(amount: Money): string {
  return `${decimalText(amount)} ${amount.currency}`;
}
