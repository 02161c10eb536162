import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";

const quantity = z.int().min(1).max(1_000_000_000);
const moved = z.strictObject({ productId: givenId, quantity });
const forOrder = moved.extend({ reservationId: givenId, orderId: givenId });
const reason = z.string().min(1).max(500);

/** The events of one product's stock. */
export const stockEvents = {
  StockReceived: recordType({ name: "StockReceived", schema: moved.extend({ reference: z.string().max(200).optional() }) }),
  StockReserved: recordType({ name: "StockReserved", schema: forOrder }),
  StockReleased: recordType({ name: "StockReleased", schema: forOrder.extend({ reason }) }),
  StockShipped: recordType({ name: "StockShipped", schema: forOrder }),
  StockWrittenOff: recordType({ name: "StockWrittenOff", schema: moved.extend({ reason }) }),
  /** Shipped pieces are here again: on hand, but for those that are written off. */
  StockReturned: recordType({
    name: "StockReturned",
    schema: moved.extend({ orderId: givenId, returnId: givenId, writtenOff: z.int().min(0).max(1_000_000_000), reason }),
  }),
} as const;

export type StockEvent = EventOf<typeof stockEvents>;

/** Streams of this category hold the movements of one product each. */
export const STOCK_CATEGORY = "stock";
