import type { Committed, StreamKind, Unit, Verdict } from "./unit.ts";

/**
 * The store: one log, rows, keys, due items and leases, changed only by units (unit.ts). Everything else in Daybook is
 * built on these five primitives. The contract is run by conformance.ts against every adapter.
 *
 * - An answered verdict is durable, a refusal included; so is whatever a read returned.
 * - Units of one caller that are submitted without waiting are applied in the order of submission.
 * - Per stream, linearizable; globally one order of facts; a reader sees prefixes of it, without gaps.
 */
export interface Store extends StoreReads {
  readonly capabilities: Capabilities;
  /**
   * Where one process owns the store: which opening of it this is, rising. What an earlier one had under way nobody has
   * any more. Undefined where several processes write, and for readers.
   */
  readonly opening: number | undefined;
  /**
   * Commits the unit, gathered with others. Rejects with `unit-invalid` or `limit-exceeded` (nothing was submitted),
   * `store-busy` (too much is waiting) or `store-stopped` (the store no longer accepts writes and says why).
   */
  commit(unit: Unit): Promise<Verdict>;
  /** Whether writes are accepted, and if not, why. */
  status(): StoreStatus;
  /** Calls `listener` after commits, and says what may have changed; never inside a commit. Answers a way to stop. */
  watch(listener: (change: Change) => void): () => void;
  /** Waits for what was submitted, then releases file, connections and timers. Idempotent. */
  close(): Promise<void>;
}

/** What may have changed. Of another process's commits it is not known: anything. */
export interface Change {
  readonly isForeign: boolean;
  /** The log's head may have moved. */
  readonly hasFacts: boolean;
  /** A fact may have been appended to a stream of one of the categories. */
  touchesCategory(categories: readonly string[]): boolean;
  /** An item of the queue may have been scheduled or finished. */
  touchesQueue(queue: string): boolean;
  touchesKey(key: string): boolean;
}

/** What every engine answers. Pages hold at most 1,000 records; order and limits are the same on every engine. */
export interface StoreReads {
  head(): Promise<Head>;
  /**
   * What became of a unit: committed, or undefined when it was not. Then nothing that was sent before for a process that has
   * ended, or that gave it up as unknown, commits it later; only a new try can.
   */
  outcome(unitId: string): Promise<Committed | undefined>;
  readStream(stream: string, options?: ReadStream): Promise<readonly StoredEvent[]>;
  /** Version of a stream, 0 when it does not exist. */
  streamVersion(stream: string, as?: StreamKind): Promise<number>;
  /** Facts after a position, in global order, as they were asked for, and how far the engine looked. */
  readLog(options: ReadLog): Promise<LogPage>;
  /** Stored digests, of `digestText` (encode.ts) in lower-case hex, of the facts after a position, in global order. */
  readDigests(page: Page<number>): Promise<readonly string[]>;
  /** Facts and work of one correlation id: facts by position, then work by stream and version. `after`: records to pass over. */
  readCorrelation(correlation: string, page?: Page<number>): Promise<readonly StoredEvent[]>;
  getKey(key: string): Promise<string | undefined>;
  /** Keys that start with `prefix`, in code-point order, after `after`. */
  listKeys(prefix: string, options?: Page<string>): Promise<readonly KeyRecord[]>;
  getRow(collection: string, key: string): Promise<Row | undefined>;
  listRows(options: ListRows): Promise<RowPage>;
  /** How many rows a listing without page would have, counted up to `cap`. */
  countRows(options: Omit<ListRows, "limit" | "after">, cap: number): Promise<number>;
  /** Entries of a collection's indexes, by index, entry and key. */
  listEntries(collection: string, page?: Page<IndexEntry>): Promise<readonly IndexEntry[]>;
  getDue(queue: string, id: string): Promise<DueItem | undefined>;
  /** Due items of a queue with `at` ≤ `until`, by time, then id; `until` may be Infinity. */
  listDue(queue: string, until: number, page?: Page<DueCursor>): Promise<readonly DueItem[]>;
  getLease(name: string): Promise<Lease | undefined>;
  /** Names in use, in code-point order. */
  listNames(of: NameKind, page?: Page<string>): Promise<readonly string[]>;
  /** The store's own clock, epoch milliseconds: the one that leases, expiry and `recordedAt` go by. */
  now(): Promise<number>;
  /** Checks the stored form below the contract (SQLite: integrity_check; PostgreSQL: constraints). Empty when sound. */
  check(): Promise<readonly string[]>;
}

/** What an adapter cannot promise, it says here; docs/guarantees.md is generated from it. */
export interface Capabilities {
  readonly engine: "memory" | "sqlite" | "postgres";
  /** Committed units survive the end of the process and loss of power. */
  readonly isDurable: boolean;
  /** Several processes may write at once. */
  readonly isShared: boolean;
  /** Batches that may be under way at once. */
  readonly batchesInFlight: number;
}

export type StoreStatus =
  | { readonly state: "accepting" }
  | { readonly state: "stopped"; readonly reason: string; readonly cause?: unknown };

export interface Head {
  /** Raised by restore and failover; positions of different epochs are not compared. */
  readonly epoch: number;
  /** Position of the last fact, 0 in an empty log. Positions are contiguous from 1. */
  readonly position: number;
  /** `recordedAt` of the last unit with facts, 0 in an empty log. */
  readonly recordedAt: number;
}

export interface StoredEvent {
  /** Unit id, slash, ordinal in the unit. */
  readonly id: string;
  /** Global position; 0 for work, which has none. */
  readonly position: number;
  readonly stream: string;
  /** 1 for the stream's first event. */
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  /** Canonical JSON text, as written. */
  readonly data: string;
  /** Canonical JSON text of `EventMeta`. */
  readonly meta: string;
  readonly recordedAt: number;
}

/** The cause of an event, recorded with it. */
export interface EventMeta {
  readonly correlation: string;
  readonly causation: string;
  readonly actor: string;
  readonly tenant: string;
  readonly trace?: string;
  readonly source?: string;
  readonly occurredAt?: number;
}

export interface Page<Cursor> {
  readonly after?: Cursor;
  /** 1 … 1,000; 1,000 unless given. */
  readonly limit?: number;
}

export interface ReadStream {
  readonly as?: StreamKind;
  /** First version to read, inclusive; the stream's first unless given, backwards its last. */
  readonly from?: number;
  readonly direction?: "forwards" | "backwards";
  readonly limit?: number;
}

export interface ReadLog {
  /** Exclusive. */
  readonly after: number;
  readonly limit?: number;
  /** Only streams of these categories (the part of the name before the first `-`). */
  readonly categories?: readonly string[];
  readonly types?: readonly string[];
}

export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** Every fact up to here was looked at: the next page starts after it, also when `events` is empty. */
  readonly scannedTo: number;
}

export interface KeyRecord {
  readonly key: string;
  readonly value: string;
}

export interface Row {
  readonly collection: string;
  readonly key: string;
  readonly value: string;
  /** How often the row was put since it last did not exist. */
  readonly revision: number;
  /** Head of the log after the unit that put it last, and that unit's `recordedAt`. */
  readonly position: number;
  readonly recordedAt: number;
}

export interface ListRows {
  readonly collection: string;
  /** List by entries of this index instead of by key; a row appears once per matching entry. */
  readonly index?: string;
  /** Only entries (or keys) that start with this text. */
  readonly prefix?: string;
  readonly direction?: "forwards" | "backwards";
  readonly limit?: number;
  /** `next` of the page before; exclusive. */
  readonly after?: RowCursor;
}

/** An entry of an index, and the key of the row that it lists. */
export interface IndexEntry {
  readonly index: string;
  readonly entry: string;
  readonly key: string;
}

/** Streams of work that exist, queues with due items, leases that were ever taken. */
export type NameKind = "work" | "queue" | "lease";

export interface RowCursor {
  /** The entry; the key itself when listing by key. */
  readonly entry: string;
  readonly key: string;
}

export interface RowPage {
  readonly rows: readonly Row[];
  /** Where the next page starts; undefined when this was the last. */
  readonly next?: RowCursor;
}

export interface DueItem {
  readonly queue: string;
  readonly id: string;
  readonly at: number;
  readonly payload: string;
  /** Rises with every `schedule`. */
  readonly revision: number;
}

/** Where a page of due items ended: at this item, which need not exist any more. */
export interface DueCursor {
  readonly at: number;
  readonly id: string;
}

export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Fencing token: rises with every new holder, also across restarts. */
  readonly token: number;
  readonly expiresAt: number;
  readonly isRunning: boolean;
}
