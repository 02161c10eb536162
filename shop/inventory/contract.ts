import { PATIENT_POLICY } from "@daybook/foundation/resilience/policy";
import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";

const quantitySchema = z.int().min(1).max(1_000_000_000);
export const itemsSchema = z
  .array(z.strictObject({ productId: givenId, quantity: quantitySchema }))
  .min(1)
  .max(1_000);
export type StockItem = z.infer<typeof itemsSchema>[number];

/** An item of which less is available than was asked for. */
const shortSchema = z.strictObject({ productId: z.string(), requested: z.int(), available: z.int() });
export type ShortItem = z.infer<typeof shortSchema>;

export const checkedSchema = z.strictObject({ allAvailable: z.boolean(), short: z.array(shortSchema) });

const about = z.strictObject({ orderId: givenId });
const done = z.strictObject({});

/** Stock of a product: received = on hand + reserved + shipped + written off, at every read. */
export const stockSchema = z.strictObject({
  productId: z.string(),
  /** Can be reserved. */
  onHand: z.int().min(0),
  reserved: z.int().min(0),
  shipped: z.int().min(0),
  writtenOff: z.int().min(0),
  received: z.int().min(0),
});
export type Stock = z.infer<typeof stockSchema>;

export const reservationSchema = z.strictObject({
  reservationId: z.string(),
  status: z.enum(["reserved", "shipped"]),
  /** Epoch milliseconds. */
  reservedAt: z.int(),
});

const takeBackSchema = about.extend({
  returnId: givenId,
  reason: z.string().min(1).max(500),
  items: z
    .array(
      z
        .strictObject({ productId: givenId, quantity: quantitySchema, writtenOff: z.int().min(0).max(1_000_000_000) })
        .refine(({ quantity, writtenOff }) => writtenOff <= quantity, "at most all of them are written off"),
    )
    .min(1)
    .max(1_000)
    .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length, "an item a product"),
});
export type TakeBack = z.infer<typeof takeBackSchema>;

/**
 * What other contexts ask of the inventory. There is one reservation an order: asked again, each operation answers as the
 * first time.
 */
export const inventoryContract = contract("inventory", {
  check: {
    input: z.strictObject({ items: itemsSchema }),
    output: checkedSchema,
  },
  /**
   * All items or none, in one unit. Refused with `insufficient-stock` (details: `short`), `unknown-product`, or
   * `reservation-released` when this order's was released before, also before it was made.
   */
  reserve: { input: about.extend({ items: itemsSchema }), output: reservationSchema },
  /** Also when nothing was reserved: a reservation that comes later is refused. Refused with `reservation-shipped`. */
  release: { input: about.extend({ reason: z.string().min(1).max(500) }), output: done },
  /** What was reserved has left. Refused with `reservation-missing`. */
  ship: { input: about, output: done },
  /**
   * Pieces that had left come back, on hand or written off, all or none, once for a return. Refused with `not-shipped` when
   * more come back than have left.
   */
  takeBack: { input: takeBackSchema, output: done },
  /** Null for a product without stock ever. */
  stock: { input: z.strictObject({ productId: givenId }), output: stockSchema.nullable() },
});

/** A reservation that has not ended in its time is released: the message's id is the order's. */
export const reservationExpiry = queue({
  name: "reservation-expiry",
  policy: PATIENT_POLICY,
  message: recordType({ name: "ReservationExpiry", schema: about }),
});
