import { PATIENT_POLICY } from "@daybook/foundation/resilience/policy";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { originSchema } from "@daybook/shop-ordering/events";
import { z } from "zod";
import { returnedLineSchema } from "./events.ts";

export const returnStatusSchema = z.enum(["requested", "accepted", "rejected", "received", "completed"]);
export type ReturnStatus = z.infer<typeof returnStatusSchema>;

export const returnReasonSchema = z.string().trim().min(1).max(500);

/** Pieces that come back: of one line of the order, or of whatever lines hold the product, the first ones first. */
export const returnedItemSchema = z.strictObject({
  productId: z.string().min(1).max(100),
  quantity: z.int().min(1).max(1_000_000),
  /** Number of the line in the order, from 1. */
  line: z.int().min(1).max(1_000).optional(),
});
export type ReturnedItem = z.infer<typeof returnedItemSchema>;

const writtenOffSchema = z.array(z.int().min(1).max(1_000)).max(1_000);
/** What an operator notes of pieces that have arrived: the lines whose pieces cannot be sold any more. */
export const receivedSchema = z.strictObject({ writtenOff: writtenOffSchema.default([]) });

export const requestReturnSchema = z.strictObject({
  orderId: givenId,
  /** Who asks; absent for operators. Another person's order and a missing one answer alike. */
  customerId: givenId.optional(),
  /** Everything that has not come back yet, without it. */
  items: z.array(returnedItemSchema).min(1).max(1_000).optional(),
  reason: returnReasonSchema,
  /** When it came back, epoch milliseconds, of a return that is told of afterwards; now without it. */
  returnedAt: z.int().min(0).max(253_402_300_799_999).optional(),
  /** Where an imported one comes from. */
  origin: originSchema.optional(),
  /** It is here: accepted and received at once. */
  received: receivedSchema.optional(),
});
export type RequestReturn = z.infer<typeof requestReturnSchema>;

/** A return as it is shown. */
export const returnSchema = z.strictObject({
  returnId: z.string(),
  orderId: z.string(),
  customerId: z.string().optional(),
  status: returnStatusSchema,
  lines: z.array(returnedLineSchema),
  /** What is given back: once all of an order has come back, together what it was charged. */
  amount: moneySchema,
  reason: z.string(),
  requestedAt: z.int(),
  origin: originSchema.optional(),
  question: z.string().optional(),
  rejection: z.strictObject({ reason: z.string() }).optional(),
  /** Once received: the lines whose pieces were written off. */
  writtenOff: z.array(z.int()).optional(),
  creditNote: z.string().optional(),
});
export type Return = z.infer<typeof returnSchema>;

const one = z.strictObject({ returnId: givenId });

/** What other contexts ask of returns. Asked twice, each answers as the first time. */
export const returnsContract = contract("returns", {
  /**
   * Under one key (`Call.key`) one return, for ever: asked again, it is answered as it is by then; with other content it is
   * refused with `return-exists`. Refused with `order-not-found`, `order-not-sent`, `not-in-order`, `too-many-returned`
   * (details: line, productId, bought, returnable), `nothing-to-return`, `return-refused` by a rule, `line-not-returned`.
   */
  request: { input: requestReturnSchema, output: returnSchema },
  accept: { input: one, output: returnSchema },
  /** Until its pieces are received. */
  reject: { input: one.extend({ reason: returnReasonSchema }), output: returnSchema },
  receive: { input: one.extend(receivedSchema.shape), output: returnSchema },
  /** By whoever carries it out: stock and money are where they belong. */
  complete: { input: one.extend({ creditNote: z.string().min(1).max(40).optional() }), output: returnSchema },
  /** Null when there is none. */
  get: { input: one, output: returnSchema.nullable() },
});

/** A return that something is to be done about, sent in the unit that makes it necessary. */
export const returnWork = queue({
  name: "return-work",
  policy: PATIENT_POLICY,
  message: recordType({ name: "ReturnWork", schema: one }),
});
