import { randomBytes } from "node:crypto";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { KeyRecord, Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";
import { masterKeyBusy } from "./errors.ts";
import { loadKeyFile, loadOrCreateKeyFile, replaceKeyFile } from "./key-file.ts";
import { MARK, masterKeyMark, SEARCH_SECRET, SUBJECT_PREFIX, SUBJECT_ERASED, type MasterKeys } from "./master-keys.ts";
import { workLease, type WorkLease } from "./work-lease.ts";
import { KEY_BYTES, NONCE_BYTES, unwrapKey, wrapKey } from "./wrapped-key.ts";

export interface RotationOptions {
  /** Of subject keys. */
  readonly store: Store;
  /** As this process uses them. */
  readonly keys: MasterKeys;
  readonly files: MasterKeyFiles;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the lease `master-key`: unique among processes, the same after a restart. */
  readonly owner: string;
  readonly random?: (bytes: number) => Uint8Array;
  /** Ends it between two pages; it is gone on with later. */
  readonly signal?: AbortSignal;
  /** After each page: subjects' keys that are wrapped under the next key, of those looked at. */
  readonly onProgress?: (progress: RotationProgress) => void;
}

export interface MasterKeyFiles {
  readonly master: string;
  /** There while the key is exchanged. */
  readonly next: string;
}

export interface RotationProgress {
  /** Subjects whose key was looked at, erased ones too. */
  readonly seen: number;
  /** Keys that were wrapped anew. */
  readonly wrapped: number;
}

const PAGE = 500;

/** The master key, by `first`, and while it is exchanged the next one, out of their files. */
export async function loadMasterKeys(files: MasterKeyFiles, first: () => Promise<Uint8Array>): Promise<readonly Uint8Array[]> {
  const next = await loadKeyFile(files.next, KEY_BYTES); // first: it may take the other's place in between
  const master = await first();
  return next ? [master, next] : [master];
}

/**
 * Exchanges the master key while the store is in use. The next key is durable in a file of its own first; the store's mark
 * then names it, so that whoever knows only the old one stores nothing more; every subject's key is wrapped anew; at last
 * the file takes the place of the old one. Whoever dies at any point leaves both keys: run again, it goes on.
 */
export async function rotateMasterKey(options: RotationOptions): Promise<RotationProgress> {
  const { store, clock, ids, owner } = options;
  const lease = workLease({ store, clock, ids, owner, name: MARK, ttlMs: LEASE_MS });
  try {
    return await new Rotation(options, lease).run();
  } finally {
    const effects = lease.freeing();
    if (effects.length > 0) await committed(options, [lease.condition()], effects).catch(() => undefined); // it runs out by itself
  }
}

const LEASE_MS = 30_000;

class Rotation {
  private readonly options: RotationOptions;
  private readonly lease: WorkLease;
  private progress: RotationProgress = { seen: 0, wrapped: 0 };

  constructor(options: RotationOptions, lease: WorkLease) {
    this.options = options;
    this.lease = lease;
  }

  async run(): Promise<RotationProgress> {
    const { keys, files, ids, random = randomBytes } = this.options;
    await this.hold();
    const next = await loadOrCreateKeyFile(files.next, KEY_BYTES, { ids, random });
    await this.mark(next);
    await keys.refresh();
    await this.wrapAll(next);
    await this.hold();
    await replaceKeyFile(files.master, files.next);
    return this.progress;
  }

  /** Two at once could each take the other's next key for its own. */
  private async hold(): Promise<void> {
    if ((await this.lease.hold()) === undefined) throw masterKeyBusy("another process exchanges the master key");
  }

  /** From here on the store takes only what is wrapped under `next`. */
  private async mark(next: Uint8Array): Promise<void> {
    const { store, keys, random = randomBytes } = this.options;
    const value = masterKeyMark(next);
    if ((await store.getKey(MARK)) === value) return;
    const secret = wrapKey(next, SEARCH_SECRET, keys.searchSecret, random(NONCE_BYTES));
    const isMarked = await committed(
      this.options,
      [this.lease.condition(), ...keys.conditions()],
      [
        { kind: "putKey", key: MARK, value },
        { kind: "putKey", key: SEARCH_SECRET, value: secret },
      ],
    );
    if (!isMarked) throw masterKeyBusy("another process exchanges the master key");
  }

  private async wrapAll(next: Uint8Array): Promise<void> {
    const { store, signal, onProgress } = this.options;
    for (let after: string | undefined; ;) {
      signal?.throwIfAborted();
      await this.hold();
      const page = await store.listKeys(SUBJECT_PREFIX, { limit: PAGE, ...(after !== undefined && { after }) });
      const old = page.filter(({ key, value }) => value !== SUBJECT_ERASED && !unwrapKey(next, subjectOf(key), value));
      if (!(await this.wrapPage(next, old))) continue; // one of them was erased meanwhile, or the lease ran out
      const { seen, wrapped } = this.progress;
      this.progress = { seen: seen + page.length, wrapped: wrapped + old.length };
      onProgress?.(this.progress);
      after = page.at(-1)?.key;
      if (after === undefined) return;
    }
  }

  private async wrapPage(next: Uint8Array, old: readonly KeyRecord[]): Promise<boolean> {
    const { keys, random = randomBytes } = this.options;
    const effects: Effect[] = [];
    for (const { key, value } of old) {
      const subject = subjectOf(key);
      const wrapped = wrapKey(next, subject, await keys.unwrap(subject, value), random(NONCE_BYTES));
      effects.push({ kind: "putKey", key, value: wrapped });
    }
    if (old.length === 0) return true;
    const unchanged = old.map(({ key, value }): Condition => ({ kind: "keyValue", key, value }));
    const isDone = await committed(this.options, [this.lease.condition(), ...unchanged], effects);
    if (!isDone) this.lease.drop();
    return isDone;
  }
}

async function committed(
  { store, ids, clock }: RotationOptions,
  conditions: readonly Condition[],
  effects: readonly Effect[],
): Promise<boolean> {
  const cause = { correlation: MARK, actor: "sys_subject_keys", tenant: "system" };
  return (await commitSettled(store, { id: ids("unt"), cause, conditions, effects }, { clock })).outcome === "committed";
}

function subjectOf(key: string): string {
  return key.slice(SUBJECT_PREFIX.length);
}
