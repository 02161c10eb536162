import { defineError } from "@daybook/kernel/errors";
import * as steps from "@daybook/shop-fulfilment/steps";
import { implement, type StepAttempt, type StepImplementation } from "@daybook/workflow/implement";

const storeAway = defineError({ code: "trial-away", advice: "Try again.", retryable: true });

const refused = (code: string, message: string) => ({ refusal: { code, message } });

/** The shop's steps without a shop: a payment stays pending, the stock answers at the second attempt, the order is on hold once. */
export class Stage {
  /** Effects by key, in their order. */
  readonly effects: string[] = [];
  private readonly shipped = new Map<string, number>();

  get steps(): readonly StepImplementation[] {
    return [
      implement(steps.validateOrder, ({ orderId }, attempt) => this.did("validate", attempt, placed(orderId))),
      implement(steps.reserveStock, ({ orderId }, attempt) => {
        if (attempt.number === 1) throw storeAway("the stock does not answer");
        const value = { reservationId: `res-${orderId}`, status: "reserved" as const, reservedAt: 1_700_000_000_000 };
        return this.did("reserve", attempt, { value });
      }),
      implement(steps.chargePayment, ({ orderId }, attempt) =>
        this.did("charge", attempt, { value: { paymentId: `pay-${orderId}`, status: "pending" as const } }),
      ),
      implement(steps.createShipment, ({ orderId }, attempt) => {
        const value = { shipmentId: `shp-${orderId}`, carrier: "trial", trackingNumber: `T-${orderId}` };
        return this.did("create", attempt, { value });
      }),
      implement(steps.confirmOrder, (_, attempt) => this.did("confirm", attempt, { value: {} })),
      implement(steps.shipOrder, ({ orderId }, attempt) => {
        const asked = (this.shipped.get(orderId) ?? 0) + 1;
        this.shipped.set(orderId, asked);
        return this.did("ship", attempt, asked === 1 ? refused("order-held", "The order is on hold.") : { value: {} });
      }),
      implement(steps.handOver, (_, attempt) => this.did("hand over", attempt, {})),
      implement(steps.failOrder, (_, attempt) => this.did("fail", attempt, {})),
      implement(steps.endOrder, (_, attempt) => this.did("end", attempt, {})),
      implement(steps.releaseStock, (_, attempt) => this.did("release", attempt, {})),
      implement(steps.cancelPayment, (_, attempt) => this.did("cancel payment", attempt, {})),
      implement(steps.cancelShipment, (_, attempt) => this.did("cancel shipment", attempt, {})),
    ];
  }

  private did<T>(what: string, { key, isUndo }: StepAttempt, answer: T): T {
    this.effects.push(`${isUndo ? "undo " : ""}${key} ${what}`);
    return answer;
  }
}

function placed(orderId: string) {
  return {
    orderId,
    status: "placed" as const,
    isHeld: false,
    customerId: "cus-1",
    items: [{ productId: "tea", quantity: 2 }],
    total: { minor: "1998", currency: "EUR" as const },
    payment: { kind: "card" as const, token: "tok-1" },
  };
}
