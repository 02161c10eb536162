import { createHmac } from "node:crypto";

/** The `webhook-signature` of Standard Webhooks 1.0: HMAC-SHA256 over id, time in seconds and body, with the key inside `whsec_…`. */
export function hookSignature(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}
