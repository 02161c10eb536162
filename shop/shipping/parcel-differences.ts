import { givenId } from "@daybook/kernel/ids";
import type { Difference } from "@daybook/shop-questions/contract";
import type { Parcel } from "./carrier.ts";
import { isUnderWay, type Shipment } from "./shipment.ts";
import { parcelKeyOf } from "./shipment-id.ts";
import type { ShipmentView } from "./shipment-view.ts";

/** A parcel that was not heard of for so long on its way is lost, or nobody has fetched it. */
const LATE_MS = 14 * 24 * 60 * 60 * 1_000;

/** The order that the carrier says a parcel is for; undefined when it can be none of ours. */
export function orderOf({ reference }: Pick<Parcel, "reference">): string | undefined {
  return givenId.safeParse(reference).data;
}

/** Its key is the one under which the order's shipment is made: nobody else has it. */
export function isOurs({ key, reference }: Pick<Parcel, "key" | "reference">): boolean {
  return orderOf({ reference }) !== undefined && key === parcelKeyOf(reference);
}

/** In what a parcel in the carrier's books and the shipment of its order differ, and what of it a person must know; pure. */
export function parcelDifferences(parcel: Parcel, view: ShipmentView | undefined, now: number): readonly Difference[] {
  const { parcelId: subject, key, status } = parcel;
  const orderId = orderOf(parcel);
  const cause = isOurs(parcel) ? causeOf(status, view, now) : status === "cancelled" ? undefined : "parcel-unknown";
  const found = `There: ${status}. Here: ${shipmentText(view?.shipment)}.`;
  return cause === undefined ? [] : [{ cause, subject, key, found, ...(orderId !== undefined && { orderId }) }];
}

/** The carrier's books have nothing under the key of an order's shipment. */
export function missingParcel(orderId: string, view: ShipmentView | undefined): readonly Difference[] {
  if (!view?.shipment.parcel || view.shipment.status === "cancelled") return [];
  const found = `There: nothing. Here: ${shipmentText(view.shipment)}.`;
  return [{ cause: "parcel-missing", subject: view.shipment.parcel.parcelId, key: parcelKeyOf(orderId), orderId, found }];
}

function causeOf(there: Parcel["status"], view: ShipmentView | undefined, now: number): string | undefined {
  const { shipment = { status: "absent", reportedAt: 0 }, changedAt = now } = view ?? {};
  const here = shipment.status;
  if (here === "absent") return there === "cancelled" ? undefined : "parcel-unknown";
  if (there === "cancelled" && isUnderWay(shipment)) return "parcel-taken-back";
  // What we have given out the carrier has not fetched yet.
  const isSame = here === there || (here === "in-transit" && there === "created");
  if (!isSame) return "parcel-differs";
  if (here === "failed") return "parcel-lost";
  return here === "in-transit" && now - changedAt > LATE_MS ? "parcel-late" : undefined;
}

function shipmentText(shipment: Shipment | undefined): string {
  if (!shipment || shipment.status === "absent") return "nothing";
  return shipment.hold ? `${shipment.status} by the ${shipment.hold.by}` : shipment.status;
}
