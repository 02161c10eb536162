import { valueOf, type Answer, type Call, type Operable } from "@daybook/network/rpc/contract";
import type { inventoryContract } from "@daybook/shop-inventory/contract";
import type { orderingContract } from "@daybook/shop-ordering/contract";
import type { paymentsContract } from "@daybook/shop-payments/contract";
import type { shippingContract } from "@daybook/shop-shipping/contract";
import type { Asking } from "@daybook/shop-questions/contract";
import { callOf, plainAnswer } from "@daybook/workflow/calling";
import { implement, type StepImplementation } from "@daybook/workflow/implement";
import { undoRefused } from "./errors.ts";
import * as steps from "./steps.ts";

/** The contexts that carry an order out, by their contracts. */
export interface Partners {
  readonly ordering: Operable<(typeof orderingContract)["operations"]>;
  readonly inventory: Operable<(typeof inventoryContract)["operations"]>;
  readonly payments: Operable<(typeof paymentsContract)["operations"]>;
  readonly shipping: Operable<(typeof shippingContract)["operations"]>;
  readonly questions: Asking;
}

/** How each step of the workflow is done: by a call under the step's key, which is the same for every attempt. */
export function stepImplementations(partners: Partners): readonly StepImplementation[] {
  const { ordering, inventory, payments, shipping } = partners;
  const reason = "The order is not carried out.";
  return [
    implement(steps.validateOrder, async (input, attempt) => valueOf(await ordering.forFulfilment(input, callOf(attempt)))),
    implement(steps.endOrder, async ({ orderId }, attempt) => {
      // Refused when the order has ended in another way, which is as well.
      await ordering.fail({ orderId, code: "not-fulfilled", reason }, callOf(attempt));
      return {};
    }),
    implement(steps.reserveStock, async (input, attempt) => plainAnswer(await inventory.reserve(input, callOf(attempt)))),
    implement(steps.releaseStock, async ({ orderId }, attempt) =>
      undone(await inventory.release({ orderId, reason }, callOf(attempt))),
    ),
    implement(steps.chargePayment, async (input, attempt) => plainAnswer(await payments.charge(input, callOf(attempt)))),
    implement(steps.cancelPayment, async ({ orderId, method }, attempt) =>
      undone(await payments.cancel({ orderId, method, reason }, callOf(attempt))),
    ),
    implement(steps.createShipment, async (input, attempt) => plainAnswer(await shipping.create(input, callOf(attempt)))),
    implement(steps.cancelShipment, async ({ orderId }, attempt) => {
      const call = callOf(attempt);
      const answer = await shipping.cancel({ orderId, reason }, call);
      return (await isCalledBack(partners, orderId, answer, call)) ? {} : undone(answer);
    }),
    implement(steps.confirmOrder, async (input, attempt) => plainAnswer(await ordering.confirm(input, callOf(attempt)))),
    implement(steps.shipOrder, async (input, attempt) => plainAnswer(await ordering.ship(input, callOf(attempt)))),
    implement(steps.handOver, async ({ orderId }, attempt) => {
      undone(await shipping.handOver({ orderId }, callOf(attempt)));
      return undone(await inventory.ship({ orderId }, callOf(attempt)));
    }),
    implement(steps.failOrder, async (input, attempt) => {
      await ordering.fail(input, callOf(attempt)); // refused when the order was cancelled meanwhile, which is as well
      return {};
    }),
  ];
}

/**
 * The order was given up before anybody here knew that the carrier has its parcel: money and pieces go back, and a person
 * calls the parcel back. Of an order that goes on the shipment is not undone.
 */
async function isCalledBack({ ordering, questions }: Partners, orderId: string, answer: Answer<unknown>, call: Call) {
  if (!("refusal" in answer) || answer.refusal.code !== "shipment-under-way") return false;
  const status = valueOf(await ordering.forFulfilment({ orderId }, call))?.status;
  if (status !== "cancelled" && status !== "failed") return false;
  const found = `The order is ${status} and paid back, and the carrier has its parcel: it is to be called back.`;
  await questions.ask({ source: "fulfilment", cause: "parcel-under-way", subject: orderId, orderId, found }, call);
  return true;
}

/** What must happen is tried again, and at last raised to a person, when it is refused. */
function undone(answer: Answer<unknown>): Record<string, never> {
  if ("refusal" in answer) throw undoRefused(`refused: ${answer.refusal.code}: ${answer.refusal.message}`);
  return {};
}
