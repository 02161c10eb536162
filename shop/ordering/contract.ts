import type { Around, Operation } from "@daybook/data/cqrs/handlers";
import type { Outcome } from "@daybook/data/cqrs/aggregates";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import { PATIENT_POLICY } from "@daybook/foundation/resilience/policy";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema, type Money } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";
import {
  adjustmentSchema,
  contactSchema,
  itemsReturnedSchema,
  lineSchema,
  originSchema,
  paymentMethodSchema,
  placedAtSchema,
  shipmentSchema,
  orderConfirmedSchema,
  type Shipment,
} from "./events.ts";
import type { Order, OrderStatus } from "./order.ts";

/** How a command is carried out: who asks, under which key, seen at which version, and how its answer is rendered. */
export interface Execution<Answer = unknown> extends Around {
  readonly idempotency?: IdempotentRequest | undefined;
  readonly expectedVersion?: number | undefined;
  /** Pure; its value is stored with the unit and replayed. */
  render(outcome: PlacedOrRefused): Answer;
}

/** What a command came to: the order after it, or why not. */
export type PlacedOrRefused = Outcome<Order>;

/** The states that an order shows. */
export const orderStatusSchema = z.enum([
  "placed",
  "reserved",
  "paid",
  "confirmed",
  "shipped",
  "delivered",
  "cancelled",
  "failed",
]) satisfies z.ZodType<Exclude<OrderStatus, "absent">>;

export const itemSchema = z.strictObject({
  productId: givenId,
  quantity: z.int().min(1).max(1_000_000),
  /** When sent, it must equal the catalogue's price: decimal text, such as "8.50". */
  unitPrice: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,20})?$/)
    .optional(),
});
export type Item = z.infer<typeof itemSchema>;

export const placeOrderSchema = z.strictObject({
  /** Absent for a guest. */
  customerId: givenId.optional(),
  contact: contactSchema.optional(),
  items: z.array(itemSchema).min(1).max(1_000),
  /** Without it the order stays placed until a method is chosen. */
  payment: paymentMethodSchema.optional(),
});
export type PlaceOrder = z.infer<typeof placeOrderSchema>;

/** Places an order at the catalogue's prices. Answers an `Executed<Answer>`. */
export const placeOrder: Operation<PlaceOrder> = { name: "place-order", input: placeOrderSchema };

/** An order from elsewhere, with its own id, names, prices and time: for principals that may import. */
export const importOrderSchema = z.strictObject({
  orderId: givenId,
  customerId: givenId.optional(),
  country: z.string().max(100).optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  placedAt: placedAtSchema,
  origin: originSchema,
  lines: z.array(lineSchema).min(1).max(1_000),
  /** Without it the order is placed, and not carried out. */
  payment: paymentMethodSchema.optional(),
});
export type ImportOrder = z.infer<typeof importOrderSchema>;

/** Who does what an import asks for: what happened elsewhere long ago, and is nobody's news. */
export const IMPORT_ACTOR = "sys_import";

export const importOrder: Operation<ImportOrder> = { name: "import-order", input: importOrderSchema };

export const reasonSchema = z.string().trim().min(1).max(500);

/** Which order is meant, and the customer who asks; absent for operators. */
const oneOrder = { orderId: givenId, customerId: givenId.optional() };

export const cancelOrderSchema = z.strictObject({ ...oneOrder, reason: reasonSchema });
export type CancelOrder = z.infer<typeof cancelOrderSchema>;

export const cancelOrder: Operation<CancelOrder> = { name: "cancel-order", input: cancelOrderSchema };

/** Adds an item, at the catalogue's price, to an order on hold. */
export const addItem: Operation<AddItem> = { name: "add-item", input: z.strictObject({ ...oneOrder, item: itemSchema }) };
export interface AddItem extends OneOrder {
  readonly item: Item;
}
export interface OneOrder {
  readonly orderId: string;
  readonly customerId?: string | undefined;
}

/** Says how a placed order is paid; from then on it is carried out, unless it is on hold. */
export const choosePayment: Operation<ChoosePayment> = {
  name: "choose-payment",
  input: z.strictObject({ ...oneOrder, payment: paymentMethodSchema }),
};
export interface ChoosePayment extends OneOrder {
  readonly payment: z.infer<typeof paymentMethodSchema>;
}

/** Keeps an order from being shipped, with a reason, until it is released. */
export const holdOrder: Operation<CancelOrder> = { name: "hold-order", input: cancelOrderSchema };
export const releaseOrder: Operation<OneOrder> = { name: "release-order", input: z.strictObject(oneOrder) };

/** An order as it is shown. Personal fields are absent when there are none, or when the person was erased. */
export const orderDetailsSchema = z.strictObject({
  id: z.string(),
  version: z.int(),
  status: orderStatusSchema,
  customer: z.strictObject({ id: z.string().optional(), contact: contactSchema.optional(), isErased: z.boolean().optional() }),
  country: z.string().optional(),
  lines: z.array(lineSchema),
  adjustments: z.array(adjustmentSchema),
  total: moneySchema,
  itemCount: z.int(),
  placedAt: z.int(),
  updatedAt: z.int(),
  hold: z.strictObject({ reason: z.string() }).optional(),
  /** How it is paid, without the token. */
  paidBy: z.enum(["card", "account"]).optional(),
  reservationId: z.string().optional(),
  paymentId: z.string().optional(),
  shipment: shipmentSchema.optional(),
  cancellation: z.strictObject({ reason: z.string() }).optional(),
  failure: z.strictObject({ code: z.string(), reason: z.string() }).optional(),
  origin: originSchema.optional(),
  returns: z.array(itemsReturnedSchema).optional(),
});
export type OrderDetails = z.infer<typeof orderDetailsSchema>;

/** What may have become of an order's payment, and of its shipment. */
export const paymentStatusSchema = z.enum(["pending", "completed", "declined", "cancelled", "refunded"]);
export const shipmentStatusSchema = z.enum(["created", "held", "in-transit", "delivered", "failed", "cancelled"]);
export type PaymentStatus = z.infer<typeof paymentStatusSchema>;
export type ShipmentStatus = z.infer<typeof shipmentStatusSchema>;

/** An order with what other contexts say of it, as far as it is known. */
export interface JoinedOrder extends OrderDetails {
  readonly paymentStatus?: PaymentStatus | undefined;
  readonly shipmentStatus?: ShipmentStatus | undefined;
}

/** Times are epoch milliseconds. */
export interface OrderPayment {
  readonly status: PaymentStatus;
  readonly paymentId: string;
  /** The provider's own id of the charge; absent where an account paid. */
  readonly transactionId?: string | undefined;
  readonly amount?: Money | undefined;
  /** Why the last attempt failed. */
  readonly failure?: { readonly code: string; readonly reason: string } | undefined;
  readonly isDisputed?: boolean | undefined;
  /** What went back of it in parts, for returns. */
  readonly givenBack?: Money | undefined;
  /** When it came to what it is. */
  readonly processedAt: number;
}

export interface OrderShipment extends Partial<Omit<Shipment, "shipmentId">> {
  readonly status: ShipmentStatus;
  readonly shipmentId: string;
  /** When it came to what it is, by the carrier's clock where the carrier said so. */
  readonly changedAt: number;
}

/** One thing that happened to an order, its payment or its shipment. */
export interface OrderStep {
  /** The event's name: `order-placed`, `payment-completed`, `shipment-handed-over`. */
  readonly step: string;
  /** When it was recorded, and when it happened where that is known to differ. */
  readonly at: number;
  readonly occurredAt?: number | undefined;
  readonly reason?: string | undefined;
}

export interface WholeOrder extends OrderDetails {
  readonly payment?: OrderPayment | undefined;
  readonly shipping?: OrderShipment | undefined;
  /** Oldest first; of an order's own events the last thousand. */
  readonly timeline: readonly OrderStep[];
  /** How many events of payment and shipment are in it: with the version it names what is shown. */
  readonly revision: number;
}

export interface OrderPage {
  readonly orders: readonly JoinedOrder[];
  /** Opaque to callers: where the next page starts. */
  readonly next?: { readonly entry: string; readonly key: string };
}

/** The order now, or as of a version or a time of recording; undefined when there is none (then). */
export const getOrder: Operation<GetOrder, OrderDetails | undefined> = {
  name: "get-order",
  input: z.strictObject({
    orderId: givenId,
    version: z.int().min(1).optional(),
    recordedAt: z.int().optional(),
  }),
};
export interface GetOrder {
  readonly orderId: string;
  readonly version?: number | undefined;
  readonly recordedAt?: number | undefined;
}

/**
 * The same with its payment, its shipment, its timeline, and the customer's name and address for mails where the order has none
 * of its own (not of the past: they are the customer's present ones).
 */
export const getWholeOrder: Operation<GetOrder, WholeOrder | undefined> = { name: "get-whole-order", input: getOrder.input };

/** Text that every engine can compare. */
const plainText = z
  .string()
  .max(255)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "well-formed text without NUL");

/** Where a page of orders ended. */
export const rowCursorSchema = z.strictObject({ entry: plainText, key: plainText });

const someOrders = {
  customerId: givenId.optional(),
  status: orderStatusSchema.optional(),
  payment: paymentStatusSchema.optional(),
  shipment: shipmentStatusSchema.optional(),
  placedFrom: placedAtSchema.optional(),
  placedBefore: placedAtSchema.optional(),
};

/**
 * Orders newest first, by time of placing; of all customers without `customerId`. Payments and shipments are as far as the read
 * model has come. A page looks at a thousand orders at most: it may be short, or empty, and have a next one.
 */
export const listOrders: Operation<ListOrders, OrderPage> = {
  name: "list-orders",
  input: z.strictObject({
    ...someOrders,
    limit: z.int().min(1).max(1_000),
    after: rowCursorSchema.optional(),
  }),
};
export interface SomeOrders {
  readonly customerId?: string | undefined;
  readonly status?: OrderDetails["status"] | undefined;
  readonly payment?: PaymentStatus | undefined;
  readonly shipment?: ShipmentStatus | undefined;
  /** Epoch milliseconds: inclusive, exclusive. */
  readonly placedFrom?: number | undefined;
  readonly placedBefore?: number | undefined;
}
export interface ListOrders extends SomeOrders {
  readonly limit: number;
  readonly after?: { readonly entry: string; readonly key: string } | undefined;
}

/** How many orders a list has: no more than `cap` are looked at. */
export const countOrders: Operation<CountOrders, OrderCount> = {
  name: "count-orders",
  input: z.strictObject({ ...someOrders, cap: z.int().min(1) }),
};
export interface CountOrders extends SomeOrders {
  readonly cap: number;
}
export interface OrderCount {
  readonly count: number;
  /** There may be more. */
  readonly isCapped: boolean;
}

/**
 * Orders whose id starts or ends with `text` (as it is, or in small or capital letters throughout), or whose customer's
 * name or e-mail contains it (3 characters or more, without regard to case and accents).
 */
export const searchOrders: Operation<SearchOrders, readonly JoinedOrder[]> = {
  name: "search-orders",
  input: z.strictObject({ text: z.string().min(1).max(100), limit: z.int().min(1).max(1_000) }),
};
export interface SearchOrders {
  readonly text: string;
  readonly limit: number;
}

/** What is to be done about an order: sent in the unit that makes it necessary, to whoever carries orders out. */
export const orderWork = queue({
  name: "order-work",
  policy: PATIENT_POLICY,
  message: recordType({
    name: "OrderWork",
    schema: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("fulfil"), orderId: givenId }),
      z.strictObject({ type: z.literal("cancel"), orderId: givenId, reason: reasonSchema }),
      /** It was on hold, and is no longer. */
      z.strictObject({ type: z.literal("released"), orderId: givenId }),
    ]),
  }),
});

/** What an order asks of those who carry it out. */
export const fulfillableSchema = z.strictObject({
  orderId: givenId,
  status: orderStatusSchema,
  isHeld: z.boolean(),
  customerId: givenId.optional(),
  items: z.array(z.strictObject({ productId: z.string(), quantity: z.int().min(1) })),
  total: moneySchema,
  payment: paymentMethodSchema.optional(),
});

/** What a return is of. Lines are in the order of their numbers, from 1, and do not change once it was sent. */
export const returnableSchema = z.strictObject({
  orderId: givenId,
  status: orderStatusSchema,
  customerId: givenId.optional(),
  currency: z.string(),
  lines: z.array(lineSchema.pick({ productId: true, quantity: true, amount: true, tax: true })),
  total: moneySchema,
  placedAt: placedAtSchema,
});
export type ReturnableOrder = z.infer<typeof returnableSchema>;

const about = z.strictObject({ orderId: givenId });
const nothing = z.strictObject({});

/**
 * What those who carry an order out ask of ordering. Asked twice, each answers as the first time; what is not legal in
 * the order's state is refused, and that decides: an order that was cancelled is not shipped, one that is shipped is not
 * cancelled.
 */
export const orderingContract = contract("ordering", {
  forFulfilment: { input: about, output: fulfillableSchema.nullable() },
  confirm: { input: about.extend(orderConfirmedSchema.shape), output: nothing },
  ship: { input: about, output: nothing },
  fail: { input: about.extend({ code: z.string().min(1).max(100), reason: reasonSchema }), output: nothing },
  forReturn: { input: about, output: returnableSchema.nullable() },
  /** Who is written to about the order, and where it goes; null when there is no contact, or the person was erased. */
  contactOf: { input: about, output: contactSchema.nullable() },
});
