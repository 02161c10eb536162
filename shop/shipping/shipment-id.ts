import { digestHex } from "@daybook/kernel/digest";

/** One order's shipment has one id, known before anything happened. */
export function shipmentIdOf(orderId: string): string {
  return `shp_${digestHex(orderId).slice(0, 26)}`;
}

/** Under which the carrier has the order's parcel: the same for every attempt. */
export function parcelKeyOf(orderId: string): string {
  return `parcel-${shipmentIdOf(orderId)}`;
}
