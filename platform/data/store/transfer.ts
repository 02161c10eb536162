import { copyIncomplete, copySourceChanged } from "./errors.ts";
import { keyOf, TRANSFER_TABLE_NAMES, type TransferRecord, type TransferTableName } from "./transfer-tables.ts";

/**
 * How a whole store moves to another, below the contract of port.ts: records as they are kept, page by page in the order of
 * their keys. The contract is run by transfer-conformance.ts against every pair of adapters.
 */
export interface TransferReads {
  state(): Promise<TransferState>;
  count(table: TransferTableName): Promise<number>;
  /** The records after a key, from the first without one; empty at the end. */
  read(table: TransferTableName, after?: TransferRecord): Promise<readonly TransferRecord[]>;
  close(): Promise<void>;
}

/** A store that nobody writes to as long as this is open: writers are kept out, and nothing of it is changed. */
export type TransferSource = TransferReads;

/** A store that is being made. Until it is finished it is opened by nobody else: `copy-unfinished`. */
export interface TransferTarget extends TransferReads {
  /** What is there; makes nothing. */
  held(): Promise<Held>;
  /** Makes an empty store that says that it is unfinished; goes on with one that says so. */
  begin(mark: TransferMark): Promise<void>;
  /** Key of the last record: the next page starts after it. */
  last(table: TransferTableName): Promise<TransferRecord | undefined>;
  /** Writes a page whole or not at all. Records that are there already stay as they are. */
  write(table: TransferTableName, records: readonly TransferRecord[]): Promise<void>;
  /** Sets the head, and gives the store free, durably. */
  finish(state: TransferState): Promise<void>;
}

/** A store's head, and what tells one that was written to from one that was not: every commit adds a unit. */
export interface TransferState {
  readonly epoch: number;
  readonly position: number;
  /** The latest time that was given to a unit. */
  readonly recordedAt: number;
  /** The latest time that was given to a unit with facts. */
  readonly factRecordedAt: number;
  readonly units: number;
}

/** What an unfinished target says of itself. */
export interface TransferMark {
  /** The source when the copy was begun. */
  readonly source: TransferState;
  /** Where the source is, for a reader. */
  readonly from: string;
  /** What completes the copy. */
  readonly command: string;
}

export type Held =
  | { readonly kind: "nothing" }
  | { readonly kind: "unfinished"; readonly mark: TransferMark }
  | { readonly kind: "store"; readonly state: TransferState };

export interface TransferProgress {
  readonly table: TransferTableName;
  readonly done: number;
  readonly total: number;
}

/** Records by table. */
export type Transferred = Readonly<Record<TransferTableName, number>>;

export interface TransferOptions {
  readonly source: TransferSource;
  /** Begun for `mark`. */
  readonly target: TransferTarget;
  readonly mark: TransferMark;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Ends it between two pages: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Moves every record that the target does not have yet; answers how many it has of each table. Killed at any moment, it goes
 * on after the last page that was written. Rejects with `copy-source-changed` when the source was written to all the same,
 * with `copy-incomplete` when the target does not have as many records in the end.
 */
export async function transfer(options: TransferOptions): Promise<Transferred> {
  const { source, target, mark } = options;
  for (const table of TRANSFER_TABLE_NAMES) await transferTable(table, options);
  if (!isSameState(await source.state(), mark.source)) throw copySourceChanged(`${mark.from} was written to during the copy`);
  return countsOf(target);
}

/** How many records a store has of each table. */
export async function countsOf(reads: TransferReads): Promise<Transferred> {
  const counts: [TransferTableName, number][] = [];
  for (const table of TRANSFER_TABLE_NAMES) counts.push([table, await reads.count(table)]);
  return Object.fromEntries(counts) as Record<TransferTableName, number>; // one of each name
}

async function transferTable(table: TransferTableName, options: TransferOptions): Promise<void> {
  const { source, target, signal, onProgress } = options;
  const total = await source.count(table);
  let done = await target.count(table);
  let after = await target.last(table);
  onProgress?.({ table, done, total });
  for (;;) {
    signal?.throwIfAborted();
    const page = await source.read(table, after);
    const last = page.at(-1);
    if (!last) break;
    await target.write(table, page);
    after = keyOf(table, last);
    done += page.length;
    onProgress?.({ table, done, total });
    await new Promise((resolve) => void setImmediate(resolve)); // engines may answer without a turn, and signals need one
  }
  const [copied, wanted] = await Promise.all([target.count(table), source.count(table)]);
  if (copied !== wanted) throw copyIncomplete(`of ${wanted} ${table} the copy has ${copied}`);
}

/** Whether nothing was committed between the two; an epoch of its own makes another state of a store. */
export function isSameState(one: TransferState, other: TransferState): boolean {
  return one.epoch === other.epoch && isSameContent(one, other);
}

/** The same but for the epoch, which a copy has of its own. */
export function isSameContent(one: TransferState, other: TransferState): boolean {
  return one.position === other.position && one.recordedAt === other.recordedAt && one.units === other.units;
}
