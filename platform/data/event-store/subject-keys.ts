import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { SubjectKeys } from "@daybook/kernel/personal";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";
import { masterKeyWrong, subjectErased } from "./errors.ts";
import { recentlyUsed } from "./recently-used.ts";

export interface SubjectKeysOptions {
  readonly clock?: Clock;
  /** Keys kept in the clear in memory; 10,000. */
  readonly cacheMax?: number;
  /** How long: an erasure by another process is noticed after that; 60,000 ms. */
  readonly cacheForMs?: number;
  /** The source of keys and nonces; the machine's. */
  readonly random?: (bytes: number) => Uint8Array;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "1:";
const ERASED = "erased";

/**
 * Subjects' keys as keys of a store of its own: `subject/{subject}` is `1:` and the key wrapped under the master key
 * (AES-256-GCM, the subject as additional data, random nonce first, tag last, base64url), or `erased`, for ever. Two that
 * make the same key at once get the same one; `ensure` of an erased subject is `subject-erased`.
 */
export function subjectKeys(store: Store, masterKey: Uint8Array, ids: IdSource, options: SubjectKeysOptions = {}): SubjectKeys {
  assert(masterKey.length === KEY_BYTES, "the master key has 32 bytes");
  const { clock = systemClock, cacheMax = 10_000, cacheForMs = 60_000, random = randomBytes } = options;
  const cache = recentlyUsed<Uint8Array>(cacheMax, cacheForMs, clock);
  let erasures = 0;

  async function change(conditions: readonly Condition[], effect: Effect): Promise<boolean> {
    const cause = { correlation: "subject-keys", actor: "sys_subject_keys", tenant: "system" };
    const unit = { id: ids("unt"), cause, conditions, effects: [effect] };
    return (await commitSettled(store, unit, { clock })).outcome === "committed";
  }

  /** The stored value, unwrapped; undefined for absent, `erased` for erased. */
  async function read(subject: string): Promise<Uint8Array | typeof ERASED | undefined> {
    const before = erasures;
    const value = await store.getKey(keyOf(subject));
    if (value === undefined || value === ERASED) return value;
    const key = unwrap(masterKey, subject, value);
    if (before === erasures) cache.set(subject, key); // else this may be the key that was erased meanwhile
    return key;
  }

  async function ensureOne(subject: string): Promise<Uint8Array> {
    for (;;) {
      const found = cache.get(subject) ?? (await read(subject));
      if (found === ERASED) throw subjectErased(`the key of ${subject} was erased`, { details: { subject } });
      if (found !== undefined) return found;
      const key = keyOf(subject);
      const value = wrap(masterKey, subject, random(KEY_BYTES), random(NONCE_BYTES));
      await change([{ kind: "keyAbsent", key }], { kind: "putKey", key, value });
    }
  }

  return {
    async get(subject) {
      const found = cache.get(subject) ?? (await read(subject));
      return found === ERASED ? undefined : found;
    },
    async ensure(subjects) {
      const distinct = [...new Set(subjects)];
      return new Map(await Promise.all(distinct.map(async (subject) => [subject, await ensureOne(subject)] as const)));
    },
    async erase(subject) {
      await change([], { kind: "putKey", key: keyOf(subject), value: ERASED });
      erasures++;
      cache.delete(subject);
    },
  };
}

/** Whether the store holds anything about a subject: then its master key is never made anew. */
export async function hasSubjects(store: Store): Promise<boolean> {
  return (await store.listKeys(keyOf(""), { limit: 1 })).length > 0;
}

/** Keys in memory only: for tests and trials. */
export function memoryKeys(random: (bytes: number) => Uint8Array = randomBytes): SubjectKeys {
  const keys = new Map<string, Uint8Array | undefined>();
  const ensureOne = (subject: string): Uint8Array => {
    if (!keys.has(subject)) keys.set(subject, random(KEY_BYTES));
    const key = keys.get(subject);
    if (!key) throw subjectErased(`the key of ${subject} was erased`, { details: { subject } });
    return key;
  };
  return {
    get: async (subject) => keys.get(subject),
    ensure: async (subjects) => new Map(subjects.map((subject) => [subject, ensureOne(subject)])),
    erase: async (subject) => void keys.set(subject, undefined),
  };
}

/** The secret of search tokens: HKDF-SHA-256 (RFC 5869) of the master key, 32 bytes. */
export function searchSecret(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", "daybook/search-tokens/1", KEY_BYTES));
}

function keyOf(subject: string): string {
  return `subject/${subject}`;
}

function wrap(masterKey: Uint8Array, subject: string, key: Uint8Array, nonce: Uint8Array): string {
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce);
  cipher.setAAD(Buffer.from(subject));
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}${wrapped.toString("base64url")}`;
}

function unwrap(masterKey: Uint8Array, subject: string, value: string): Uint8Array {
  try {
    assert(value.startsWith(VERSION), "a wrapped key is of version 1");
    const bytes = Buffer.from(value.slice(VERSION.length), "base64url");
    assert(bytes.length === NONCE_BYTES + KEY_BYTES + TAG_BYTES, "a wrapped key has 60 bytes");
    const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(subject));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw masterKeyWrong(`the key of ${subject} does not open`, { cause, details: { subject } });
  }
}
