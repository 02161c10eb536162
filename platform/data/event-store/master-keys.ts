import { hkdfSync, timingSafeEqual } from "node:crypto";
import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Store } from "@daybook/data/store";
import type { Condition } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";
import { masterKeyWrong } from "./errors.ts";
import { KEY_BYTES, unwrapKey, wrapKey } from "./wrapped-key.ts";

/**
 * The master key of a store of subject keys. The store's key `master-key` marks which one wraps; while it is exchanged
 * (rotate-master-key.ts) the one before is at hand, too, and opens what is not wrapped anew yet.
 */
export interface MasterKeys {
  /** Under the key that the store's mark names. */
  wrap(name: string, key: Uint8Array, nonce: Uint8Array): string;
  /** Opened by whichever key wrapped it; `master-key-wrong` when none did. */
  unwrap(name: string, wrapped: string): Promise<Uint8Array>;
  /** What a unit that stores something wrapped is conditional on: that the key is still the marked one. */
  conditions(): readonly Condition[];
  /** Looks again which key is marked, and reads the key files again when that changed. */
  refresh(): Promise<void>;
  /** The secret of search tokens, 32 bytes: of the first master key, and the same after it was exchanged. */
  readonly searchSecret: Uint8Array;
}

export interface MasterKeysOptions {
  readonly store: Store;
  /** Reads the key files: the master key and, while it is exchanged, the next one. */
  readonly load: () => Promise<readonly Uint8Array[]>;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Puts no mark into a store that has none. */
  readonly isReadOnly?: boolean;
}

export const MARK = "master-key";
export const SEARCH_SECRET = "secret/search-tokens";
/** `subject/{subject}` is the wrapped key of a subject, or says that it was erased. */
export const SUBJECT_PREFIX = "subject/";
export const SUBJECT_ERASED = "erased";

/** Opens the master keys of a store. A key that is not the store's is `master-key-wrong` at once. */
export async function openMasterKeys(options: MasterKeysOptions): Promise<MasterKeys> {
  const { store, load, ids, clock, isReadOnly = false } = options;
  let keys = await load();
  let marked = await markedKey(store, keys);
  if (!isReadOnly && (await store.getKey(MARK)) === undefined) {
    const cause = { correlation: MARK, actor: "sys_subject_keys", tenant: "system" };
    const conditions: readonly Condition[] = [{ kind: "keyAbsent", key: MARK }];
    const effects = [{ kind: "putKey", key: MARK, value: masterKeyMark(marked) }] as const;
    await commitSettled(store, { id: ids("unt"), cause, conditions, effects }, { clock });
    marked = await markedKey(store, keys); // another process may have been first
  }

  /** Keys that went are kept: what was read before the exchange was done is still to be opened. */
  async function reload(): Promise<void> {
    keys = [...(await load()), ...keys];
    marked = await markedKey(store, keys);
  }

  const opened = (name: string, wrapped: string) => firstOf(keys, (key) => unwrapKey(key, name, wrapped));
  return {
    wrap: (name, key, nonce) => wrapKey(marked, name, key, nonce),
    async unwrap(name, wrapped) {
      const key = opened(name, wrapped);
      if (key) return key;
      await reload(); // exchanged by another process since
      return opened(name, wrapped) ?? doesNotOpen(name);
    },
    conditions: () => [{ kind: "keyValue", key: MARK, value: masterKeyMark(marked) }],
    async refresh() {
      if ((await store.getKey(MARK)) !== masterKeyMark(marked)) await reload();
    },
    searchSecret: await searchSecretOf(store, keys, marked),
  };
}

/** One master key that no store marks: for tests and simulations. */
export function soleMasterKey(masterKey: Uint8Array): MasterKeys {
  assert(masterKey.length === KEY_BYTES, "the master key has 32 bytes");
  return {
    wrap: (name, key, nonce) => wrapKey(masterKey, name, key, nonce),
    unwrap: async (name, wrapped) => unwrapKey(masterKey, name, wrapped) ?? doesNotOpen(name),
    conditions: () => [],
    refresh: async () => {},
    searchSecret: searchSecret(masterKey),
  };
}

/** Whether the store belongs to a master key: then that is never made anew. */
export async function hasMasterKey(store: Store): Promise<boolean> {
  return (await store.getKey(MARK)) !== undefined || (await store.listKeys(SUBJECT_PREFIX, { limit: 1 })).length > 0;
}

/** What a store says of its master key: HKDF-SHA-256 (RFC 5869) of it, 64 hex digits. It tells keys apart and opens nothing. */
export function masterKeyMark(masterKey: Uint8Array): string {
  return Buffer.from(hkdfSync("sha256", masterKey, "", "daybook/master-key-mark/1", KEY_BYTES)).toString("hex");
}

/** The secret of search tokens that a master key stands for: HKDF-SHA-256 (RFC 5869), 32 bytes. */
export function searchSecret(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", "daybook/search-tokens/1", KEY_BYTES));
}

/** The one of `keys` that the store's mark names; of a store without mark, the one that opens what it holds. */
async function markedKey(store: Store, keys: readonly Uint8Array[]): Promise<Uint8Array> {
  assert(keys.length > 0 && keys.every((key) => key.length === KEY_BYTES), "master keys have 32 bytes");
  const mark = await store.getKey(MARK);
  const found = mark === undefined ? await openingKey(store, keys) : keys.find((key) => isMark(mark, key));
  if (!found) throw masterKeyWrong("the master key is not the one that this store's subject keys are wrapped under");
  return found;
}

function isMark(mark: string, key: Uint8Array): boolean {
  const own = masterKeyMark(key);
  return mark.length === own.length && timingSafeEqual(Buffer.from(mark), Buffer.from(own));
}

async function openingKey(store: Store, keys: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  for (let after: string | undefined; ;) {
    const page = await store.listKeys(SUBJECT_PREFIX, after === undefined ? {} : { after });
    const record = page.find(({ value }) => value !== SUBJECT_ERASED);
    if (record) return keys.find((key) => unwrapKey(key, record.key.slice(SUBJECT_PREFIX.length), record.value));
    after = page.at(-1)?.key;
    if (after === undefined) return keys[0];
  }
}

async function searchSecretOf(store: Store, keys: readonly Uint8Array[], marked: Uint8Array): Promise<Uint8Array> {
  const kept = await store.getKey(SEARCH_SECRET);
  if (kept === undefined) return searchSecret(marked);
  return firstOf(keys, (key) => unwrapKey(key, SEARCH_SECRET, kept)) ?? doesNotOpen(SEARCH_SECRET);
}

function firstOf<T>(keys: readonly Uint8Array[], open: (key: Uint8Array) => T | undefined): T | undefined {
  for (const key of keys) {
    const found = open(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function doesNotOpen(name: string): never {
  throw masterKeyWrong(`the key of ${name} does not open`, { details: { name } });
}
