import { z } from "zod";
import type { Answer, Effect } from "../file/answers.ts";
import { keyField, referenceField } from "../http/fields.ts";
import { journalQuery, nextOf } from "../http/journal-page.ts";
import { parsed, wholeNumber, type Call, type KeyedCall } from "../http/route.ts";
import { Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import { parcelView, type Parcel, type Parcels } from "./parcels.ts";
import { estimatedDelivery, rates, SERVICES } from "./rates.ts";

/** Where the carrier works: its parcels, and the world. */
export interface CarrierDesk extends World {
  readonly parcels: Parcels;
}

const line = z.string().min(1).max(200);
const country = z.string().regex(/^[A-Z]{2}$/, "two capital letters");
const weightGrams = z.int().min(1).max(70_000);
const parcelSchema = z.strictObject({
  reference: referenceField,
  service: z.enum(SERVICES).default("standard"),
  recipient: z.strictObject({
    name: line,
    lines: z.array(line).min(1).max(4),
    city: line,
    postalCode: z.string().max(20).optional(),
    region: line.optional(),
    country,
  }),
  items: z
    .array(z.strictObject({ description: line, quantity: z.int().min(1).max(100_000) }))
    .max(1000)
    .default([]),
  weightGrams: weightGrams.default(1000),
});
const cancellationSchema = z.strictObject({ parcelKey: keyField });
const ratesSchema = z.strictObject({ country, weightGrams: z.coerce.number().pipe(weightGrams).default(1000) });

export function ship(desk: CarrierDesk, { attempt, body }: KeyedCall): Answer {
  const wanted = parsed(parcelSchema, body);
  return desk.answers.once(attempt, () => {
    if (desk.undone.get("carrier", attempt.key))
      throw new Refusal(409, "parcel-cancelled", "this key was cancelled before it was used");
    const { reference, service, ...content } = wanted;
    const made = desk.parcels.add({
      key: attempt.key,
      reference,
      service,
      content: JSON.stringify(content),
      estimatedDelivery: estimatedDelivery(service, content.recipient.country, desk.clock.now()),
    });
    desk.work.later(desk.conduct.current.carrier.handOverAfterMs, "hand-over", made.n);
    return { ...effectOn(desk, made), n: made.n };
  });
}

/** Takes back the parcel under a key until it is handed over; one that has not come yet is refused when it comes. */
export function cancel(desk: CarrierDesk, { attempt, body }: KeyedCall): Answer {
  const { parcelKey } = parsed(cancellationSchema, body);
  return desk.answers.once(attempt, () => {
    const known = desk.undone.get("carrier", parcelKey);
    if (known) return { outcome: "done", isEffect: false, status: 200, body: known, n: 0, subject: parcelKey };
    const n = desk.answers.subjectOf("carrier", parcelKey);
    const parcel = n === undefined || n === 0 ? undefined : parcelOf(desk, n);
    if (parcel && !isHere(parcel)) throw new Refusal(409, "handed-over", `the parcel is ${parcel.status}`);
    if (parcel) desk.parcels.setStatus(parcel, "cancelled");
    const answer = parcel
      ? { parcelKey, result: "cancelled", parcel: desk.ids.of("pc", parcel.n) }
      : { parcelKey, result: "nothing-shipped" };
    desk.undone.add("carrier", parcelKey, answer);
    return { outcome: "done", isEffect: true, status: 200, body: answer, n: 0, subject: parcelKey, reference: parcel?.reference };
  });
}

/** Still with the sender. */
function isHere({ status }: Parcel): boolean {
  return status === "created" || status === "held";
}

export function readParcel(desk: CarrierDesk, { params: [id = ""] }: Call): object {
  return viewOf(desk, parcelOf(desk, desk.ids.numberIn("pc", id)));
}

/** The parcel under `?key=`, or a page of all after the `?after=`th. */
export function listParcels(desk: CarrierDesk, { query }: Call): object {
  const key = query.get("key");
  if (key !== null) {
    const n = desk.answers.subjectOf("carrier", key) ?? 0;
    if (n === 0) throw new Refusal(404, "not-found", "nothing was shipped under this key");
    return viewOf(desk, parcelOf(desk, n));
  }
  const page = desk.parcels.page(wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER), wholeNumber(query, "limit", 100, 1000));
  return { parcels: page.map((each) => viewOf(desk, each)), next: page.at(-1)?.n ?? null };
}

/** What the books say of a time, or under some keys. */
export function readJournal(desk: CarrierDesk, { query }: Call): object {
  const asked = journalQuery(query, desk.clock.now());
  const found = desk.parcels.journal(asked);
  return { parcels: found.map((each) => viewOf(desk, each)), next: nextOf(found, asked) };
}

/** `?country=DE&weightGrams=1200` */
export function listRates(desk: CarrierDesk, { query }: Call): object {
  const { country, weightGrams } = parsed(ratesSchema, Object.fromEntries(query));
  const now = desk.clock.now();
  const offers = rates(weightGrams, country).map(({ service, amountMinor, currency }) => {
    return { service, amountMinor, currency, estimatedDelivery: estimatedDelivery(service, country, now) };
  });
  return { rates: offers };
}

export function parcelOf(desk: CarrierDesk, n: number): Parcel {
  const found = desk.parcels.get(n);
  if (!found) throw new Refusal(404, "not-found", `there is no ${desk.ids.of("pc", n)}`);
  return found;
}

export function viewOf(desk: CarrierDesk, parcel: Parcel): object {
  return parcelView(parcel, desk.ids.of("pc", parcel.n));
}

function effectOn(desk: CarrierDesk, parcel: Parcel): Effect {
  const about = { subject: desk.ids.of("pc", parcel.n), reference: parcel.reference };
  return { outcome: "done", isEffect: true, status: 201, body: viewOf(desk, parcel), n: 0, ...about };
}
