import { Refusal } from "../refusal.ts";
import type { Parcel, ParcelStatus } from "./parcels.ts";
import { parcelOf, viewOf, type CarrierDesk } from "./shipping.ts";

/** Whence a parcel comes to each status. */
const FROM: Readonly<Record<ParcelStatus, readonly ParcelStatus[]>> = {
  created: ["held"],
  held: ["created"],
  in_transit: ["created"],
  delivered: ["in_transit"],
  failed: ["in_transit"],
  cancelled: [],
};

export const MOVED_BY_COMMAND = [
  "created",
  "held",
  "in_transit",
  "delivered",
  "failed",
] as const satisfies readonly ParcelStatus[];

/** Work: the carrier fetches the parcel. What is held or was taken back stays. */
export function handOver(desk: CarrierDesk, n: number): void {
  const parcel = desk.parcels.get(n);
  if (parcel?.status === "created") move(desk, parcel, "in_transit");
}

/** Work: the parcel arrives, or is lost. */
export function deliver(desk: CarrierDesk, n: number): void {
  const parcel = desk.parcels.get(n);
  const isLost = desk.conduct.happens(desk.conduct.current.carrier.failedRate);
  if (parcel?.status === "in_transit") move(desk, parcel, isLost ? "failed" : "delivered");
}

/** By command, the carrier's own or the client's; the same status again changes nothing. */
export function moveParcel(desk: CarrierDesk, id: string, status: ParcelStatus): object {
  const parcel = parcelOf(desk, desk.ids.numberIn("pc", id));
  if (parcel.status === status) return viewOf(desk, parcel);
  if (!FROM[status].includes(parcel.status)) throw new Refusal(409, "wrong-status", `from ${parcel.status} not to ${status}`);
  return viewOf(desk, move(desk, parcel, status));
}

function move(desk: CarrierDesk, parcel: Parcel, status: ParcelStatus): Parcel {
  const moved = desk.parcels.setStatus(parcel, status);
  const { key, reference, n } = moved;
  const type = `parcel.${status}`;
  desk.journal.record(
    { partner: "carrier", operation: type, key, digest: undefined, isLost: false },
    { outcome: "changed", isEffect: false, subject: desk.ids.of("pc", n), reference },
  );
  desk.hooks.tell("carrier", { type, key, data: viewOf(desk, moved) });
  const { handOverAfterMs, deliverAfterMs } = desk.conduct.current.carrier;
  if (status === "created") desk.work.later(handOverAfterMs, "hand-over", n);
  if (status === "in_transit") desk.work.later(deliverAfterMs, "deliver", n);
  return moved;
}
