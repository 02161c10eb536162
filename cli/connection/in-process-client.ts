import type { Log } from "@daybook/foundation/log";
import { shopServer } from "@daybook/shop/app";
import type { Shop } from "@daybook/shop/shop";
import { headersOf, targetOf, type Client } from "./client.ts";
import { readAnswer } from "./read-answer.ts";

/** A client of a shop in this process: the same routes, checks and answers, without a socket. Closes the shop, too. */
export function inProcessClient(shop: Shop, log: Log): Client {
  const server = shopServer(shop, log);
  let closing: Promise<void> | undefined;
  return {
    async call(request) {
      const { method = "GET", body, signal } = request;
      signal?.throwIfAborted();
      const answer = await server.inject({
        method,
        url: targetOf(request),
        headers: { host: "daybook", ...headersOf(request, shop.developmentToken) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const position = answer.headers["daybook-position"];
      return readAnswer(answer.status, answer.body, typeof position === "string" ? position : undefined);
    },
    isAlone: true,
    close() {
      closing ??= server.close(0).then(() => shop.close());
      return closing;
    },
  };
}
