import { errorCode, messageOf } from "@daybook/kernel/errors";
import { money } from "@daybook/kernel/money";
import type { JsonAnswer, JsonRequest } from "@daybook/network/http/json-client";
import type { Partner } from "@daybook/network/http/partner";
import { z } from "zod";
import type { BookedCharge, CardProvider, ChargeAnswer, DeclineCode } from "./card-provider.ts";
import { providerRefused, providerUnavailable } from "./errors.ts";

const chargeSchema = z.object({
  id: z.string().min(1).max(100),
  key: z.string().min(1).max(255),
  reference: z.string().max(255),
  amountMinor: z.int(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  refundedMinor: z.int().default(0),
  status: z.enum(["pending", "succeeded", "declined", "disputed", "cancelled"]),
  declineCode: z.string().optional(),
  changedAt: z.iso.datetime().optional(),
});
/** A charge as the provider shows it, in answers and in its web hooks. */
export type ProviderCharge = z.infer<typeof chargeSchema>;

const journalSchema = z.object({ charges: z.array(chargeSchema), next: z.string().nullable() });
const cancellationSchema = z.object({ result: z.string(), refundedMinor: z.int() });
const refundSchema = z.object({ id: z.string() });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const DECLINES: Readonly<Record<string, DeclineCode>> = {
  insufficient_funds: "insufficient-funds",
  invalid_details: "payment-details-invalid",
  expired_card: "payment-details-invalid",
};

/** The provider's HTTP interface, version 1. */
export function httpCardProvider(provider: Partner): CardProvider {
  const send = (request: JsonRequest) => asked(provider, request);

  async function readBooks(query: URLSearchParams): Promise<z.infer<typeof journalSchema>> {
    return parsed(journalSchema, await send({ method: "GET", path: `/card/v1/journal?${query.toString()}` }));
  }

  return {
    async charge({ key, amount, token, reference }) {
      const body = { amountMinor: Number(amount.minor), currency: amount.currency, token, reference };
      if (!Number.isSafeInteger(body.amountMinor)) return tooMuch();
      const answer = await send({ method: "POST", path: "/card/v1/charges", key, body });
      if (errorCodeIn(answer) === "charge-cancelled") return { status: "cancelled" };
      return chargeAnswer(parsed(chargeSchema, answer));
    },
    async cancel(chargeKey) {
      const request = {
        method: "POST",
        path: "/card/v1/cancellations",
        key: `cancel-${chargeKey}`,
        body: { chargeKey },
      } as const;
      const { refundedMinor } = parsed(cancellationSchema, await send(request));
      return { isRefunded: refundedMinor > 0 };
    },
    async refund({ key, chargeId, amount }) {
      const path = `/card/v1/charges/${encodeURIComponent(chargeId)}/refunds`;
      const answer = await send({ method: "POST", path, key, body: { amountMinor: Number(amount.minor) } });
      const refused = errorCodeIn(answer);
      if (refused !== undefined) return { status: "refused", reason: `The card provider says: ${refused}.` };
      return { status: "refunded", refundId: parsed(refundSchema, answer).id };
    },
    async find(chargeKey) {
      const answer = await send({ method: "GET", path: `/card/v1/charges?key=${encodeURIComponent(chargeKey)}` });
      return answer.status === 404 ? undefined : chargeAnswer(parsed(chargeSchema, answer));
    },
    async journal({ from, to, after }) {
      const query = new URLSearchParams({ from: timeText(from), to: timeText(to), ...(after !== undefined && { after }) });
      const { charges, next } = await readBooks(query);
      return { entries: charges.map(bookedCharge), ...(next !== null && { next }) };
    },
    async booked(chargeKeys) {
      if (chargeKeys.length === 0) return [];
      const query = new URLSearchParams(chargeKeys.map((key) => ["key", key]));
      return (await readBooks(query)).charges.map(bookedCharge);
    },
  };
}

/** As the books have it; what a web hook says of it is the same. */
export function bookedCharge(charge: ProviderCharge): BookedCharge {
  const { id: chargeId, key, reference, amountMinor, refundedMinor, currency, status, changedAt } = charge;
  return {
    chargeId,
    key,
    reference,
    amount: money(BigInt(amountMinor), currency),
    refunded: money(BigInt(refundedMinor), currency),
    status: status === "succeeded" ? "completed" : status,
    changedAt: changedAt === undefined ? 0 : Date.parse(changedAt),
  };
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** What a charge has come to. A dispute comes after the charge: it was made. */
function chargeAnswer(charge: ProviderCharge): ChargeAnswer {
  const { id, status } = charge;
  switch (status) {
    case "pending":
      return { status: "pending", chargeId: id };
    case "succeeded":
    case "disputed":
      return { status: "completed", chargeId: id };
    case "declined":
      return declinedAnswer(charge);
    case "cancelled":
      return { status: "cancelled" };
  }
}

export function declinedAnswer({ declineCode = "declined" }: ProviderCharge): ChargeAnswer & { status: "declined" } {
  const code = DECLINES[declineCode] ?? "payment-declined";
  return { status: "declined", code, reason: `The card was declined: ${declineCode}.` };
}

/** A charge out of a web hook; undefined when it is none. */
export function readCharge(data: unknown): ProviderCharge | undefined {
  return chargeSchema.safeParse(data).data;
}

function tooMuch(): ChargeAnswer {
  return { status: "declined", code: "payment-details-invalid", reason: "No card is charged with so much." };
}

async function asked(provider: Partner, request: JsonRequest): Promise<JsonAnswer> {
  try {
    return await provider.request(request);
  } catch (cause) {
    if (!AWAY.has(errorCode(cause) ?? "")) throw cause;
    throw providerUnavailable(messageOf(cause), { cause });
  }
}

const AWAY: ReadonlySet<string> = new Set(["partner-unavailable", "attempt-timeout", "circuit-open"]);

function errorCodeIn({ status, body }: JsonAnswer): string | undefined {
  return status === 409 ? errorSchema.safeParse(body).data?.error.code : undefined;
}

function parsed<Value>(schema: z.ZodType<Value>, { status, body }: JsonAnswer): Value {
  const read = schema.safeParse(body);
  if (status < 300 && read.success) return read.data;
  const said = errorSchema.safeParse(body).data?.error;
  throw providerRefused(`the card provider answered ${status}: ${said?.code ?? read.error?.message ?? ""}`);
}
