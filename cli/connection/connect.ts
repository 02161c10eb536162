import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { jsonLog } from "@daybook/foundation/log";
import { noShopHere } from "@daybook/shop/errors";
import { openShop, SYSTEM_CONTEXT } from "@daybook/shop/shop";
import { tokenMissing, usageInvalid } from "../errors.ts";
import type { Invocation } from "../shell/command.ts";
import type { Client } from "./client.ts";
import { currentOwner, developmentToken, holdsShop } from "./folder.ts";
import { httpClient } from "./http-client.ts";
import { inProcessClient } from "./in-process-client.ts";

/**
 * `read`: nothing is changed, a folder that nobody owns is opened read-only. `write`: the shop must be there. `create`: the
 * folder and its store are made when they are missing.
 */
export type Access = "read" | "write" | "create";

/** Finds the shop that a command is for: --url, else the process that owns the data folder, else the folder itself. */
export async function connect(invocation: Invocation, access: Access): Promise<Client> {
  return (await runningClient(invocation)) ?? inProcess(invocation, resolve(invocation.settings.data), access);
}

/** A client of the server that a command is for; undefined when nobody owns the folder. */
export async function runningClient(invocation: Invocation): Promise<Client | undefined> {
  const { settings } = invocation;
  if (settings.url !== undefined) return httpClient(settings.url, await givenToken(invocation));
  const folder = resolve(settings.data);
  const owner = currentOwner(folder);
  return owner?.url === undefined ? undefined : httpClient(owner.url, await developmentToken(folder));
}

/** Runs `task` with a client that is closed afterwards. */
export async function connected<T>(invocation: Invocation, access: Access, task: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(invocation, access);
  try {
    return await task(client);
  } finally {
    await client.close();
  }
}

async function givenToken({ flags, settings }: Invocation): Promise<string> {
  const file = flags.text("token-file");
  const token = file === undefined ? settings.token : (await readFile(file, "utf8")).trim();
  if (token === undefined) throw tokenMissing(`${settings.url} is asked with a token, and none is given`);
  if (!/^[\u0021-\u007e]{1,4000}$/.test(token)) throw usageInvalid("the token is empty or has characters that no token has");
  return token;
}

async function inProcess({ flags, settings, clock }: Invocation, folder: string, access: Access): Promise<Client> {
  const { store, cold, archiveAfter, logLevel } = settings;
  if (store === "sqlite" && access !== "create" && !holdsShop(folder)) throw noShopHere(`${folder} holds no shop`);
  const isReadOnly = access === "read" && store === "sqlite";
  const shop = await openShop({ data: folder, store, cold, archiveAfter, clock, isReadOnly });
  if (access === "write") await shop.catalogue.seed(SYSTEM_CONTEXT);
  if (access !== "read") shop.startBackground();
  const level = flags.isSet("quiet") && logLevel !== "silent" ? "error" : logLevel;
  return inProcessClient(shop, jsonLog({ clock, level }));
}
