import type { DatabaseSync } from "node:sqlite";
import { digestHex } from "@daybook/kernel/digest";
import { storeForeignFile, storeMigrationChanged, storeNewerFormat } from "../errors.ts";

/** One step of the file's format. Steps are never edited once released: their checksum is kept in every file. */
export interface Migration {
  /** From 1, without gaps: the file's format version after the step. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** "Dybk": marks a file as a Daybook store, so that a foreign one is never touched. */
const APPLICATION_ID = 0x4479626b;

/**
 * Streams are told by name, not by number: names rise with time, so the index by stream keeps its locality, and a fresh
 * stream costs no row of its own. `cases` is the index by correlation: a row for each unit with facts, whose positions are
 * contiguous. Small records that are found by their name are WITHOUT ROWID; rows, whose values are large, are not.
 */
const FIRST = `
CREATE TABLE facts (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  unit TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  digest BLOB NOT NULL,
  meta TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX facts_by_stream ON facts (stream, version);
CREATE TABLE cases (
  correlation TEXT NOT NULL,
  position INTEGER NOT NULL,
  facts INTEGER NOT NULL,
  PRIMARY KEY (correlation, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE work (
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  unit TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  correlation TEXT NOT NULL,
  meta TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (stream, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_by_correlation ON work (correlation);
CREATE TABLE units (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rows (
  id INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  revision INTEGER NOT NULL,
  position INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  entries TEXT NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX rows_by_key ON rows (collection, key);
CREATE TABLE row_index (
  collection TEXT NOT NULL,
  name TEXT NOT NULL,
  entry TEXT NOT NULL,
  key TEXT NOT NULL,
  row INTEGER NOT NULL,
  PRIMARY KEY (collection, name, entry, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE keys (
  key TEXT PRIMARY KEY,
  expires_at INTEGER,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_expiry ON keys (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE due (
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (queue, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_by_time ON due (queue, at, id);
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', 1), ('recordedAt', 0);
`;

/**
 * Work in the order in which it was written, as facts are: histories that grow side by side fill the last page together,
 * where in the order of their names each has half-empty pages of its own, and large records pages of overflow.
 */
const WORK_IN_ORDER = `
CREATE TABLE work_in_order (
  id INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  unit TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  correlation TEXT NOT NULL,
  meta TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
INSERT INTO work_in_order (stream, version, type, schema_version, unit, ordinal, recorded_at, correlation, meta, data)
  SELECT stream, version, type, schema_version, unit, ordinal, recorded_at, correlation, meta, data FROM work ORDER BY stream, version;
DROP TABLE work;
ALTER TABLE work_in_order RENAME TO work;
CREATE UNIQUE INDEX work_by_stream ON work (stream, version);
CREATE INDEX work_by_correlation ON work (correlation);
`;

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "first", sql: FIRST },
  { number: 2, name: "work in the order of writing", sql: WORK_IN_ORDER },
];

/**
 * The format version of an open file, 0 for an empty one. Refuses what this program must not write: a file of another
 * program (`store-foreign-file`), a newer format, and a format whose steps were other ones than ours.
 */
export function formatOf(db: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): number {
  const version = pragma(db, "user_version");
  const application = pragma(db, "application_id");
  const details = { version };
  if (application !== APPLICATION_ID) {
    const isEmpty = application === 0 && version === 0 && db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
    if (!isEmpty) throw storeForeignFile("the file is a SQLite database of another program");
    return 0;
  }
  const newest = migrations.length;
  if (version > newest) throw storeNewerFormat(`the file has format ${version}, this program knows ${newest}`, { details });
  checkSteps(db, migrations);
  return version;
}

function checkSteps(db: DatabaseSync, migrations: readonly Migration[]): void {
  const applied = db.prepare("SELECT number, checksum FROM migrations ORDER BY number").all();
  for (const { number, checksum } of applied) {
    const ours = migrations[Number(number) - 1];
    if (ours && digestHex(ours.sql) === checksum) continue;
    throw storeMigrationChanged(`step ${String(number)} of the file's format is not the one that this program knows`);
  }
}

/** Brings a file from format `from` to the newest, in one transaction. */
export function migrate(db: DatabaseSync, from: number, now: number, migrations: readonly Migration[] = MIGRATIONS): void {
  const steps = migrations.filter((step) => step.number > from);
  if (steps.length === 0) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    if (from === 0) createMarks(db);
    const record = db.prepare("INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)");
    for (const step of steps) {
      db.exec(step.sql);
      record.run(step.number, step.name, digestHex(step.sql), now);
    }
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function createMarks(db: DatabaseSync): void {
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(
    "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
  );
}

/** A pragma whose answer is one number. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}
