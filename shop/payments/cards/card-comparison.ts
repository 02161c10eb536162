import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Call } from "@daybook/network/rpc/contract";
import { comparingBooks, type Comparing } from "@daybook/shop-questions/contract";
import type { BookedCharge, CardProvider } from "../card-provider.ts";
import { PAYMENT_CATEGORY } from "../events.ts";
import { paymentView, type PaymentView } from "../payment-view.ts";
import { chargeKey, type Payments } from "../payments.ts";
import { chargeDifferences, isOurs, missingCharge, orderOf } from "./charge-differences.ts";

export interface CardComparisonParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly provider: CardProvider;
  readonly payments: Payments;
}

/** Compares the payments by card with the provider's books. */
export function cardComparison(parts: CardComparisonParts): Comparing {
  const { events, clock, provider } = parts;
  return comparingBooks<BookedCharge, PaymentView>((call) => ({
    store: events.store,
    category: PAYMENT_CATEGORY,
    journal: (time) => provider.journal(time),
    booked: (keys) => provider.booked(keys),
    keyOf: chargeKey,
    streamOf: orderOf,
    view: (orderId) => paymentView(events, orderId),
    changedAt: ({ processedAt }) => processedAt,
    differences: async (charge, view) => chargeDifferences(charge, await heard(parts, charge, view, call), clock.now()),
    missing: missingCharge,
  }));
}

/** The payment of a charge, once it has heard what the books say and no web hook has told. */
async function heard(
  { events, payments }: CardComparisonParts,
  charge: BookedCharge,
  view: PaymentView | undefined,
  call: Call,
): Promise<PaymentView | undefined> {
  const { reference: orderId, chargeId } = charge;
  if (!view || !isOurs(charge)) return view;
  const { status, isDisputed = false } = view.payment;
  if (status === "pending" && charge.status !== "pending") await payments.ask(orderId, call);
  else if (status === "completed" && charge.status === "disputed" && !isDisputed) {
    await payments.dispute(orderId, chargeId, call, {});
  } else return view;
  return paymentView(events, orderId);
}
