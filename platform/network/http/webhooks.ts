import { createHmac, timingSafeEqual } from "node:crypto";
import { webhookUntrusted } from "./errors.ts";
import { parseJsonBody } from "./request/json-body.ts";
import type { Received } from "./route.ts";

/** A web hook by Standard Webhooks 1.0 whose signature holds. */
export interface Webhook {
  /** The sender's, the same whenever it is sent again. */
  readonly id: string;
  /** Any JSON document. */
  readonly body: unknown;
}

const TOLERANCE_S = 5 * 60;
const ID = /^[\w.-]{1,100}$/;
const SECONDS = /^\d{1,12}$/;

/**
 * The web hook in `received`. Rejects with `webhook-untrusted` unless it is signed with one of `secrets` (`whsec_` and base
 * 64; several while one is exchanged) and was sent at most five minutes before or after `now` (epoch milliseconds), and with
 * `body-malformed` when it is no JSON. It may come again: whoever takes it in remembers its id.
 */
export function readWebhook({ headers, body }: Received, secrets: readonly string[], now: number): Webhook {
  const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures } = headers;
  if (typeof id !== "string" || !ID.test(id)) throw webhookUntrusted("webhook-id is missing or malformed");
  if (typeof seconds !== "string" || !SECONDS.test(seconds)) throw webhookUntrusted("webhook-timestamp is missing or malformed");
  if (typeof signatures !== "string") throw webhookUntrusted("webhook-signature is missing or sent twice");
  if (Math.abs(now / 1000 - Number(seconds)) > TOLERANCE_S) throw webhookUntrusted("the web hook is too old, or from the future");
  const wanted = secrets.map((secret) => webhookSignature(secret, id, Number(seconds), body));
  const given = signatures.split(" ");
  if (!wanted.some((one) => given.some((other) => isEqual(one, other)))) throw webhookUntrusted("the signature is another one");
  return { id, body: parseJsonBody(Buffer.from(body)) };
}

/** The `webhook-signature` of what is sent: HMAC-SHA256 over id, time in seconds and body. */
export function webhookSignature(secret: string, id: string, seconds: number, body: Uint8Array | string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest("base64")}`;
}

/** In constant time for texts of one length; all signatures have one. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
