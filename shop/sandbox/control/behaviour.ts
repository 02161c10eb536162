import { z } from "zod";

const milliseconds = z.int().min(0).max(86_400_000);
/** A fixed time, or one drawn for each use. */
const duration = z.union([milliseconds, z.strictObject({ from: milliseconds, to: milliseconds })]);
const rate = z.number().min(0).max(1);
const count = z.int().min(0).max(1_000_000);
/** Null waits for a command. */
const delay = milliseconds.nullable();

const faults = {
  /** Waited before anything happens. */
  latencyMs: duration.default(0),
  /** Share of requests that are refused for the moment, without effect: 503, by mail 451. */
  errorRate: rate.default(0),
  /** So many requests are refused that way from now on. */
  failNext: count.default(0),
  /** Share of requests whose answer is lost: the effect is committed, then the connection is cut. */
  loseRate: rate.default(0),
  loseNext: count.default(0),
  /** `refused`: no connection. `unavailable`: 503, by mail 421. */
  away: z.enum(["no", "refused", "unavailable"]).default("no"),
};

const http = {
  ...faults,
  /** Between one byte of the answer's body and the next. */
  dripMs: milliseconds.default(0),
  hooks: z
    .strictObject({
      /** Null: the address given at the start; without one hooks wait. */
      url: z
        .url({ protocol: /^https?$/ })
        .nullable()
        .default(null),
      delayMs: duration.default(0),
      /** Each hook is delivered twice, with one id. */
      duplicate: z.boolean().default(false),
      /** Each hook waits up to a second longer, so that they come out of order. */
      shuffle: z.boolean().default(false),
      /** News are not sent at all; only polling tells. */
      off: z.boolean().default(false),
      /** After the first failure; doubled after each, up to 30 s. */
      retryMs: milliseconds.min(1).default(200),
    })
    .prefault({}),
};

const card = z.strictObject({
  ...http,
  /** From `pending` to settled or declined. */
  settleAfterMs: delay.default(200),
  /** From settled to disputed. */
  disputeAfterMs: delay.default(200),
});

const carrier = z.strictObject({
  ...http,
  /** From `created` to `in_transit`. */
  handOverAfterMs: delay.default(null),
  /** From `in_transit` to the end. */
  deliverAfterMs: delay.default(null),
  /** Share of parcels that end `failed` instead of `delivered`. */
  failedRate: rate.default(0),
});

const mail = z.strictObject({
  ...faults,
  /** Share of mails that are refused for good: 550. */
  rejectRate: rate.default(0),
  rejectNext: count.default(0),
});

/** How each partner behaves; every field has a default, and the default is a good partner. */
export const behaviourSchema = z.strictObject({
  /** Of all that is drawn. */
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  card: card.prefault({}),
  carrier: carrier.prefault({}),
  mail: mail.prefault({}),
});

export type Behaviour = z.infer<typeof behaviourSchema>;
export const HTTP_PARTNERS = ["card", "carrier"] as const;
export type HttpPartner = (typeof HTTP_PARTNERS)[number];
export type Partner = HttpPartner | "mail";
export type Duration = z.infer<typeof duration>;
