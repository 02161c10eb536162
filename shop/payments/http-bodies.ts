import { decimalText, type Money } from "@daybook/kernel/money";
import { z } from "zod";
import type { AccountDetails } from "./accounts.ts";
import { billId, type Bill } from "./bills/bills.ts";
import type { ShownBill } from "./bills/shown-bill.ts";
import { givenBack } from "./payment.ts";
import type { PaymentView } from "./payment-view.ts";

/** Amounts as HTTP shows and takes them: decimal text in a currency. */
export const amountSchema = z.strictObject({
  amount: z.string().regex(/^-?\d{1,20}(\.\d{1,20})?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
const timeSchema = z.iso.datetime();

export const accountBodySchema = z.strictObject({
  id: z.string(),
  ownerId: z.string(),
  status: z.enum(["open", "closed"]),
  balance: amountSchema,
  transactions: z.int(),
  version: z.int(),
  changedAt: timeSchema,
});

/** What a command on an account answers. */
export const accountChangeSchema = accountBodySchema.omit({ changedAt: true });

export const paymentBodySchema = z.strictObject({
  id: z.string().optional(),
  orderId: z.string(),
  status: z.enum(["pending", "completed", "declined", "cancelled", "refunded"]),
  amount: amountSchema.optional(),
  /** What went back of it in parts. */
  givenBack: amountSchema.optional(),
  paidBy: z.enum(["card", "account"]).optional(),
  isDisputed: z.boolean(),
  processedAt: timeSchema,
  failures: z.array(z.strictObject({ code: z.string(), reason: z.string(), at: timeSchema })),
});

const billLineSchema = z.strictObject({
  productId: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: z.string(),
  amount: amountSchema,
  tax: amountSchema.optional(),
});

/** A bill in a list. */
export const billEntrySchema = z.strictObject({
  id: z.string(),
  kind: z.enum(["bill", "credit-note"]),
  orderId: z.string(),
  paymentId: z.string(),
  total: amountSchema,
  issuedAt: timeSchema,
});

export const billBodySchema = billEntrySchema.extend({
  status: z.enum(["paid", "paid-back"]),
  /** Of a credit note: the bill that it takes back, or lines of it. */
  corrects: z.string().optional(),
  recipient: z.array(z.string()),
  lines: z.array(billLineSchema),
  adjustments: z.array(z.strictObject({ reason: z.string(), amount: amountSchema })),
});

export function accountBody({
  accountId: id,
  balance,
  changedAt,
  ...account
}: AccountDetails): z.infer<typeof accountBodySchema> {
  const { ownerId, status, transactions, version } = account;
  return { id, ownerId, status, balance: amountBody(balance), transactions, version, changedAt: timeText(changedAt) };
}

export function paymentBody(orderId: string, view: PaymentView): z.infer<typeof paymentBodySchema> | undefined {
  const { paymentId: id, status, amount, paidBy, isDisputed = false } = view.payment;
  if (status === "absent") return undefined;
  return {
    ...(id !== undefined && { id }),
    orderId,
    status,
    ...(amount && { amount: amountBody(amount) }),
    ...(view.payment.givenBack && { givenBack: amountBody(givenBack(view.payment)) }),
    ...(paidBy && { paidBy }),
    isDisputed,
    processedAt: timeText(view.processedAt),
    failures: view.failures.map(({ at, ...failure }) => ({ ...failure, at: timeText(at) })),
  };
}

export function billEntry({ year, number, kind, orderId, paymentId, amount, issuedAt }: Bill): z.infer<typeof billEntrySchema> {
  return { id: billId({ year, number }), kind, orderId, paymentId, total: amountBody(amount), issuedAt: timeText(issuedAt) };
}

export function billBody({ bill, corrects, ...order }: ShownBill): z.infer<typeof billBodySchema> {
  return {
    ...billEntry(bill),
    status: bill.kind === "bill" ? "paid" : "paid-back",
    ...(corrects !== undefined && { corrects }),
    recipient: [...order.recipient],
    lines: order.lines.map(({ productId, name, quantity, unitPrice, amount, tax }) => ({
      productId,
      name,
      quantity,
      unitPrice,
      amount: amountBody(amount),
      ...(tax && { tax: amountBody(tax) }),
    })),
    adjustments: order.adjustments.map(({ reason, amount }) => ({ reason, amount: amountBody(amount) })),
  };
}

export function amountBody(amount: Money): z.infer<typeof amountSchema> {
  return { amount: decimalText(amount), currency: amount.currency };
}

function timeText(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: "millisecond" });
}
