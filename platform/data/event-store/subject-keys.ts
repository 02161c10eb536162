import { randomBytes } from "node:crypto";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";
import { subjectErased } from "./errors.ts";
import { SUBJECT_ERASED, SUBJECT_PREFIX, type MasterKeys } from "./master-keys.ts";
import { recentlyUsed } from "./recently-used.ts";
import { KEY_BYTES, NONCE_BYTES } from "./wrapped-key.ts";

export interface SubjectKeysOptions {
  readonly clock?: Clock;
  /** Keys kept in the clear in memory; 10,000. */
  readonly cacheMax?: number;
  /** How long: an erasure by another process is noticed after that; 60,000 ms. */
  readonly cacheForMs?: number;
  /** The source of keys and nonces; the machine's. */
  readonly random?: (bytes: number) => Uint8Array;
}

/**
 * Subjects' keys as keys of a store of its own: `subject/{subject}` is the key wrapped under the master key (wrapped-key.ts),
 * the subject as its name, or `erased`, for ever. Two that make the same key at once get the same one; `ensure` of an
 * erased subject is `subject-erased`.
 */
export function subjectKeys(store: Store, master: MasterKeys, ids: IdSource, options: SubjectKeysOptions = {}): SubjectKeys {
  const { clock = systemClock, cacheMax = 10_000, cacheForMs = 60_000, random = randomBytes } = options;
  const cache = recentlyUsed<Uint8Array>(cacheMax, cacheForMs, clock);
  let erasures = 0;

  async function change(conditions: readonly Condition[], effect: Effect): Promise<boolean> {
    const cause = { correlation: "subject-keys", actor: "sys_subject_keys", tenant: "system" };
    const unit = { id: ids("unt"), cause, conditions, effects: [effect] };
    return (await commitSettled(store, unit, { clock })).outcome === "committed";
  }

  /** The stored value, unwrapped; undefined for absent, `erased` for erased. */
  async function read(subject: string): Promise<Uint8Array | typeof SUBJECT_ERASED | undefined> {
    const before = erasures;
    const value = await store.getKey(keyOf(subject));
    if (value === undefined || value === SUBJECT_ERASED) return value;
    const key = await master.unwrap(subject, value);
    if (before === erasures) cache.set(subject, key); // else this may be the key that was erased meanwhile
    return key;
  }

  async function ensureOne(subject: string): Promise<Uint8Array> {
    for (;;) {
      const found = cache.get(subject) ?? (await read(subject));
      if (found === SUBJECT_ERASED) throw subjectErased(`the key of ${subject} was erased`, { details: { subject } });
      if (found !== undefined) return found;
      const key = keyOf(subject);
      const value = master.wrap(subject, random(KEY_BYTES), random(NONCE_BYTES));
      const conditions: readonly Condition[] = [{ kind: "keyAbsent", key }, ...master.conditions()];
      if (!(await change(conditions, { kind: "putKey", key, value }))) await master.refresh();
    }
  }

  return {
    async get(subject) {
      const found = cache.get(subject) ?? (await read(subject));
      return found === SUBJECT_ERASED ? undefined : found;
    },
    async ensure(subjects) {
      const distinct = [...new Set(subjects)];
      return new Map(await Promise.all(distinct.map(async (subject) => [subject, await ensureOne(subject)] as const)));
    },
    async erase(subject) {
      await change([], { kind: "putKey", key: keyOf(subject), value: SUBJECT_ERASED });
      erasures++;
      cache.delete(subject);
    },
  };
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

function keyOf(subject: string): string {
  return `${SUBJECT_PREFIX}${subject}`;
}
