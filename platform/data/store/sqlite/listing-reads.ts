import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LIMITS } from "../limits.ts";
import type { DueCursor, DueItem, IndexEntry, KeyRecord, ListRows, NameKind, Page, Row, RowPage } from "../port.ts";
import { rangeOf, type Range } from "./text-range.ts";

export interface ListingReads {
  keys(prefix: string, page: Page<string>, now: number): readonly KeyRecord[];
  row(collection: string, key: string): Row | undefined;
  rows(options: ListRows): RowPage;
  count(options: Omit<ListRows, "limit" | "after">, cap: number): number;
  entries(collection: string, page: Page<IndexEntry>): readonly IndexEntry[];
  names(of: NameKind, page: Page<string>): readonly string[];
  due(queue: string, id: string): DueItem | undefined;
  dueUntil(queue: string, until: number, page: Page<DueCursor>): readonly DueItem[];
}

const KEYS =
  "SELECT key, value FROM keys WHERE key >= ? AND key < ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?";
const ENTRIES =
  "SELECT name, entry, key FROM row_index WHERE collection = ? AND (name, entry, key) > (?, ?, ?) ORDER BY name, entry, key LIMIT ?";
const ROW = "rows.key, value, revision, position, recorded_at";
const BY_KEY = "FROM rows WHERE collection = ? AND key >= ? AND key < ?";
const BY_ENTRY =
  "FROM row_index AS i CROSS JOIN rows ON rows.id = i.row WHERE i.collection = ? AND i.name = ? AND (i.entry, i.key) >= (?, ?) AND (i.entry, i.key) < (?, ?)";
const COUNT_ENTRIES =
  "FROM row_index AS i WHERE i.collection = ? AND i.name = ? AND (i.entry, i.key) >= (?, ?) AND (i.entry, i.key) < (?, ?)";
const DUE = "SELECT id, at, payload, revision FROM due";
const BEFORE_ENTRIES: IndexEntry = { index: "", entry: "", key: "" };
const BEFORE_ALL: DueCursor = { at: Number.MIN_SAFE_INTEGER, id: "" };

/** Reads of keys, rows and due items, in the order of the contract. Every listing is one range of one index. */
export function listingReads(db: DatabaseSync): ListingReads {
  const keys = prepared(db, KEYS);
  const row = prepared(db, `SELECT ${ROW} FROM rows WHERE collection = ? AND key = ?`);
  const byKey = (order: string) => prepared(db, `SELECT ${ROW}, rows.key ${BY_KEY} ORDER BY key ${order} LIMIT ?`);
  const byEntry = (order: string) =>
    prepared(db, `SELECT ${ROW}, i.entry ${BY_ENTRY} ORDER BY i.entry ${order}, i.key ${order} LIMIT ?`);
  const list = {
    key: { forwards: byKey("ASC"), backwards: byKey("DESC") },
    entry: { forwards: byEntry("ASC"), backwards: byEntry("DESC") },
  };
  const countKeys = db.prepare(`SELECT count(*) AS n FROM (SELECT 1 ${BY_KEY} LIMIT ?)`);
  const countEntries = db.prepare(`SELECT count(*) AS n FROM (SELECT 1 ${COUNT_ENTRIES} LIMIT ?)`);
  const entries = prepared(db, ENTRIES);
  const names = (table: string, name: string) =>
    db.prepare(`SELECT DISTINCT ${name} AS name FROM ${table} WHERE ${name} > ? ORDER BY ${name} LIMIT ?`);
  const namesOf = { work: names("work", "stream"), queue: names("due", "queue"), lease: names("leases", "name") };
  const due = prepared(db, `${DUE} WHERE queue = ? AND id = ?`);
  const dueUntil = prepared(db, `${DUE} WHERE queue = ? AND (at, id) > (?, ?) AND at <= ? ORDER BY at, id LIMIT ?`);

  function found(options: ListRows, limit: number): readonly FoundRow[] {
    const direction = options.direction ?? "forwards";
    const range = rangeOf(options.prefix ?? "", direction, options.after);
    const rows =
      options.index === undefined
        ? list.key[direction].all(options.collection, keyBounds(range).from, keyBounds(range).to, limit)
        : list.entry[direction].all(options.collection, options.index, range.from, range.fromKey, range.to, range.toKey, limit);
    return rows as unknown as FoundRow[]; // ROW and an entry, from STRICT tables
  }

  return {
    keys(prefix, page, now) {
      const after = page.after === undefined ? undefined : { entry: page.after, key: "" };
      const { from, to } = keyBounds(rangeOf(prefix, "forwards", after));
      return keys.all(from, to, now, limitOf(page.limit)).map(keyRecordOf);
    },
    row(collection, key) {
      const one = row.get(collection, key);
      return one && rowOf(collection, one as unknown as FoundRow); // ROW, from a STRICT table
    },
    rows(options) {
      const limit = limitOf(options.limit);
      const all = found(options, limit + 1);
      const page = all.slice(0, limit);
      const last = page.at(-1);
      const rows = page.map((each) => rowOf(options.collection, each));
      return all.length > limit && last ? { rows, next: { entry: last[5], key: last[0] } } : { rows };
    },
    count(options, cap) {
      const range = rangeOf(options.prefix ?? "", "forwards", undefined);
      const counted =
        options.index === undefined
          ? countKeys.get(options.collection, range.from, range.to, cap)
          : countEntries.get(options.collection, options.index, range.from, range.fromKey, range.to, range.toKey, cap);
      return Number(counted?.["n"]);
    },
    entries: (collection, { after = BEFORE_ENTRIES, limit }) =>
      entries.all(collection, after.index, after.entry, after.key, limitOf(limit)).map(indexEntryOf),
    names: (of, { after = "", limit }) => namesOf[of].all(after, limitOf(limit)).map(({ name }) => String(name)),
    due(queue, id) {
      const one = due.get(queue, id);
      return one && dueItemOf(queue, one);
    },
    dueUntil: (queue, until, { after = BEFORE_ALL, limit }) =>
      dueUntil.all(queue, after.at, after.id, until, limitOf(limit)).map((each) => dueItemOf(queue, each)),
  };
}

/** The same range over keys alone, where entry and key are one text: what comes just after it is the text with a NUL. */
function keyBounds(range: Range): { readonly from: string; readonly to: Range["to"] } {
  return { from: range.isAfter ? `${range.from}\u0000` : range.from, to: range.to };
}

function limitOf(limit: number | undefined): number {
  return Math.min(LIMITS.page, limit ?? LIMITS.page);
}

/** Answers rows as arrays of their columns: a record a row costs twice as much to hand over. */
function prepared(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

type FoundRow = readonly [key: string, value: string, revision: number, position: number, recordedAt: number, entry: string];

function rowOf(collection: string, [key, value, revision, position, recordedAt]: FoundRow): Row {
  return { collection, key, value, revision, position, recordedAt };
}

function keyRecordOf(found: unknown): KeyRecord {
  const [key, value] = found as readonly [string, string]; // from a STRICT table
  return { key, value };
}

function indexEntryOf(found: unknown): IndexEntry {
  const [index, entry, key] = found as readonly [string, string, string]; // likewise
  return { index, entry, key };
}

function dueItemOf(queue: string, found: unknown): DueItem {
  const [id, at, payload, revision] = found as readonly [string, number, string, number]; // likewise
  return { queue, id, at, payload, revision };
}
