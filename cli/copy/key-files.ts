import { existsSync } from "node:fs";
import { chmod, copyFile, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { copyTargetTaken } from "@daybook/data/store/errors";
import { syncPath } from "@daybook/data/store/sqlite/durability";
import { noShopHere } from "@daybook/shop/errors";
import { FILES } from "@daybook/shop/shop";

const NAMES = [FILES.masterKey, FILES.nextMasterKey, FILES.developmentKey, ...FILES.sessionKeys];

/**
 * Names of the key files that are to be copied from one data folder to another. Throws `no-shop-here` without a master key,
 * `copy-target-taken` when the other folder has keys that are not the same.
 */
export async function missingKeyFiles(from: string, to: string): Promise<readonly string[]> {
  if (!existsSync(join(from, FILES.masterKey))) throw noShopHere(`${from} holds no ${FILES.masterKey}: name its folder`);
  const names: string[] = [];
  for (const name of NAMES) {
    const [theirs, ours] = await Promise.all([content(join(from, name)), content(join(to, name))]);
    if (ours !== undefined && ours !== theirs) throw copyTargetTaken(`${to} holds another ${name}`);
    if (theirs !== ours) names.push(name);
  }
  return names;
}

/** Each appears whole and durable, for this user only. */
export async function copyKeyFiles(names: readonly string[], from: string, to: string): Promise<void> {
  for (const name of names) {
    const draft = join(to, `${name}.copying`);
    await copyFile(join(from, name), draft);
    await chmod(draft, 0o600);
    syncPath(draft);
    await rename(draft, join(to, name));
  }
  syncPath(to);
}

async function content(path: string): Promise<string | undefined> {
  return existsSync(path) ? (await readFile(path)).toString("base64") : undefined;
}
