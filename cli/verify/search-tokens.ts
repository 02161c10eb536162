import { createHmac, hkdfSync } from "node:crypto";
import type { Store } from "@daybook/data/store";
import { unwrapWithAny } from "./sealed-block.ts";

/** The secret of search tokens, out of the master key: docs/format.md, section "Subject keys". */
export function tokenSecret(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), "daybook/search-tokens/1", 32));
}

/** The secret that a store of keys keeps since its master key was exchanged, else that of the first master key. */
export async function keptTokenSecret(keysStore: Store, masterKeys: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  const name = "secret/search-tokens";
  const kept = await keysStore.getKey(name);
  if (kept !== undefined) return unwrapWithAny(masterKeys, name, kept);
  return masterKeys[0] && tokenSecret(masterKeys[0]);
}

/**
 * The tokens of a text: of each run of three UTF-16 code units of its plain form, the first 16 hex digits of
 * HMAC-SHA-256 under `secret`, in the order of the runs.
 */
export function tokensOf(secret: Uint8Array, text: string): readonly string[] {
  const plain = plainForm(text);
  const runs = Array.from({ length: Math.max(0, plain.length - 2) }, (_, start) => plain.slice(start, start + 3));
  return [...new Set(runs)].map((run) => createHmac("sha256", secret).update(run, "utf8").digest("hex").slice(0, 16));
}

/** Without accents (NFKD, marks removed), in lower case, with single spaces. */
export function plainForm(text: string): string {
  const bare = text.normalize("NFKD").replaceAll(/\p{M}+/gu, "");
  return bare
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "")
    .join(" ");
}
