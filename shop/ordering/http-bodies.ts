import { assert } from "@daybook/kernel/errors";
import { decimalText, type Money } from "@daybook/kernel/money";
import { z } from "zod";
import {
  orderStatusSchema,
  paymentStatusSchema,
  shipmentStatusSchema,
  type JoinedOrder,
  type OrderDetails,
  type OrderStep,
  type PlacedOrRefused,
  type WholeOrder,
} from "./contract.ts";
import { contactSchema, originSchema } from "./events.ts";

const amountSchema = z.strictObject({ amount: z.string(), currency: z.string() });
const timeSchema = z.iso.datetime();

const reasonSchema = z.strictObject({ code: z.string(), reason: z.string() });

/** What has become of the payment and of the shipment; in a list their status alone, once the read model has seen it. */
const paymentSchema = z.strictObject({
  status: paymentStatusSchema,
  paymentId: z.string().optional(),
  transactionId: z.string().optional(),
  amount: amountSchema.optional(),
  failure: reasonSchema.optional(),
  isDisputed: z.boolean().optional(),
  givenBack: amountSchema.optional(),
  processedAt: timeSchema.optional(),
});
const shipmentBodySchema = z.strictObject({
  status: shipmentStatusSchema.optional(),
  shipmentId: z.string().optional(),
  carrier: z.string().optional(),
  trackingNumber: z.string().optional(),
  estimatedDelivery: timeSchema.optional(),
  changedAt: timeSchema.optional(),
});

/** An order as HTTP shows it: amounts as decimal text, times as ISO 8601 in UTC. */
const orderBodySchema = z.strictObject({
  id: z.string(),
  status: orderStatusSchema,
  version: z.int(),
  customer: z.strictObject({ id: z.string().optional(), contact: contactSchema.optional(), isErased: z.boolean().optional() }),
  country: z.string().optional(),
  items: z.array(
    z.strictObject({
      productId: z.string(),
      name: z.string(),
      quantity: z.int(),
      unitPrice: z.string(),
      amount: amountSchema,
      /** Pieces that have come back. */
      returned: z.int().optional(),
    }),
  ),
  itemCount: z.int(),
  total: amountSchema,
  placedAt: timeSchema,
  updatedAt: timeSchema,
  hold: z.strictObject({ reason: z.string() }).optional(),
  paidBy: z.enum(["card", "account"]).optional(),
  reservationId: z.string().optional(),
  paymentId: z.string().optional(),
  payment: paymentSchema.optional(),
  shipment: shipmentBodySchema.optional(),
  cancellation: z.strictObject({ reason: z.string() }).optional(),
  failure: reasonSchema.optional(),
  origin: originSchema.optional(),
  returns: z.array(z.strictObject({ returnId: z.string(), amount: amountSchema, creditNote: z.string().optional() })).optional(),
});

const stepSchema = z.strictObject({
  step: z.string(),
  at: timeSchema,
  occurredAt: timeSchema.optional(),
  reason: z.string().optional(),
});

export const wholeOrderSchema = orderBodySchema.extend({ timeline: z.array(stepSchema) });

export const orderListSchema = z.strictObject({
  orders: z.array(orderBodySchema),
  next: z.string().optional(),
  page: z.int().optional(),
  pageSize: z.int().optional(),
  total: z.int().optional(),
  pages: z.int().optional(),
  isTotalCapped: z.boolean().optional(),
});

/** What a command on an order answers. */
export const placedSchema = z.strictObject({
  id: z.string(),
  status: orderStatusSchema,
  version: z.int(),
  total: amountSchema,
  placedAt: timeSchema,
});

export function orderBody(order: JoinedOrder): z.infer<typeof orderBodySchema> {
  const { paymentStatus, shipmentStatus: status } = order;
  const shipment = (status || order.shipment) && shipmentBody({ ...order.shipment, ...(status && { status }) });
  return {
    ...ownBody(order),
    ...(paymentStatus && { payment: { status: paymentStatus } }),
    ...(shipment && { shipment }),
  };
}

export function wholeOrderBody(order: WholeOrder): z.infer<typeof wholeOrderSchema> {
  const { payment, shipping, timeline } = order;
  const shipment = shipping ?? order.shipment;
  return {
    ...ownBody(order),
    ...(payment && { payment: paymentBody(payment) }),
    ...(shipment && { shipment: shipmentBody(shipment) }),
    timeline: timeline.map(stepBody),
  };
}

function ownBody(order: OrderDetails): z.infer<typeof orderBodySchema> {
  return {
    id: order.id,
    status: order.status,
    version: order.version,
    customer: order.customer,
    ...(order.country !== undefined && { country: order.country }),
    items: order.lines.map((line, at) => ({
      productId: line.productId,
      name: line.name,
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      amount: amountBody(line.amount),
      ...returnedOf(order, at + 1),
    })),
    itemCount: order.itemCount,
    total: amountBody(order.total),
    placedAt: timeText(order.placedAt),
    updatedAt: timeText(order.updatedAt),
    ...progressOf(order),
    ...(order.origin && { origin: order.origin }),
    ...(order.returns && {
      returns: order.returns.map(({ lines, amount, ...returned }) => ({ ...returned, amount: amountBody(amount) })),
    }),
  };
}

/** How much of a line has come back; nothing is said of a line of which nothing has. */
function returnedOf({ returns = [] }: OrderDetails, number: number): { readonly returned?: number } {
  const parts = returns.flatMap(({ lines }) => lines.filter(({ line }) => line === number));
  return parts.length === 0 ? {} : { returned: parts.reduce((sum, { quantity }) => sum + quantity, 0) };
}

/** How far it came; what is not known yet is left out. */
function progressOf({ hold, paidBy, reservationId, paymentId, cancellation, failure }: OrderDetails) {
  return {
    ...(hold && { hold }),
    ...(paidBy && { paidBy }),
    ...(reservationId !== undefined && { reservationId }),
    ...(paymentId !== undefined && { paymentId }),
    ...(cancellation && { cancellation }),
    ...(failure && { failure }),
  };
}

function paymentBody({ amount, givenBack, processedAt, ...payment }: NonNullable<WholeOrder["payment"]>) {
  const amounts = { ...(amount && { amount: amountBody(amount) }), ...(givenBack && { givenBack: amountBody(givenBack) }) };
  return { ...payment, ...amounts, processedAt: timeText(processedAt) };
}

function shipmentBody({ estimatedDelivery, changedAt, ...shipment }: Partial<NonNullable<WholeOrder["shipping"]>>) {
  return {
    ...shipment,
    ...(estimatedDelivery !== undefined && { estimatedDelivery: timeText(estimatedDelivery) }),
    ...(changedAt !== undefined && { changedAt: timeText(changedAt) }),
  };
}

function stepBody({ at, occurredAt, ...step }: OrderStep): z.infer<typeof stepSchema> {
  return { ...step, at: timeText(at), ...(occurredAt !== undefined && { occurredAt: timeText(occurredAt) }) };
}

export function placedBody({ state, version }: PlacedOrRefused & { kind: "done" }): z.infer<typeof placedSchema> {
  assert(state.status !== "absent", "a command that was carried out leaves an order");
  return { id: state.orderId, status: state.status, version, total: amountBody(state.total), placedAt: timeText(state.placedAt) };
}

function amountBody(amount: Money): z.infer<typeof amountSchema> {
  return { amount: decimalText(amount), currency: amount.currency };
}

function timeText(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: "millisecond" });
}
