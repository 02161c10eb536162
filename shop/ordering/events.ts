import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { lineText } from "@daybook/kernel/line-text";
import { moneySchema } from "@daybook/kernel/money";
import { personal } from "@daybook/kernel/personal";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";

/** Who is written to, and where to: personal data, sealed under the customer's key (a guest's: under the order's id). */
export const contactSchema = z.strictObject({
  firstName: lineText(100).optional(),
  lastName: lineText(100).optional(),
  email: z.email().max(254).optional(),
  address: z
    .strictObject({
      street: lineText(200),
      city: lineText(100),
      postalCode: lineText(20).optional(),
      country: lineText(100),
    })
    .optional(),
});
export type Contact = z.infer<typeof contactSchema>;

/** Digits enough for the largest line, and few enough for any sum of lines and adjustments to be an amount. */
const partSchema = moneySchema.refine(({ minor }) => minor.length <= 26, "at most 25 digits");

/** When an order was placed, epoch milliseconds, of the years 1970 to 9999. */
export const placedAtSchema = z.int().min(0).max(253_402_300_799_999);

/**
 * One product of an order. `amount` is quantity × unit price, rounded half to even to the minor unit, without tax; of an
 * import whose rows became one line, the sum of the rows' amounts.
 */
export const lineSchema = z.strictObject({
  productId: z.string().min(1).max(100),
  name: z.string().min(1).max(300),
  quantity: z.int().min(1).max(1_000_000),
  /** Decimal text, in the order's currency; an import's may have more decimals than the currency. */
  unitPrice: z.string().regex(/^\d{1,12}(\.\d{1,20})?$/),
  amount: partSchema,
  tax: partSchema.optional(),
  /** The parcel that the line travels in, once parcels are known. */
  parcel: z.string().optional(),
});
export type Line = z.infer<typeof lineSchema>;

/** A change of the total that belongs to no line: a discount, the postage, a rounding. */
export const adjustmentSchema = z.strictObject({
  kind: z.string().min(1).max(50),
  reason: z.string().max(300),
  amount: partSchema,
});

export const customerSchema = z.strictObject({
  /** Absent for a guest. */
  id: givenId.optional(),
  contact: personal(contactSchema).optional(),
});

/** Where an imported order comes from. */
export const originSchema = z.strictObject({ source: z.string().min(1).max(100), number: z.string().min(1).max(100) });

/** How an order is paid: by a card that the provider knows by this token, or from an account of the customer's. */
export const paymentMethodSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("card"), token: z.string().regex(/^[\w.-]{1,100}$/, "1 to 100 letters, digits, _, . and -") }),
  z.strictObject({ kind: z.literal("account"), accountId: givenId }),
]);
export type PaymentMethod = z.infer<typeof paymentMethodSchema>;

/** A parcel on its way, as the carrier knows it. */
export const shipmentSchema = z.strictObject({
  shipmentId: givenId,
  carrier: z.string().min(1).max(100),
  trackingNumber: z.string().min(1).max(100),
  /** Epoch milliseconds. */
  estimatedDelivery: z.int().min(0).optional(),
});
export type Shipment = z.infer<typeof shipmentSchema>;

const orderPlaced = z.strictObject({
  orderId: givenId,
  customer: customerSchema,
  country: z.string().max(100).optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  lines: z.array(lineSchema).min(1).max(1_000),
  adjustments: z.array(adjustmentSchema).max(100),
  total: moneySchema,
  placedAt: placedAtSchema,
  origin: originSchema.optional(),
  /** Absent until the customer says how: an order is not carried out before. */
  payment: paymentMethodSchema.optional(),
});

/** Everything is ready to be handed over: reserved, paid, and a parcel known to the carrier. */
export const orderConfirmedSchema = z.strictObject({ reservationId: givenId, paymentId: givenId, shipment: shipmentSchema });
export type OrderConfirmed = z.infer<typeof orderConfirmedSchema>;

/** A line more, or a line with more pieces; with what the order then comes to. */
const itemAdded = z.strictObject({ line: lineSchema, total: moneySchema });

const reasonSchema = z.string().min(1).max(500);
/** Absent for somebody's word; the order of a held shipment is on hold, too, until shipping releases it. */
const bySchema = z.literal("shipment").optional();
/** Why, in words, and as a stable code of the context that refused. */
const orderFailed = z.strictObject({ code: z.string().min(1).max(100), reason: reasonSchema });

/** What has come back of an order that was sent, and what was given back for it. Lines are numbered from 1. */
export const itemsReturnedSchema = z.strictObject({
  returnId: givenId,
  lines: z
    .array(z.strictObject({ line: z.int().min(1).max(1_000), quantity: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(1_000),
  amount: moneySchema,
  /** Year and number; absent when nothing was to be paid back. */
  creditNote: z.string().min(1).max(40).optional(),
});
export type ItemsReturned = z.infer<typeof itemsReturnedSchema>;

/** The events of an order. Other contexts may rely on them. */
export const orderEvents = {
  OrderPlaced: recordType({
    name: "OrderPlaced",
    schema: orderPlaced,
    subject: (placed) => placed.customer.id ?? placed.orderId,
  }),
  PaymentMethodChosen: recordType({ name: "PaymentMethodChosen", schema: z.strictObject({ payment: paymentMethodSchema }) }),
  ItemAdded: recordType({ name: "ItemAdded", schema: itemAdded }),
  OrderReserved: recordType({ name: "OrderReserved", schema: z.strictObject({ reservationId: givenId }) }),
  OrderPaid: recordType({ name: "OrderPaid", schema: z.strictObject({ paymentId: givenId }) }),
  OrderConfirmed: recordType({ name: "OrderConfirmed", schema: orderConfirmedSchema }),
  OrderShipped: recordType({ name: "OrderShipped", schema: z.strictObject({ trackingNumber: z.string().min(1).max(100) }) }),
  OrderDelivered: recordType({ name: "OrderDelivered", schema: z.strictObject({}) }),
  /** Of an order that is not shipped yet: the carrier has the parcel, and the order is not cancelled any more. */
  ParcelLeft: recordType({ name: "ParcelLeft", schema: z.strictObject({}) }),
  /** Of an order that is not shipped yet: delivered it is as soon as it is shipped. */
  ParcelArrived: recordType({ name: "ParcelArrived", schema: z.strictObject({}) }),
  OrderHeld: recordType({ name: "OrderHeld", schema: z.strictObject({ reason: reasonSchema, by: bySchema }) }),
  OrderReleased: recordType({ name: "OrderReleased", schema: z.strictObject({ by: bySchema }) }),
  OrderCancelled: recordType({ name: "OrderCancelled", schema: z.strictObject({ reason: reasonSchema }) }),
  OrderFailed: recordType({ name: "OrderFailed", schema: orderFailed }),
  ItemsReturned: recordType({ name: "ItemsReturned", schema: itemsReturnedSchema }),
} as const;

export type OrderEvent = EventOf<typeof orderEvents>;
export type OrderPlaced = z.infer<typeof orderPlaced>;

/** Streams of this category hold the events of one order each. */
export const ORDER_CATEGORY = "order";
