import { assert } from "@daybook/kernel/errors";
import { decimalText, type Money } from "@daybook/kernel/money";
import { z } from "zod";
import { orderStatusSchema, type OrderDetails, type PlacedOrRefused } from "./contract.ts";
import { contactSchema, originSchema } from "./events.ts";

const amountSchema = z.strictObject({ amount: z.string(), currency: z.string() });
const timeSchema = z.iso.datetime();

/** An order as HTTP shows it: amounts as decimal text, times as ISO 8601 in UTC. */
export const orderBodySchema = z.strictObject({
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
  shipment: z
    .strictObject({
      shipmentId: z.string(),
      carrier: z.string(),
      trackingNumber: z.string(),
      estimatedDelivery: timeSchema.optional(),
    })
    .optional(),
  cancellation: z.strictObject({ reason: z.string() }).optional(),
  failure: z.strictObject({ code: z.string(), reason: z.string() }).optional(),
  origin: originSchema.optional(),
  returns: z.array(z.strictObject({ returnId: z.string(), amount: amountSchema, creditNote: z.string().optional() })).optional(),
});

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

export function orderBody(order: OrderDetails): z.infer<typeof orderBodySchema> {
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
function progressOf({ hold, paidBy, reservationId, paymentId, shipment, cancellation, failure }: OrderDetails) {
  return {
    ...(hold && { hold }),
    ...(paidBy && { paidBy }),
    ...(reservationId !== undefined && { reservationId }),
    ...(paymentId !== undefined && { paymentId }),
    ...(shipment && { shipment: shipmentBody(shipment) }),
    ...(cancellation && { cancellation }),
    ...(failure && { failure }),
  };
}

function shipmentBody({ estimatedDelivery, ...shipment }: NonNullable<OrderDetails["shipment"]>) {
  return { ...shipment, ...(estimatedDelivery !== undefined && { estimatedDelivery: timeText(estimatedDelivery) }) };
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
