import { PATIENT_POLICY } from "@daybook/foundation/resilience/policy";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";
import { creditedLineSchema } from "./events.ts";

/** By a card that the provider knows by this token, or from an account of the customer's. */
export const chargeMethodSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("card"), token: z.string().min(1).max(100) }),
  z.strictObject({ kind: z.literal("account"), accountId: givenId }),
]);
export type ChargeMethod = z.infer<typeof chargeMethodSchema>;

const about = z.strictObject({ orderId: givenId });

const giveBackSchema = about
  .extend({
    refundId: givenId,
    amount: moneySchema.refine(({ minor }) => !/^(0|-)/.test(minor), "an amount above zero"),
    reason: z.string().min(1).max(500),
    /** What it is for. */
    lines: z.array(creditedLineSchema).min(1).max(1_000),
  })
  .refine(({ amount, lines }) => lines.every((line) => line.amount.currency === amount.currency), "one currency")
  .refine(
    ({ amount, lines }) => lines.reduce((sum, line) => sum + BigInt(line.amount.minor), 0n) === BigInt(amount.minor),
    "the lines add up to the amount",
  );

/** What other contexts ask of payments. There is one payment an order: asked again, each answers as the first time. */
export const paymentsContract = contract("payments", {
  /**
   * Refused with `payment-declined`, `insufficient-funds` (details: requested, available), `payment-details-invalid`, or
   * `payment-cancelled` when this order's was cancelled before, also before it was made. Rejects with
   * `provider-unavailable` (retryable; the only one worth trying again). `pending`: the outcome comes as a message of
   * `paymentOutcomes`.
   */
  charge: {
    input: about.extend({ customerId: givenId.optional(), amount: moneySchema, method: chargeMethodSchema }),
    output: z.strictObject({ paymentId: z.string(), status: z.enum(["completed", "pending"]) }),
  },
  /**
   * Undoes the order's payment, also when nothing had happened: money back when it was charged; a charge that comes later
   * is refused. Rejects with `provider-unavailable` (retryable).
   */
  cancel: {
    input: about.extend({ method: chargeMethodSchema, reason: z.string().min(1).max(500) }),
    output: z.strictObject({}),
  },
  /**
   * Gives a part of a completed payment back to where it came from, once for a `refundId`, with a credit note. Refused with
   * `refund-too-large` (details: charged, givenBack), `refund-exists` (other content), `refund-refused` by the provider, and
   * `illegal-transition` when there is nothing to give back. Rejects with `provider-unavailable` (retryable).
   */
  giveBack: {
    input: giveBackSchema,
    output: z.strictObject({ paymentId: z.string(), creditNote: z.string() }),
  },
});

/** What became of a pending payment: sent to whoever carries the order out. */
export const paymentOutcomes = queue({
  name: "payment-outcomes",
  policy: PATIENT_POLICY,
  message: recordType({
    name: "PaymentOutcome",
    schema: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("settled"), orderId: givenId, paymentId: givenId }),
      z.strictObject({ type: z.literal("declined"), orderId: givenId, code: z.string(), reason: z.string() }),
    ]),
  }),
});
export type PaymentOutcome = z.infer<(typeof paymentOutcomes)["message"]["schema"]>;
