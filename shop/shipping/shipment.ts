import { accept, refuse, type Decider, type Decision } from "@daybook/data/cqrs/decider";
import { stateMachine } from "@daybook/kernel/state-machine";
import type { Parcel } from "./carrier.ts";
import { SHIPMENT_CATEGORY, type ShipmentEvent } from "./events.ts";

export type ShipmentStatus = "absent" | "created" | "held" | "in-transit" | "delivered" | "failed" | "cancelled";
/** `hand-over` is ours; `travel`, `deliver` and `fail` are the carrier's: what it has is on its way, also what we hold. */
export type ShipmentAction = "create" | "hold" | "release" | "hand-over" | "travel" | "deliver" | "fail" | "cancel";

const BY_CARRIER = { travel: "in-transit", deliver: "delivered", fail: "failed" } as const;

/** What may become of a shipment. */
export const shipmentStates = stateMachine<ShipmentStatus, ShipmentAction>("absent", {
  absent: { create: "created", cancel: "cancelled" },
  created: { hold: "held", "hand-over": "in-transit", cancel: "cancelled", ...BY_CARRIER },
  held: { hold: "held", release: "created", cancel: "cancelled", ...BY_CARRIER },
  "in-transit": { deliver: "delivered", fail: "failed" },
  delivered: {},
  failed: {},
  cancelled: {},
});

export interface Shipment {
  readonly status: ShipmentStatus;
  /** Absent before it was created, and when it never was. */
  readonly parcel?: ShippedParcel;
  readonly hold?: { readonly reason: string; readonly by: "operator" | "carrier" };
  /** Of the carrier's word that counts now, by its clock. */
  readonly reportedAt: number;
}

export interface ShippedParcel {
  readonly shipmentId: string;
  readonly carrier: string;
  readonly trackingNumber: string;
  readonly estimatedDelivery?: number | undefined;
  readonly parcelId: string;
}

interface About {
  readonly shipmentId: string;
  readonly orderId: string;
}

export type ShipmentCommand =
  | ({ readonly type: "hand-over" } & About)
  | ({ readonly type: "hold" | "cancel"; readonly reason: string } & About)
  /** At the carrier it has been released since `changedAt`. */
  | ({ readonly type: "release"; readonly changedAt: number } & About)
  /** The carrier's answer to the order for a parcel, and what it says of one later: late, again, in any order. */
  | CarriersWord;

interface CarriersWord extends About {
  readonly type: "create" | "report";
  readonly carrier: string;
  readonly parcel: Parcel;
}

/** The shipment of one order. What is said twice changes nothing. */
export const shipmentDecider: Decider<Shipment, ShipmentCommand, ShipmentEvent> = {
  category: SHIPMENT_CATEGORY,
  version: 1,
  initial: { status: "absent", reportedAt: 0 },
  decide,
  evolve,
};

/** The carrier has it, or had it. */
export function isUnderWay({ status }: Shipment): boolean {
  return status === "in-transit" || status === "delivered" || status === "failed";
}

/** Nothing becomes of it any more. */
export function isOver({ status }: Shipment): boolean {
  return shipmentStates.terminal.includes(status);
}

function decide(command: ShipmentCommand, shipment: Shipment): Decision<ShipmentEvent> {
  const { shipmentId, orderId } = command;
  const about = { shipmentId, orderId };
  const { status } = shipment;
  switch (command.type) {
    case "create":
      if (status === "cancelled") return cancelled();
      return status === "absent" ? report(command, shipment, about) : accept();
    case "hand-over":
      if (isUnderWay(shipment)) return accept();
      if (status === "held") return refuse("shipment-held", "The shipment is on hold.", { reason: shipment.hold?.reason });
      if (status === "created") return accept({ type: "ShipmentHandedOver", data: about });
      return status === "absent" ? missing() : cancelled();
    case "hold":
      if (!shipmentStates.next(status, "hold")) return illegal(shipment);
      if (shipment.hold?.by === "operator" && shipment.hold.reason === command.reason) return accept();
      return accept({ type: "ShipmentHeld", data: { ...about, reason: command.reason, by: "operator" } });
    case "release":
      if (status === "created") return accept();
      if (status !== "held") return illegal(shipment);
      return accept({ type: "ShipmentReleased", data: about, occurredAt: command.changedAt });
    case "cancel":
      if (status === "cancelled") return accept();
      if (isUnderWay(shipment)) return underWay(status);
      return accept({ type: "ShipmentCancelled", data: { ...about, reason: command.reason } });
    case "report":
      return report(command, shipment, about);
  }
}

/** What the carrier says of a parcel that we did not know of was said before the answer to our order for it. */
function report(command: CarriersWord, shipment: Shipment, about: About): Decision<ShipmentEvent> {
  const { status: said, changedAt: occurredAt } = command.parcel;
  if (shipment.status === "absent" && said !== "cancelled") {
    const first = created(command);
    const later = report(command, evolve(shipment, first), about);
    return "events" in later ? accept(first, ...later.events) : later;
  }
  const isNews = occurredAt > shipment.reportedAt;
  switch (said) {
    case "created":
      // What an operator holds only an operator releases.
      if (!isNews || shipment.hold?.by !== "carrier") return accept();
      return accept({ type: "ShipmentReleased", data: about, occurredAt });
    case "held":
      if (!isNews || shipment.status === "held") return accept();
      if (shipment.status !== "created") return contradiction(said, shipment);
      return accept({ type: "ShipmentHeld", data: { ...about, reason: "The carrier holds it.", by: "carrier" }, occurredAt });
    case "cancelled":
      if (shipment.status === "cancelled") return accept();
      if (isUnderWay(shipment)) return contradiction(said, shipment);
      return accept({
        type: "ShipmentCancelled",
        data: { ...about, reason: "The carrier does not have it any more." },
        occurredAt,
      });
    default:
      return moved(said, shipment, about, occurredAt);
  }
}

const MOVES = {
  "in-transit": { action: "travel", type: "ShipmentHandedOver" },
  delivered: { action: "deliver", type: "ShipmentDelivered" },
  failed: { action: "fail", type: "ShipmentFailed" },
} as const;

/** It has left, and perhaps arrived; that it had left may be heard of later, or never. */
function moved(said: keyof typeof MOVES, shipment: Shipment, about: About, occurredAt: number): Decision<ShipmentEvent> {
  const { action, type } = MOVES[said];
  const hasLeft = isUnderWay(shipment);
  if (shipment.status === said || (said === "in-transit" && hasLeft)) return accept();
  if (!shipmentStates.next(shipment.status, action)) return contradiction(said, shipment);
  const left: ShipmentEvent = { type: "ShipmentHandedOver", data: about, occurredAt };
  if (said === "in-transit") return accept(left);
  const ended: ShipmentEvent = { type, data: about, occurredAt };
  return hasLeft ? accept(ended) : accept(left, ended);
}

function created({ shipmentId, orderId, carrier, parcel }: CarriersWord): ShipmentEvent {
  const { parcelId, trackingNumber, estimatedDelivery } = parcel;
  return {
    type: "ShipmentCreated",
    data: { shipmentId, orderId, carrier, trackingNumber, estimatedDelivery, parcelId },
    // A parcel that is more than created by now says nothing of when it was.
    ...(parcel.status === "created" && { occurredAt: parcel.changedAt }),
  };
}

function evolve(shipment: Shipment, event: ShipmentEvent): Shipment {
  const { hold: _, ...rest } = { ...shipment, reportedAt: Math.max(shipment.reportedAt, event.occurredAt ?? 0) };
  switch (event.type) {
    case "ShipmentCreated": {
      const { orderId, ...parcel } = event.data;
      return { ...rest, status: "created", parcel };
    }
    case "ShipmentHeld": {
      const { reason, by } = event.data;
      return { ...rest, status: "held", hold: { reason, by } };
    }
    case "ShipmentReleased":
      return { ...rest, status: "created" };
    case "ShipmentHandedOver":
      return { ...rest, status: "in-transit" };
    case "ShipmentDelivered":
      return { ...rest, status: "delivered" };
    case "ShipmentFailed":
      return { ...rest, status: "failed" };
    case "ShipmentCancelled":
      return { ...rest, status: "cancelled" };
  }
}

function illegal(shipment: Shipment): Decision<ShipmentEvent> {
  if (shipment.status === "absent") return missing();
  return shipment.status === "cancelled" ? cancelled() : underWay(shipment.status);
}

function missing(): Decision<ShipmentEvent> {
  return refuse("shipment-missing", "There is no shipment of this order.");
}

function cancelled(): Decision<ShipmentEvent> {
  return refuse("shipment-cancelled", "The shipment was cancelled.");
}

function underWay(status: ShipmentStatus): Decision<ShipmentEvent> {
  return refuse("shipment-under-way", `The shipment is ${status}.`, { status });
}

/** What we have done and what the carrier says cannot both be: a person has to look. */
function contradiction(said: Parcel["status"], { status }: Shipment): Decision<ShipmentEvent> {
  return refuse("parcel-contradicts", `The carrier says ${said} of a shipment that is ${status}.`, { status });
}
