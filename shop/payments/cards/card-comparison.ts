import { compareSides, recheckSides, type TwoSides } from "@daybook/data/cqrs/two-sides";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Call } from "@daybook/network/rpc/contract";
import type { Comparing, Difference, OpenQuestion } from "@daybook/shop-questions/contract";
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
export class CardComparison implements Comparing {
  private readonly parts: CardComparisonParts;

  constructor(parts: CardComparisonParts) {
    this.parts = parts;
  }

  readonly compare: Comparing["compare"] = async (page, call) => {
    const { differences, ...rest } = await compareSides(this.sides(call), page);
    return { value: { ...rest, differences: [...differences] } };
  };

  readonly recheck: Comparing["recheck"] = async ({ questions }, call) => {
    const isSo = (question: OpenQuestion, charges: readonly BookedCharge[]) => this.isStillSo(question, charges, call);
    const gone = await recheckSides(this.sides(call), questions, isSo);
    return { value: { settled: gone.map(({ questionId }) => questionId) } };
  };

  private sides(call: Call): TwoSides<BookedCharge, Difference> {
    const { events, provider, clock } = this.parts;
    return {
      store: events.store,
      category: PAYMENT_CATEGORY,
      journal: (time) => provider.journal(time),
      booked: (keys) => provider.booked(keys),
      keyIn: ({ key }) => key,
      keyOf: chargeKey,
      ofEntry: async (charge, to) => {
        const view = await this.viewOf(charge);
        const hasRested = charge.changedAt < to && (view?.processedAt ?? 0) < to;
        return hasRested ? chargeDifferences(charge, await this.heard(charge, view, call), clock.now()) : [];
      },
      ofNone: async (orderId, to) => {
        const view = await paymentView(events, orderId);
        return view && view.processedAt < to ? missingCharge(orderId, view) : [];
      },
    };
  }

  private async isStillSo({ cause, subject, orderId }: OpenQuestion, charges: readonly BookedCharge[], call: Call) {
    const { events, clock } = this.parts;
    const found = await Promise.all(
      charges.map(async (each) => {
        const view = await this.heard(each, await this.viewOf(each), call);
        return chargeDifferences(each, view, clock.now());
      }),
    );
    const isNone = charges.length === 0 && orderId !== undefined;
    const missing = isNone ? missingCharge(orderId, await paymentView(events, orderId)) : [];
    return [...found.flat(), ...missing].some((each) => each.cause === cause && each.subject === subject);
  }

  /** The payment of a charge, once it has heard what the books say and no web hook has told. */
  private async heard(charge: BookedCharge, view: PaymentView | undefined, call: Call): Promise<PaymentView | undefined> {
    const { payments } = this.parts;
    const { reference: orderId, chargeId } = charge;
    if (!view || !isOurs(charge)) return view;
    const { status, isDisputed = false } = view.payment;
    if (status === "pending" && charge.status !== "pending") await payments.ask(orderId, call);
    else if (status === "completed" && charge.status === "disputed" && !isDisputed) {
      await payments.dispute(orderId, chargeId, call, {});
    } else return view;
    return this.viewOf(charge);
  }

  private async viewOf(charge: BookedCharge): Promise<PaymentView | undefined> {
    const orderId = orderOf(charge);
    return orderId === undefined ? undefined : paymentView(this.parts.events, orderId);
  }
}
