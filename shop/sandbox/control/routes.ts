import { z } from "zod";
import { CHARGE_STATUSES } from "../card/charges.ts";
import { moveCharge } from "../card/settling.ts";
import { chargeOf, type CardDesk } from "../card/charging.ts";
import { MOVED_BY_COMMAND, moveParcel } from "../carrier/moving.ts";
import { parcelOf, type CarrierDesk } from "../carrier/shipping.ts";
import { JOURNAL_PARTNERS } from "../file/journal.ts";
import type { Answer } from "../file/answers.ts";
import { json, parsed, wholeNumber, type Call, type Route } from "../http/route.ts";
import type { Mails } from "../mail/mails.ts";
import { behaviourSchema } from "./behaviour.ts";
import { merged } from "./conduct.ts";
import { summary } from "./summary.ts";

export interface ControlOptions {
  readonly card: CardDesk;
  readonly carrier: CarrierDesk;
  readonly mails: Mails;
  /** Puts the behaviour in force at the listeners. */
  readonly apply: () => Promise<void>;
}

const chargeMove = z.strictObject({ status: z.enum(CHARGE_STATUSES) });
const parcelMove = z.strictObject({ status: z.enum(MOVED_BY_COMMAND) });
const isGone = z.literal(true).optional();
const falseCharge = z.strictObject({
  isGone,
  amountMinor: z.int().min(1).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  refundedMinor: z.int().min(0).optional(),
  status: z.enum(CHARGE_STATUSES).optional(),
});
const falseParcel = z.strictObject({ isGone, status: z.enum([...MOVED_BY_COMMAND, "cancelled"]).optional() });
const journalPartner = z.enum(JOURNAL_PARTNERS).optional();

/** What only tests and developers use. */
export function controlRoutes(options: ControlOptions): readonly Route[] {
  const { card, carrier, mails } = options;
  const { conduct, file, hooks } = card;
  const summarize = summary(file);
  const committed = async () => {
    await options.apply();
    hooks.look();
  };
  return [
    { method: "GET", path: "/control/health", run: () => json(200, { status: "healthy" }) },
    { method: "GET", path: "/control/behaviour", run: () => json(200, conduct.current) },
    { method: "PUT", path: "/control/behaviour", run: ({ body }) => behave(options, body), committed },
    { method: "PATCH", path: "/control/behaviour", run: ({ body }) => behave(options, merged(conduct.current, body)), committed },
    { method: "GET", path: "/control/journal", run: (call) => journalPage(card, call) },
    { method: "GET", path: "/control/mails", run: ({ query }) => paged("mails", "n", mails.page(...rangeOf(query))) },
    { method: "GET", path: "/control/summary", run: () => json(200, summarize()) },
    {
      method: "POST",
      path: "/control/card/charges/:id",
      run: ({ params: [id = ""], body }) => json(200, moveCharge(card, id, parsed(chargeMove, body).status)),
    },
    {
      method: "POST",
      path: "/control/carrier/parcels/:id",
      run: ({ params: [id = ""], body }) => json(200, moveParcel(carrier, id, parsed(parcelMove, body).status)),
    },
    { method: "POST", path: "/control/card/charges/:id/books", run: (call) => falsifyCharge(card, call) },
    { method: "POST", path: "/control/carrier/parcels/:id/books", run: (call) => falsifyParcel(carrier, call) },
  ];
}

function falsifyCharge(desk: CardDesk, { params: [id = ""], body }: Call): Answer {
  const { isGone, ...change } = parsed(falseCharge, body);
  desk.charges.falsify(chargeOf(desk, desk.ids.numberIn("ch", id)), isGone ? "gone" : change);
  return json(200, {});
}

function falsifyParcel(desk: CarrierDesk, { params: [id = ""], body }: Call): Answer {
  const { isGone, ...change } = parsed(falseParcel, body);
  desk.parcels.falsify(parcelOf(desk, desk.ids.numberIn("pc", id)), isGone ? "gone" : change);
  return json(200, {});
}

function behave({ card: { conduct } }: ControlOptions, wanted: unknown): Answer {
  conduct.replace(parsed(behaviourSchema, wanted));
  return json(200, conduct.current);
}

function journalPage({ journal }: CardDesk, { query }: Call): Answer {
  const partner = parsed(journalPartner, query.get("partner") ?? undefined);
  const [after, limit] = rangeOf(query);
  return paged("entries", "seq", journal.page({ partner, after, limit }));
}

function rangeOf(query: URLSearchParams): [after: number, limit: number] {
  return [wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER), wholeNumber(query, "limit", 1000, 10_000)];
}

/** `next` is the `after` of the next page; null when this one is empty. */
function paged(name: string, number: string, rows: readonly object[]): Answer {
  const last: Readonly<Record<string, unknown>> | undefined = rows.at(-1) && { ...rows.at(-1) };
  return json(200, { [name]: rows, next: last?.[number] ?? null });
}
