import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BulkInsert } from "./bulk-insert.ts";

/** Every statement that a batch may run, prepared once. */
export type WriteStatements = Readonly<Record<keyof typeof SQL, StatementSync>>;

const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  dataVersion: "PRAGMA data_version",
  lastFact: "SELECT position, recorded_at FROM facts ORDER BY position DESC LIMIT 1",
  lastUnit: "SELECT id FROM units ORDER BY id DESC LIMIT 1",
  savedRecordedAt: "SELECT value FROM meta WHERE name = 'recordedAt'",
  saveRecordedAt: "UPDATE meta SET value = ? WHERE name = 'recordedAt'",
  unit: "SELECT position, recorded_at FROM units WHERE id = ?",
  factVersion: "SELECT version FROM facts WHERE stream = ? ORDER BY version DESC LIMIT 1",
  workVersion: "SELECT version FROM work WHERE stream = ? ORDER BY version DESC LIMIT 1",
  lastFactStream: "SELECT stream FROM facts WHERE stream >= ? AND stream < ? ORDER BY stream DESC LIMIT 1",
  lastWorkStream: "SELECT stream FROM work WHERE stream >= ? AND stream < ? ORDER BY stream DESC LIMIT 1",
  deleteWork: "DELETE FROM work WHERE stream = ?",
  row: "SELECT id, revision, entries FROM rows WHERE collection = ? AND key = ?",
  addRow: "INSERT INTO rows (collection, key, revision, position, recorded_at, entries, value) VALUES (?, ?, 1, ?, ?, ?, ?)",
  changeRow: "UPDATE rows SET revision = ?, position = ?, recorded_at = ?, entries = ?, value = ? WHERE id = ?",
  deleteRow: "DELETE FROM rows WHERE id = ?",
  addEntry: "INSERT INTO row_index (collection, name, entry, key, row) VALUES (?, ?, ?, ?, ?)",
  deleteEntry: "DELETE FROM row_index WHERE collection = ? AND name = ? AND entry = ? AND key = ?",
  key: "SELECT value, expires_at FROM keys WHERE key = ?",
  putKey:
    "INSERT INTO keys (key, expires_at, value) VALUES (?, ?, ?)" +
    " ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value",
  deleteKey: "DELETE FROM keys WHERE key = ?",
  deleteExpired:
    "DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?)",
  dueRevision: "SELECT revision FROM due WHERE queue = ? AND id = ?",
  schedule:
    "INSERT INTO due (queue, id, at, revision, payload) VALUES (?, ?, ?, 1, ?)" +
    " ON CONFLICT (queue, id) DO UPDATE SET at = excluded.at, revision = revision + 1, payload = excluded.payload",
  finish: "DELETE FROM due WHERE queue = ? AND id = ?",
  lease: "SELECT owner, token, expires_at FROM leases WHERE name = ?",
  putLease:
    "INSERT INTO leases (name, owner, token, expires_at) VALUES (?, ?, ?, ?)" +
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at",
  freeLease: "UPDATE leases SET expires_at = 0 WHERE name = ?",
} as const;

export function writeStatements(db: DatabaseSync): WriteStatements {
  const names = Object.keys(SQL) as (keyof typeof SQL)[]; // the record's keys are exactly its statements
  return Object.fromEntries(names.map((name) => [name, db.prepare(SQL[name])])) as WriteStatements; // one a name
}

/** The tables that only grow in a batch. */
export type Inserts = Readonly<Record<"facts" | "work" | "cases" | "units", BulkInsert>>;

const EVENT = ["stream", "version", "type", "schema_version", "unit", "ordinal", "recorded_at"];

export function insertsInto(db: DatabaseSync): Inserts {
  return {
    facts: new BulkInsert(db, "facts", [...EVENT, "meta", "data", "position", "digest"]),
    work: new BulkInsert(db, "work", [...EVENT, "meta", "data", "correlation"]),
    cases: new BulkInsert(db, "cases", ["correlation", "position", "facts"]),
    units: new BulkInsert(db, "units", ["id", "position", "recorded_at"]),
  };
}
