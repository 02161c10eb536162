import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { holdFile, readOwner, type DataOwner } from "@daybook/data/store/sqlite/data-lock";
import { errorCode } from "@daybook/kernel/errors";
import { FILES } from "@daybook/shop/shop";

/** The process that owns a data folder now; undefined when nobody does. */
export function currentOwner(folder: string): DataOwner | undefined {
  const lock = join(folder, "lock.db");
  if (!existsSync(lock)) return undefined;
  try {
    holdFile(lock).close();
    return undefined; // what owner.json says is of a dead process
  } catch (error) {
    if (errorCode(error) !== "data-folder-locked") return undefined; // whoever opens the folder says what is wrong
    return readOwner(folder);
  }
}

/** Whether a folder holds a shop's store. */
export function holdsShop(folder: string): boolean {
  return existsSync(join(resolve(folder), FILES.store));
}

/** The token that a folder's key stands for. */
export async function developmentToken(folder: string): Promise<string> {
  const key = await readFile(join(folder, FILES.developmentKey));
  return `dbk_${key.toString("base64url")}`;
}
