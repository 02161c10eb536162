import { host } from "@daybook/foundation/host";
import { jsonLog } from "@daybook/foundation/log";
import { assert } from "@daybook/kernel/errors";
import { ordersNotCarriedOut } from "@daybook/shop/errors";
import type { Invocation } from "../shell/command.ts";
import { shopApp } from "../shop-app.ts";
import type { Client } from "./client.ts";
import { runningClient } from "./connect.ts";
import { httpClient } from "./http-client.ts";

/**
 * A client of a shop that carries orders out: the running one, or one that this process starts with its partners, as `daybook
 * start` does, and stops when the client is closed.
 */
export async function servingClient(invocation: Invocation): Promise<Client> {
  return (await runningClient(invocation)) ?? ownShop(invocation);
}

async function ownShop(invocation: Invocation): Promise<Client> {
  const { clock, settings } = invocation;
  if (settings.partners === "none") throw ordersNotCarriedOut("no orders are carried out without partners outside");
  const log = jsonLog({ clock, level: settings.logLevel });
  const shop = await shopApp(invocation, log, { port: 0, host: "127.0.0.1", isSeeded: false });
  const life = host({ parts: shop.parts, log, clock });
  await life.start();
  const { started } = shop;
  assert(started, "a host that is ready has started its parts");
  return {
    ...httpClient(started.url, started.token),
    isAlone: true,
    close: async () => void (await life.stop("the command has ended")),
  };
}
