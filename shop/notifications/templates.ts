import { decimalText, type Money } from "@daybook/kernel/money";
import type { NotificationKind } from "@daybook/shop-customers/contract";
import type { Shipment } from "@daybook/shop-ordering/events";
import type { Letter } from "./channel.ts";

/** What letters are written from; what is not known is left out. */
export interface Facts {
  readonly name?: string | undefined;
  readonly orderId?: string;
  readonly total?: Money;
  readonly shipment?: Shipment;
  readonly trackingNumber?: string;
  readonly reason?: string;
  /** What of the profile was changed, when it was that alone. */
  readonly changed?: "password";
  readonly paidBack?: Money;
  readonly creditNote?: string | undefined;
}

interface Template {
  readonly subject: string;
  readonly paragraphs: readonly (string | undefined)[];
}

/** One template a kind. */
const TEMPLATES: Readonly<Record<NotificationKind, (facts: Facts) => Template>> = {
  welcome: () => ({
    subject: "Welcome",
    paragraphs: ["Your account is ready."],
  }),
  "profile-changed": ({ changed = "profile" }) => ({
    subject: `Your ${changed} was changed`,
    paragraphs: [`Your ${changed} was changed. If it was not you, please tell us at once.`],
  }),
  "order-confirmed": ({ orderId, total, shipment }) => ({
    subject: `Your order ${orderId} is confirmed`,
    paragraphs: [
      `We have confirmed your order ${orderId}${total ? ` of ${amountText(total)}` : ""}.`,
      shipment &&
        `${shipment.carrier} will bring it: shipment ${shipment.shipmentId}, tracking number ${shipment.trackingNumber}.`,
      shipment?.estimatedDelivery === undefined ? undefined : `We expect it to arrive on ${dayText(shipment.estimatedDelivery)}.`,
    ],
  }),
  "order-cancelled": ({ orderId, reason }) => ({
    subject: `Your order ${orderId} was cancelled`,
    paragraphs: [
      `Your order ${orderId} was cancelled.`,
      reason === undefined ? undefined : `The reason: ${reason}`,
      "What you have paid is paid back.",
    ],
  }),
  "order-shipped": ({ orderId, trackingNumber }) => ({
    subject: `Your order ${orderId} is on its way`,
    paragraphs: [`Your order ${orderId} is on its way. Its tracking number is ${trackingNumber}.`],
  }),
  "order-returned": ({ orderId, paidBack, creditNote }) => ({
    subject: `What you returned of your order ${orderId} has arrived`,
    paragraphs: [
      `What you returned of your order ${orderId} has arrived.`,
      paidBack && creditNote !== undefined ? `We have paid back ${amountText(paidBack)}: credit note ${creditNote}.` : undefined,
    ],
  }),
};

/** The letter's words; pure. Plain text: every program shows it, and it has no second form that could say something else. */
export function letterOf(kind: NotificationKind, facts: Facts): Omit<Letter, "to"> {
  const { subject, paragraphs } = TEMPLATES[kind](facts);
  const all = [facts.name === undefined ? "Hello," : `Hello ${facts.name},`, ...paragraphs.filter((each) => each !== undefined)];
  return { subject, text: `${all.join("\n\n")}\n` };
}

function amountText(amount: Money): string {
  return `${decimalText(amount)} ${amount.currency}`;
}

function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
