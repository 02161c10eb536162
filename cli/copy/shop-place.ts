import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { lockDataFolder, makeDataFolder } from "@daybook/data/store/sqlite/data-lock";
import { sqliteTransferSource } from "@daybook/data/store/sqlite/transfer-source";
import { sqliteTransferTarget } from "@daybook/data/store/sqlite/transfer-target";
import { postgresTransferSource } from "@daybook/data/store/postgres/transfer-source";
import { postgresTransferTarget } from "@daybook/data/store/postgres/transfer-target";
import type { TransferSource, TransferTarget } from "@daybook/data/store/transfer";
import type { Clock } from "@daybook/kernel/clock";
import { noShopHere } from "@daybook/shop/errors";
import { FILES } from "@daybook/shop/shop";
import { storeAddress, type StoreAddress } from "@daybook/shop/store-address";
import { holdsShop } from "../connection/folder.ts";
import { usageInvalid } from "../errors.ts";

/** Where a shop is, or will be: its two stores and its key files. */
export interface ShopPlace {
  /** For a reader, without password. */
  readonly shown: string;
  /** The folder of the key files. */
  readonly data: string;
  /** The folder of segments of old facts. */
  readonly cold: string;
  readonly isFolder: boolean;
  /** Two places of one identity are the same. */
  readonly identity: string;
  sources(clock: Clock): Promise<ShopStores<TransferSource>>;
  /** Makes folders and locks, no store. */
  targets(clock: Clock): Promise<ShopStores<TransferTarget>>;
}

export interface ShopStores<Kind> {
  readonly keys: Kind;
  readonly main: Kind;
  close(): Promise<void>;
}

/**
 * `text`: a folder, or the address of a database; then `data` is the folder of its key files. `cold`: the folder of segments, where
 * it is not in that folder.
 */
export function shopPlace(text: string, data: string, cold?: string): ShopPlace {
  if (text === "memory" || text === "sqlite") throw usageInvalid(`"${text}" is no place: name a folder, or postgres://…`);
  const place = /^[a-z+]+:\/\//i.test(text) ? databasePlace(text, resolve(data)) : folderPlace(resolve(text));
  return { ...place, cold: resolve(cold ?? join(place.data, FILES.cold)) };
}

function folderPlace(folder: string): Omit<ShopPlace, "cold"> {
  const [main, keys] = [join(folder, FILES.store), join(folder, FILES.keys)];
  return {
    shown: folder,
    data: folder,
    isFolder: true,
    identity: realPath(folder),
    async sources(clock) {
      if (!holdsShop(folder)) throw noShopHere(`${folder} holds no shop`);
      const lock = lockDataFolder(folder, clock);
      return opened({ lock: { close: async () => lock.release() } }, [
        ["keys", () => sqliteTransferSource(keys)],
        ["main", () => sqliteTransferSource(main)],
      ]);
    },
    async targets(clock) {
      await makeDataFolder(folder);
      const lock = lockDataFolder(folder, clock);
      return opened({ lock: { close: async () => lock.release() } }, [
        ["keys", () => sqliteTransferTarget({ file: keys, secureDelete: true, clock })],
        ["main", () => sqliteTransferTarget({ file: main, clock })],
      ]);
    },
  };
}

function databasePlace(text: string, data: string): Omit<ShopPlace, "cold"> {
  const address = storeAddress(text) as StoreAddress & { kind: "postgres" }; // a URL is nothing else
  const { url, schema, keySchema } = address;
  return {
    shown: withoutPassword(text),
    data,
    isFolder: false,
    identity: `${withoutPassword(url)} ${schema}`,
    sources: () =>
      opened({}, [
        ["keys", () => postgresTransferSource({ url, schema: keySchema })],
        ["main", () => postgresTransferSource({ url, schema })],
      ]),
    async targets() {
      const stores = await opened<TransferTarget>({}, [
        ["keys", () => postgresTransferTarget({ url, schema: keySchema })],
        ["main", () => postgresTransferTarget({ url, schema })],
      ]);
      await makeDataFolder(data);
      return stores;
    },
  };
}

interface Closing {
  close(): Promise<void>;
}

/** Opens the stores one after another; closes what was opened when one cannot be. */
async function opened<Kind extends Closing>(
  before: Readonly<Record<string, Closing>>,
  opens: readonly (readonly [name: "keys" | "main", open: () => Promise<Kind> | Kind])[],
): Promise<ShopStores<Kind>> {
  const closing: Closing[] = Object.values(before);
  const close = async () => {
    for (const each of closing.splice(0).reverse()) await each.close();
  };
  try {
    const stores: [name: string, store: Kind][] = [];
    for (const [name, open] of opens) {
      const store = await open();
      closing.push(store);
      stores.push([name, store]);
    }
    return { ...(Object.fromEntries(stores) as Record<"keys" | "main", Kind>), close }; // one of each name
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of a folder that need not exist yet. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPath(dirname(path)), path.slice(dirname(path).length));
}

/** `postgres://user:secret@host/db` without the secret. */
function withoutPassword(address: string): string {
  return address.replace(/^([^:]+:\/\/[^/?@:]*):[^/?]*@/, "$1@");
}
