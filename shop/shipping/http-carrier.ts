import { errorCode, messageOf } from "@daybook/kernel/errors";
import type { JsonAnswer, JsonRequest } from "@daybook/network/http/json-client";
import type { Partner } from "@daybook/network/http/partner";
import { z } from "zod";
import type { Carrier, Parcel, ParcelStatus } from "./carrier.ts";
import { carrierRefused, carrierUnavailable } from "./errors.ts";

const STATUSES: Readonly<Record<string, ParcelStatus>> = {
  created: "created",
  held: "held",
  in_transit: "in-transit",
  delivered: "delivered",
  failed: "failed",
  cancelled: "cancelled",
};

const timeSchema = z.iso.datetime().transform((text) => Date.parse(text));
/** What else a parcel has is not asked. */
const parcelSchema = z
  .object({
    id: z.string().min(1).max(100),
    key: z.string().min(1).max(255),
    reference: z.string().max(255),
    trackingNumber: z.string().min(1).max(100),
    status: z.enum(Object.keys(STATUSES)),
    estimatedDelivery: z.iso.date().optional(),
    changedAt: timeSchema,
  })
  .transform(({ id, status, estimatedDelivery, ...parcel }): Parcel => {
    const day = estimatedDelivery === undefined ? {} : { estimatedDelivery: Date.parse(estimatedDelivery) };
    return { ...parcel, parcelId: id, status: STATUSES[status] ?? "created", ...day };
  });
const journalSchema = z.object({ parcels: z.array(parcelSchema), next: z.string().nullable() });
const cancelledSchema = z.object({ result: z.string() });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Goods are counted no further on the carrier's paper. */
const QUANTITY_MAX = 100_000;

/** The carrier's HTTP interface, version 1. */
export function httpCarrier(partner: Partner): Carrier {
  async function send(request: JsonRequest, deadline: number | undefined): Promise<JsonAnswer> {
    try {
      return await partner.request(request, deadline);
    } catch (cause) {
      if (!AWAY.has(errorCode(cause) ?? "")) throw cause;
      throw carrierUnavailable(messageOf(cause), { cause });
    }
  }

  async function find(key: string, deadline: number | undefined): Promise<Parcel | undefined> {
    const answer = await send({ method: "GET", path: `/carrier/v1/parcels?key=${encodeURIComponent(key)}` }, deadline);
    return answer.status === 404 ? undefined : parsed(parcelSchema, answer);
  }

  async function move(parcelId: string, to: "hold" | "release", deadline: number | undefined) {
    const path = `/carrier/v1/parcels/${encodeURIComponent(parcelId)}/${to}`;
    const answer = await send({ method: "POST", path }, deadline);
    return answer.status === 409 ? "under-way" : parsed(parcelSchema, answer);
  }

  async function books(query: URLSearchParams, deadline: number | undefined) {
    const answer = await send({ method: "GET", path: `/carrier/v1/journal?${query.toString()}` }, deadline);
    return parsed(journalSchema, answer);
  }

  return {
    name: partner.name,
    find,
    async journal({ from, to, after }, deadline) {
      const query = new URLSearchParams({ from: timeText(from), to: timeText(to), ...(after !== undefined && { after }) });
      const { parcels, next } = await books(query, deadline);
      return { entries: parcels, ...(next !== null && { next }) };
    },
    async booked(keys, deadline) {
      if (keys.length === 0) return [];
      return (await books(new URLSearchParams(keys.map((key) => ["key", key])), deadline)).parcels;
    },
    hold: (parcelId, deadline) => move(parcelId, "hold", deadline),
    release: (parcelId, deadline) => move(parcelId, "release", deadline),
    async create({ key, reference, recipient, pieces }, deadline) {
      const items = [{ description: `Goods of order ${reference}`, quantity: Math.min(pieces, QUANTITY_MAX) }];
      const body = { reference, recipient, items };
      const answer = await send({ method: "POST", path: "/carrier/v1/parcels", key, body }, deadline);
      const { status } = answer;
      if (status === 409) return { status: "cancelled" };
      if (status === 400) return { status: "refused", reason: `The carrier refuses it: ${saidIn(answer)}`.slice(0, 500) };
      // Asked before, when the address was another one: what was made then is the order's parcel.
      const parcel = status === 422 ? await find(key, deadline) : parsed(parcelSchema, answer);
      if (!parcel) throw carrierRefused(`the carrier knows the key ${key}, but no parcel under it`);
      return parcel.status === "cancelled" ? { status: "cancelled" } : { status: "created", parcel };
    },
    async cancel(key, deadline) {
      const request = { path: "/carrier/v1/cancellations", key: `cancel-${key}`, body: { parcelKey: key } };
      const answer = await send({ method: "POST", ...request }, deadline);
      if (answer.status === 409) return "under-way";
      parsed(cancelledSchema, answer);
      return "cancelled";
    },
  };
}

/** A parcel out of a web hook; undefined when it is none. */
export function readParcel(data: unknown): Parcel | undefined {
  return parcelSchema.safeParse(data).data;
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

const AWAY: ReadonlySet<string> = new Set(["partner-unavailable", "attempt-timeout", "circuit-open"]);

function saidIn({ body }: JsonAnswer): string {
  return errorSchema.safeParse(body).data?.error.message ?? "";
}

function parsed<Value>(schema: z.ZodType<Value>, answer: JsonAnswer): Value {
  const read = schema.safeParse(answer.body);
  if (answer.status < 300 && read.success) return read.data;
  throw carrierRefused(`the carrier answered ${answer.status}: ${saidIn(answer) || read.error?.message}`);
}
