import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import { createdShipmentSchema } from "./contract.ts";

const about = z.strictObject({ shipmentId: givenId, orderId: givenId });
const reason = z.string().min(1).max(500);

/**
 * The events of one order's shipment. What the carrier has said occurred when the carrier says; where it goes to is the
 * order's, and stands in none of them.
 */
export const shipmentEvents = {
  ShipmentCreated: recordType({
    name: "ShipmentCreated",
    schema: about.extend({ ...createdShipmentSchema.shape, parcelId: z.string().min(1).max(100) }),
  }),
  ShipmentHandedOver: recordType({ name: "ShipmentHandedOver", schema: about }),
  ShipmentDelivered: recordType({ name: "ShipmentDelivered", schema: about }),
  /** The carrier could not deliver it, or lost it. */
  ShipmentFailed: recordType({ name: "ShipmentFailed", schema: about }),
  ShipmentHeld: recordType({ name: "ShipmentHeld", schema: about.extend({ reason, by: z.enum(["operator", "carrier"]) }) }),
  ShipmentReleased: recordType({ name: "ShipmentReleased", schema: about }),
  /** Also before it was created. */
  ShipmentCancelled: recordType({ name: "ShipmentCancelled", schema: about.extend({ reason }) }),
} as const;

export type ShipmentEvent = EventOf<typeof shipmentEvents>;

/** Streams of this category hold the shipment of one order each. */
export const SHIPMENT_CATEGORY = "shipment";
