import { streamName } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { PAYMENT_CATEGORY, type PaymentEvent } from "./events.ts";
import { paymentDecider, type Payment } from "./payment.ts";

/** An order's payment as it is shown. Times are epoch milliseconds. */
export interface PaymentView {
  readonly payment: Payment;
  readonly version: number;
  /** When it came to what it is. */
  readonly processedAt: number;
  /** Attempts that failed, oldest first. */
  readonly failures: readonly { readonly code: string; readonly reason: string; readonly at: number }[];
}

/** Folded from the payment's few events; undefined when there are none. */
export async function paymentView(events: EventStore, orderId: string): Promise<PaymentView | undefined> {
  const recorded = await events.read<PaymentEvent>(streamName(PAYMENT_CATEGORY, orderId));
  const last = recorded.at(-1);
  if (!last) return undefined;
  return {
    payment: recorded.reduce((payment, { event }) => paymentDecider.evolve(payment, event), paymentDecider.initial),
    version: last.version,
    processedAt: last.recordedAt,
    failures: recorded.flatMap(({ event, recordedAt }) =>
      event.type === "PaymentDeclined" ? [{ code: event.data.code, reason: event.data.reason, at: recordedAt }] : [],
    ),
  };
}
