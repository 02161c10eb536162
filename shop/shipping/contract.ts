import { givenId } from "@daybook/kernel/ids";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";

const about = z.strictObject({ orderId: givenId });
const done = z.strictObject({});

export const createdShipmentSchema = z.strictObject({
  shipmentId: givenId,
  carrier: z.string().min(1).max(100),
  trackingNumber: z.string().min(1).max(100),
  /** Epoch milliseconds. */
  estimatedDelivery: z.int().min(0).optional(),
});

/** What other contexts ask of shipping. There is one shipment an order: asked again, each answers as the first time. */
export const shippingContract = contract("shipping", {
  /**
   * Refused with `address-missing`, `shipment-refused` (the carrier does not take it), or `shipment-cancelled` when this
   * order's was cancelled before, also before it was made. Rejects with `carrier-unavailable` (retryable).
   */
  create: { input: about.extend({ pieces: z.int().min(1) }), output: createdShipmentSchema },
  /** Also when nothing was created: a shipment that comes later is refused. Refused with `shipment-under-way` once handed over. */
  cancel: { input: about.extend({ reason: z.string().min(1).max(500) }), output: done },
  /** The carrier takes the parcel. Refused with `shipment-missing`, `shipment-held`, `shipment-cancelled`. */
  handOver: { input: about, output: done },
});
