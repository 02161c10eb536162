import { inventoryContract } from "@daybook/shop-inventory/contract";
import { paymentsContract } from "@daybook/shop-payments/contract";
import { fulfillableSchema, orderingContract } from "@daybook/shop-ordering/contract";
import { shippingContract } from "@daybook/shop-shipping/contract";
import { answerOf } from "@daybook/workflow/calling";
import { step } from "@daybook/workflow/definition";
import { z } from "zod";

const about = z.strictObject({ orderId: z.string() });
const done = z.strictObject({});
const { operations: inventory } = inventoryContract;
const { operations: payments } = paymentsContract;
const { operations: ordering } = orderingContract;
const { operations: shipping } = shippingContract;

/** Calls to other contexts and the world outside are tried again from 1 s up to 100 s. */
const PATIENT = { firstDelayMs: 1_000, factor: 2, delayMsMax: 100_000 };
/** What must happen in the end is tried for as long as the order may take. */
const UNTIL_DONE = { ...PATIENT, attemptsMax: 1_000 };

/** The order as it is carried out. Its undo ends the order, when nothing else has. */
export const validateOrder = step({
  name: "validate-order",
  input: about,
  output: fulfillableSchema.nullable(),
  policy: { attemptsMax: 3, timeoutMs: 30_000 },
});
export const endOrder = step({ name: "end-order", input: about, output: done, policy: UNTIL_DONE });

export const reserveStock = step({
  name: "reserve-stock",
  input: inventory.reserve.input,
  output: answerOf(inventory.reserve.output),
  policy: { ...PATIENT, attemptsMax: 5 },
});
export const releaseStock = step({
  name: "release-stock",
  input: inventory.reserve.input,
  output: done,
  policy: UNTIL_DONE,
});

export const chargePayment = step({
  name: "charge-payment",
  input: payments.charge.input,
  output: answerOf(payments.charge.output),
  policy: { ...PATIENT, attemptsMax: 5, timeoutMs: 60_000 },
});
export const cancelPayment = step({ name: "cancel-payment", input: payments.charge.input, output: done, policy: UNTIL_DONE });

export const createShipment = step({
  name: "create-shipment",
  input: shipping.create.input,
  output: answerOf(shipping.create.output),
  policy: { ...PATIENT, attemptsMax: 5, timeoutMs: 60_000 },
});
export const cancelShipment = step({ name: "cancel-shipment", input: shipping.create.input, output: done, policy: UNTIL_DONE });

export const confirmOrder = step({
  name: "confirm-order",
  input: ordering.confirm.input,
  output: answerOf(done),
  policy: UNTIL_DONE,
});
/** The decision that the order leaves: from then on it is not cancelled any more. */
export const shipOrder = step({ name: "ship-order", input: about, output: answerOf(done), policy: UNTIL_DONE });
/** The parcel is the carrier's, and no longer in stock. */
export const handOver = step({ name: "hand-over", input: about, output: done, policy: UNTIL_DONE });
/** The order ends with the reason why it is not carried out. */
export const failOrder = step({ name: "fail-order", input: ordering.fail.input, output: done, policy: UNTIL_DONE });
