import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { StockItem } from "./contract.ts";

/** What became of an order's reservation. One that was released before it was made has no items. */
export interface Reservation {
  readonly reservationId: string;
  readonly status: "reserved" | "released" | "shipped";
  readonly items: readonly StockItem[];
  readonly reservedAt: number;
}

/** The reservation of an order as it was read: the key that decides what may become of it. */
export interface ReadReservation {
  readonly orderId: string;
  readonly text: string | undefined;
  readonly reservation: Reservation | undefined;
}

/** How long it is remembered that a reservation has ended. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1_000;

export async function readReservation(store: Store, orderId: string): Promise<ReadReservation> {
  const text = await store.getKey(keyOf(orderId));
  const reservation = text === undefined ? undefined : (JSON.parse(text) as Reservation); // written by putReservation
  return { orderId, text, reservation };
}

/** As it is read of an order that never had one. */
export function noReservation(orderId: string): ReadReservation {
  return { orderId, text: undefined, reservation: undefined };
}

/** As it will be read once `reservation` is put. */
export function readAs(orderId: string, reservation: Reservation): ReadReservation {
  return { orderId, text: canonical(reservation), reservation };
}

/** It is as it was read. */
export function reservationIs({ orderId, text }: ReadReservation): Condition {
  const key = keyOf(orderId);
  return text === undefined ? { kind: "keyAbsent", key } : { kind: "keyValue", key, value: text };
}

export function putReservation(orderId: string, reservation: Reservation, at: number): Effect {
  const isOver = reservation.status !== "reserved";
  const expiry = isOver ? { expiresAt: at + REMEMBERED_MS } : {};
  return { kind: "putKey", key: keyOf(orderId), value: canonical(reservation), ...expiry };
}

function keyOf(orderId: string): string {
  return `reservation/${orderId}`;
}
