import type { Around, Operation } from "@daybook/data/cqrs/handlers";
import type { Outcome } from "@daybook/data/cqrs/aggregates";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";
import {
  adjustmentSchema,
  contactSchema,
  lineSchema,
  originSchema,
  paymentMethodSchema,
  placedAtSchema,
  shipmentSchema,
  orderConfirmedSchema,
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
});
export type ImportOrder = z.infer<typeof importOrderSchema>;

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
});
export type OrderDetails = z.infer<typeof orderDetailsSchema>;

export interface OrderPage {
  readonly orders: readonly OrderDetails[];
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
};

/** Orders newest first; of all customers without `customerId`. */
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
}
export interface ListOrders extends SomeOrders {
  readonly limit: number;
  readonly after?: { readonly entry: string; readonly key: string } | undefined;
}

/** How many orders a list has, counted up to `cap`. */
export const countOrders: Operation<CountOrders, number> = {
  name: "count-orders",
  input: z.strictObject({ ...someOrders, cap: z.int().min(1) }),
};
export interface CountOrders extends SomeOrders {
  readonly cap: number;
}

/**
 * Orders whose id starts or ends with `text` (as it is, or in small or capital letters throughout), or whose customer's
 * name or e-mail contains it (3 characters or more, without regard to case and accents).
 */
export const searchOrders: Operation<SearchOrders, readonly OrderDetails[]> = {
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
  message: recordType({
    name: "OrderWork",
    schema: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("fulfil"), orderId: givenId }),
      z.strictObject({ type: z.literal("cancel"), orderId: givenId, reason: reasonSchema }),
      /** It was on hold, and is no longer. */
      z.strictObject({ type: z.literal("released"), orderId: givenId }),
    ]),
  }),
  // A process that dies with it in hand has used up an attempt: an order is not given up for that.
  policy: { attemptsMax: 30, firstDelayMs: 1_000, factor: 2, delayMsMax: 100_000, jitter: 0.3 },
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
  /** Who is written to about the order, and where it goes; null when there is no contact, or the person was erased. */
  contactOf: { input: about, output: contactSchema.nullable() },
});
