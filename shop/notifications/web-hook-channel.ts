import { Pool } from "undici";
import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import { webhookSignature } from "@daybook/network/http/webhooks";
import type { NotificationKind } from "@daybook/shop-customers/contract";
import type { Channel } from "./channel.ts";
import { channelUnavailable, notificationRefused } from "./errors.ts";

export interface WebHookChannelOptions {
  readonly name: string;
  readonly kinds: readonly NotificationKind[];
  readonly url: string;
  /** `whsec_` and base 64. */
  readonly secret: string;
  readonly timeoutMs: number;
}

const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Web hooks by Standard Webhooks 1.0: of whom they are is told by id. */
export function webHookChannel({ name, kinds, url, secret, timeoutMs }: WebHookChannelOptions, clock: Clock): Channel {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } });

  async function post(id: string, body: string, signal: AbortSignal): Promise<number> {
    const seconds = Math.floor(clock.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": webhookSignature(secret, id, seconds, body),
    };
    const answer = await pool.request({ method: "POST", path: `${pathname}${search}`, headers, body, signal });
    await answer.body.dump();
    return answer.statusCode;
  }

  return {
    name,
    kinds,
    isPersonal: false,
    async send({ id, kind, about, at }, signal) {
      const body = JSON.stringify({ type: kind, timestamp: new Date(at).toISOString(), data: about });
      const status = await post(id, body, signal).catch((cause: unknown) => {
        throw channelUnavailable(`the web hook was not taken: ${messageOf(cause)}`, { cause });
      });
      if (status >= 200 && status < 300) return;
      const failure = status >= 500 || LATER.has(status) ? channelUnavailable : notificationRefused;
      throw failure(`the web hook was answered with ${status}`);
    },
    close: () => pool.close(),
  };
}
