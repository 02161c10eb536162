import type { Around, Operation } from "@daybook/data/cqrs/handlers";
import type { Outcome } from "@daybook/data/cqrs/aggregates";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import { z } from "zod";
import { adjustmentSchema, contactSchema, lineSchema, originSchema, placedAtSchema } from "./events.ts";
import type { Order } from "./order.ts";

/** How a command is carried out: who asks, under which key, seen at which version, and how its answer is rendered. */
export interface Execution<Answer = unknown> extends Around {
  readonly idempotency?: IdempotentRequest | undefined;
  readonly expectedVersion?: number | undefined;
  /** Pure; its value is stored with the unit and replayed. */
  render(outcome: PlacedOrRefused): Answer;
}

/** What a command came to: the order after it, or why not. */
export type PlacedOrRefused = Outcome<Order>;

export const placeOrderSchema = z.strictObject({
  /** Absent for a guest. */
  customerId: givenId.optional(),
  contact: contactSchema.optional(),
  items: z
    .array(
      z.strictObject({
        productId: givenId,
        quantity: z.int().min(1).max(1_000_000),
        /** When sent, it must equal the catalogue's price: decimal text, such as "8.50". */
        unitPrice: z
          .string()
          .regex(/^\d{1,12}(\.\d{1,20})?$/)
          .optional(),
      }),
    )
    .min(1)
    .max(1_000),
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

export const cancelOrderSchema = z.strictObject({
  orderId: givenId,
  reason: z.string().trim().min(1).max(500),
  /** The customer who cancels; absent for operators. */
  customerId: givenId.optional(),
});
export type CancelOrder = z.infer<typeof cancelOrderSchema>;

export const cancelOrder: Operation<CancelOrder> = { name: "cancel-order", input: cancelOrderSchema };

/** An order as it is shown. Personal fields are absent when there are none, or when the person was erased. */
export const orderDetailsSchema = z.strictObject({
  id: z.string(),
  version: z.int(),
  status: z.enum(["placed", "cancelled"]),
  customer: z.strictObject({ id: z.string().optional(), contact: contactSchema.optional(), isErased: z.boolean().optional() }),
  country: z.string().optional(),
  lines: z.array(lineSchema),
  adjustments: z.array(adjustmentSchema),
  total: moneySchema,
  itemCount: z.int(),
  placedAt: z.int(),
  updatedAt: z.int(),
  cancellation: z.strictObject({ reason: z.string() }).optional(),
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
  status: z.enum(["placed", "cancelled"]).optional(),
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
