import { createHmac } from "node:crypto";
import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";
import { HOOK_SECRET } from "../hostile-shop.ts";

const CARD = "POST /hooks/card";
const CARRIER = "POST /hooks/carrier";

interface Signing {
  readonly id?: string;
  readonly at?: number;
  readonly secret?: string;
  /** What the signature is made of, when that is not the body. */
  readonly signed?: string;
}

/** Headers by Standard Webhooks. */
function signed(body: string, { id = "msg_1", at = Date.now(), secret = HOOK_SECRET, signed: over = body }: Signing = {}) {
  const seconds = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${over}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}

const BODY = '{"type":"charge.settled","data":{}}';
const HOUR = 3_600_000;
const FOREIGN = `whsec_${Buffer.alloc(24, 8).toString("base64")}`;

/** Web hooks that partners never sent. */
export const HOOKS: readonly WrongRequest[] = [CARD, CARRIER].flatMap((route) => [
  wrong(`${route} without a signature`, route, BODY, 401, "webhook-untrusted", { as: "nobody" }),
  ...eachOf(
    [
      ["of another secret", signed(BODY, { secret: FOREIGN })],
      ["over another body", signed(BODY, { signed: "{}" })],
      ["of an hour ago", signed(BODY, { at: Date.now() - HOUR })],
      ["of in an hour", signed(BODY, { at: Date.now() + HOUR })],
      ["without its id", { ...signed(BODY), "webhook-id": "" }],
      ["with another id", { ...signed(BODY), "webhook-id": "msg_2" }],
      ["with a time that is none", { ...signed(BODY), "webhook-timestamp": "now" }],
      ["of another version", { ...signed(BODY), "webhook-signature": signed(BODY)["webhook-signature"].replace("v1,", "v2,") }],
      ["that is empty", { ...signed(BODY), "webhook-signature": "" }],
      ["that is no base 64", { ...signed(BODY), "webhook-signature": "v1,***" }],
    ] as const,
    ([name, headers]) =>
      wrong(`${route} with a signature ${name}`, route, BODY, 401, "webhook-untrusted", { as: "nobody", headers }),
  ),
]);
