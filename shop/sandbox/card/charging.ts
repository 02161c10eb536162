import { z } from "zod";
import type { Answer, Effect } from "../file/answers.ts";
import { keyField, referenceField } from "../http/fields.ts";
import { journalQuery, nextOf } from "../http/journal-page.ts";
import { parsed, wholeNumber, type Call, type KeyedCall } from "../http/route.ts";
import { Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import { chargeView, type Charge, type Charges } from "./charges.ts";
import { cardFate } from "./tokens.ts";

/** Where the provider works: its charges, and the world. */
export interface CardDesk extends World {
  readonly charges: Charges;
}

const amountMinor = z.int().min(1).max(1_000_000_000_000);
const chargeSchema = z.strictObject({
  amountMinor,
  currency: z.string().regex(/^[A-Z]{3}$/, "three capital letters"),
  token: z.string().regex(/^tok_[a-z0-9_]{1,60}$/, "tok_…"),
  reference: referenceField,
});
const refundSchema = z.strictObject({ amountMinor: amountMinor.optional() });
const cancellationSchema = z.strictObject({ chargeKey: keyField });

export function charge(desk: CardDesk, { attempt, body }: KeyedCall): Answer {
  const wanted = parsed(chargeSchema, body);
  return desk.answers.once(attempt, () => {
    if (desk.undone.get("card", attempt.key))
      throw new Refusal(409, "charge-cancelled", "this key was cancelled before it was charged");
    const { status, declineCode, isDisputed } = cardFate(wanted.token);
    const isShort = declineCode === "insufficient_funds";
    const availableMinor = isShort ? Math.floor(wanted.amountMinor / 2) : undefined;
    const made = desk.charges.add({ ...wanted, key: attempt.key, status, declineCode, availableMinor });
    const { settleAfterMs, disputeAfterMs } = desk.conduct.current.card;
    if (status === "pending") desk.work.later(settleAfterMs, "settle", made.n);
    if (status === "succeeded" && isDisputed) desk.work.later(disputeAfterMs, "dispute", made.n);
    const isDeclined = status === "declined";
    return { ...effectOn(desk, made), outcome: isDeclined ? "declined" : "done", isEffect: !isDeclined, n: made.n };
  });
}

export function refund(desk: CardDesk, { attempt, body, params: [id = ""] }: KeyedCall): Answer {
  const wanted = parsed(refundSchema, body ?? {});
  const n = desk.ids.numberIn("ch", id);
  return desk.answers.once(attempt, () => {
    const charged = chargeOf(desk, n);
    if (charged.status !== "succeeded") throw new Refusal(409, "not-refundable", `the charge is ${charged.status}`);
    const restMinor = charged.amountMinor - charged.refundedMinor;
    const amountMinor = wanted.amountMinor ?? restMinor;
    if (amountMinor > restMinor || amountMinor === 0) throw new Refusal(409, "refund-too-large", `${restMinor} can be refunded`);
    const refunded = desk.charges.refund(charged, amountMinor);
    const body = { id: desk.ids.of("re", refunded.n), charge: id, amountMinor, currency: charged.currency, status: "succeeded" };
    return { ...effectOn(desk, refunded.charge), body, amountMinor };
  });
}

/** Undoes the charge under a key: the rest is refunded, a pending one ends, and one that has not come yet is refused when it comes. */
export function cancel(desk: CardDesk, { attempt, body }: KeyedCall): Answer {
  const { chargeKey } = parsed(cancellationSchema, body);
  return desk.answers.once(attempt, () => {
    const known = desk.undone.get("card", chargeKey);
    if (known) return { outcome: "done", isEffect: false, status: 200, body: known, n: 0, subject: chargeKey };
    const n = desk.answers.subjectOf("card", chargeKey);
    const charged = n === undefined || n === 0 ? undefined : chargeOf(desk, n);
    const { result, refundedMinor } = charged ? undoneCharge(desk, charged) : { result: "nothing-charged", refundedMinor: 0 };
    const money = charged
      ? { charge: desk.ids.of("ch", charged.n), refundedMinor, currency: charged.currency }
      : { refundedMinor };
    const answer = { chargeKey, result, ...money };
    desk.undone.add("card", chargeKey, answer);
    const about = { reference: charged?.reference, amountMinor: refundedMinor, currency: charged?.currency };
    return { outcome: "done", isEffect: true, status: 200, body: answer, n: 0, subject: chargeKey, ...about };
  });
}

function undoneCharge(desk: CardDesk, charged: Charge): { readonly result: string; readonly refundedMinor: number } {
  const refundedMinor = charged.amountMinor - charged.refundedMinor;
  if (charged.status === "pending") {
    desk.charges.setStatus(charged, "cancelled");
    return { result: "cancelled", refundedMinor: 0 };
  }
  if (charged.status !== "succeeded" || refundedMinor === 0) return { result: "nothing-to-refund", refundedMinor: 0 };
  desk.charges.refund(charged, refundedMinor);
  return { result: "refunded", refundedMinor };
}

export function readCharge(desk: CardDesk, { params: [id = ""] }: Call): object {
  return viewOf(desk, chargeOf(desk, desk.ids.numberIn("ch", id)));
}

/** The charge under `?key=`, or a page of all after the `?after=`th. */
export function listCharges(desk: CardDesk, { query }: Call): object {
  const key = query.get("key");
  if (key !== null) {
    const n = desk.answers.subjectOf("card", key) ?? 0;
    if (n === 0) throw new Refusal(404, "not-found", "nothing was charged under this key");
    return viewOf(desk, chargeOf(desk, n));
  }
  const page = desk.charges.page(wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER), wholeNumber(query, "limit", 100, 1000));
  return { charges: page.map((each) => viewOf(desk, each)), next: page.at(-1)?.n ?? null };
}

/** What the books say of a time, or under some keys. */
export function readJournal(desk: CardDesk, { query }: Call): object {
  const asked = journalQuery(query, desk.clock.now());
  const found = desk.charges.journal(asked);
  return { charges: found.map((each) => viewOf(desk, each)), next: nextOf(found, asked) };
}

export function chargeOf(desk: CardDesk, n: number): Charge {
  const found = desk.charges.get(n);
  if (!found) throw new Refusal(404, "not-found", `there is no ${desk.ids.of("ch", n)}`);
  return found;
}

export function viewOf(desk: CardDesk, charged: Charge): object {
  return chargeView(charged, desk.ids.of("ch", charged.n));
}

function effectOn(desk: CardDesk, charged: Charge): Effect {
  const { amountMinor, currency, reference } = charged;
  const about = { subject: desk.ids.of("ch", charged.n), reference, amountMinor, currency };
  return { outcome: "done", isEffect: true, status: 201, body: viewOf(desk, charged), n: 0, ...about };
}
