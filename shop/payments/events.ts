import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import { entrySchema } from "./ledger.ts";

const reason = z.string().min(1).max(500);
const payment = z.strictObject({ paymentId: givenId, orderId: givenId });
/** The provider's own id of a charge or refund; absent where an account paid. */
const providerId = z.string().min(1).max(100).optional();
const completed = payment.extend({
  amount: moneySchema,
  paidBy: z.enum(["card", "account"]),
  /** The account that paid. */
  accountId: givenId.optional(),
  chargeId: providerId,
  entry: entrySchema,
});

/** The events of one order's payment. */
export const paymentEvents = {
  /** The provider has taken it in, and will say later what became of it. */
  PaymentPending: recordType({ name: "PaymentPending", schema: payment.extend({ amount: moneySchema, chargeId: z.string() }) }),
  PaymentCompleted: recordType({ name: "PaymentCompleted", schema: completed }),
  PaymentDeclined: recordType({ name: "PaymentDeclined", schema: payment.extend({ code: z.string().min(1).max(100), reason }) }),
  /** Before it was completed: nothing was charged, or it was undone by the provider. */
  PaymentCancelled: recordType({ name: "PaymentCancelled", schema: payment.extend({ reason }) }),
  PaymentRefunded: recordType({
    name: "PaymentRefunded",
    schema: payment.extend({ amount: moneySchema, refundId: providerId, reason, entry: entrySchema }),
  }),
  /** A part of it went back, or the last one: of what was sent, for what has come back. */
  PaymentGivenBack: recordType({
    name: "PaymentGivenBack",
    schema: payment.extend({
      /** Of whoever asked for it: one refund, one id. */
      refundId: givenId,
      amount: moneySchema,
      /** The provider's own id of it; absent where an account paid. */
      providerId,
      reason,
      entry: entrySchema,
    }),
  }),
  /** The customer's bank takes the charge back, or says that it may. */
  PaymentDisputed: recordType({ name: "PaymentDisputed", schema: payment.extend({ chargeId: z.string(), reason }) }),
} as const;
export type PaymentEvent = EventOf<typeof paymentEvents>;

const posted = z.strictObject({ entry: entrySchema, reason });

/** The events of one customer's account. Each posting is one entry of the ledger. */
export const accountEvents = {
  AccountOpened: recordType({
    name: "AccountOpened",
    schema: z.strictObject({ accountId: givenId, ownerId: givenId, currency: z.string().regex(/^[A-Z]{3}$/) }),
  }),
  AccountDeposited: recordType({ name: "AccountDeposited", schema: posted }),
  AccountWithdrawn: recordType({ name: "AccountWithdrawn", schema: posted }),
  /** An order is paid from it: the entry is the payment's. */
  AccountCharged: recordType({ name: "AccountCharged", schema: z.strictObject({ paymentId: givenId, amount: moneySchema }) }),
  AccountRefunded: recordType({ name: "AccountRefunded", schema: z.strictObject({ paymentId: givenId, amount: moneySchema }) }),
  AccountClosed: recordType({ name: "AccountClosed", schema: z.strictObject({}) }),
} as const;
export type AccountEvent = EventOf<typeof accountEvents>;

const bill = z.strictObject({ orderId: givenId, paymentId: givenId, amount: moneySchema });

/** Pieces of one line of the order, numbered from 1, and what was given back for them. */
export const creditedLineSchema = z.strictObject({
  line: z.int().min(1).max(1_000),
  quantity: z.int().min(1).max(1_000_000),
  amount: moneySchema,
});

/** The bills of one year, in one stream: a bill's number is its version there, so that none is missing. */
export const billEvents = {
  BillIssued: recordType({ name: "BillIssued", schema: bill }),
  /** Of the whole bill; of the lines of one refund, when they are named. */
  CreditNoteIssued: recordType({
    name: "CreditNoteIssued",
    schema: bill.extend({ refundId: givenId.optional(), lines: z.array(creditedLineSchema).min(1).max(1_000).optional() }),
  }),
} as const;
export type BillEvent = EventOf<typeof billEvents>;

export const PAYMENT_CATEGORY = "payment";
export const ACCOUNT_CATEGORY = "account";
export const BILL_CATEGORY = "bills";
