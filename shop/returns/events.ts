import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { originSchema } from "@daybook/shop-ordering/events";
import { z } from "zod";

/** Number of a line in its order, from 1: lines are never taken out of an order, and what is sent does not change. */
const lineNumber = z.int().min(1).max(1_000);
const quantity = z.int().min(1).max(1_000_000);
const reason = z.string().min(1).max(500);

export const returnedLineSchema = z.strictObject({
  line: lineNumber,
  productId: z.string().min(1).max(100),
  quantity,
  /** What is given back for these pieces, tax and adjustments included. */
  amount: moneySchema,
});

const one = z.strictObject({ returnId: givenId });

const requested = one.extend({
  orderId: givenId,
  /** Absent for a guest. */
  customerId: givenId.optional(),
  lines: z.array(returnedLineSchema).min(1).max(1_000),
  /** The sum of the lines. */
  amount: moneySchema,
  reason,
  /** Epoch milliseconds. */
  requestedAt: z.int().min(0),
  /** Where an imported return comes from. */
  origin: originSchema.optional(),
  /** Why no rule accepts it, and a person is to decide. */
  question: z.string().min(1).max(300).optional(),
});

/** The returns of one order, in one stream: so no piece comes back twice, whoever asks. */
export const returnEvents = {
  ReturnRequested: recordType({ name: "ReturnRequested", schema: requested }),
  ReturnAccepted: recordType({ name: "ReturnAccepted", schema: one }),
  ReturnRejected: recordType({ name: "ReturnRejected", schema: one.extend({ reason }) }),
  /** The pieces are here. Those of the lines that are named cannot be sold any more. */
  ReturnReceived: recordType({ name: "ReturnReceived", schema: one.extend({ writtenOff: z.array(lineNumber).max(1_000) }) }),
  /** The stock knows, and the money went back. */
  ReturnCompleted: recordType({
    name: "ReturnCompleted",
    schema: one.extend({
      orderId: givenId,
      lines: z.array(returnedLineSchema.pick({ line: true, quantity: true })).min(1),
      amount: moneySchema,
      /** Year and number; absent when nothing was to be paid back. */
      creditNote: z.string().min(1).max(40).optional(),
    }),
  }),
} as const;

export type ReturnEvent = EventOf<typeof returnEvents>;
export type ReturnRequested = z.infer<typeof requested>;

/** Streams of this category hold the returns of one order each; the stream's id is the order's. */
export const RETURN_CATEGORY = "return";
