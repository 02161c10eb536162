import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { sqliteTooOld, storeCorrupt, storeForeignFile, storeIoFailed, storeOlderFormat } from "../errors.ts";
import { rewriteLog, syncFolderOf, syncPath } from "./durability.ts";
import { formatOf, migrate, MIGRATIONS, pragma, type Migration } from "./schema.ts";
import { refuseUnfinished } from "./unfinished-copy.ts";

export interface OpenFile {
  readonly file: string;
  readonly readOnly?: boolean;
  readonly secureDelete?: boolean;
  /** Only the copy itself opens a file into which a copy is being made; to others it is `copy-unfinished`. */
  readonly mayBeUnfinished?: boolean;
  /** Epoch milliseconds, recorded with a migration. */
  readonly now: number;
  readonly migrations?: readonly Migration[];
}

/** Bugs of WAL mode that lose data were fixed in this one. */
const SQLITE_MIN = "3.51.3";
const CACHE_KIB = 16_384;

/**
 * Opens a store's file, ready for use: identity and format checked before anything is written, what a dead process left in
 * the log reconciled, an older format migrated after a copy was put beside it (`FILE.format-N`), its opening counted. The
 * caller owns the file.
 */
export function openFile(options: OpenFile): DatabaseSync {
  const migrations = options.migrations ?? MIGRATIONS;
  if (options.readOnly) return openReadOnly(options, migrations);
  rewriteLog(options.file);
  return opened(options.file, false, (db) => {
    const format = formatOf(db, migrations);
    if (!options.mayBeUnfinished) refuseUnfinished(db);
    setUp(db, options.secureDelete ?? false);
    checkLength(db, options.file);
    if (format > 0 && format < migrations.length) copyBefore(db, options.file, format);
    migrate(db, format, options.now, migrations);
    db.exec("INSERT INTO meta VALUES ('opening', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1");
    copyLog(db);
    syncFolderOf(options.file);
  });
}

function openReadOnly({ file, mayBeUnfinished }: OpenFile, migrations: readonly Migration[]): DatabaseSync {
  return opened(file, true, (db) => {
    const format = formatOf(db, migrations);
    if (!mayBeUnfinished) refuseUnfinished(db);
    if (format < migrations.length) throw storeOlderFormat(`the file has format ${format}, this program ${migrations.length}`);
    db.exec("PRAGMA query_only = ON");
  });
}

function opened(file: string, readOnly: boolean, prepare: (db: DatabaseSync) => void): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly, timeout: 1_000 });
    checkVersion(db);
    prepare(db);
    return db;
  } catch (error) {
    db?.close();
    throw codedError(error);
  }
}

/** SQLite's codes for what the file system refused: permission, read-only, input and output, full, cannot open. */
const REFUSED_BY_SYSTEM: ReadonlySet<number> = new Set([3, 8, 10, 13, 14]);

/** The coded error of what SQLite threw where the file or its disk is to blame; everything else as it is. */
export function codedError(error: unknown): unknown {
  if (errorCode(error) !== undefined || !(error instanceof Error) || !("errcode" in error)) return error;
  const primary = Number(error.errcode) & 0xff;
  if (primary === 11) return storeCorrupt(`SQLite finds the file damaged: ${messageOf(error)}`, { cause: error });
  if (primary === 26) return storeForeignFile("the file is not a SQLite database", { cause: error });
  if (REFUSED_BY_SYSTEM.has(primary)) return storeIoFailed(`the store's file failed: ${messageOf(error)}`, { cause: error });
  return error;
}

function checkVersion(db: DatabaseSync): void {
  const version = String(db.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (!isAtLeast(version, SQLITE_MIN)) throw sqliteTooOld(`SQLite ${version} is older than ${SQLITE_MIN}`);
}

/** Whether a dotted version is `least` or later. */
export function isAtLeast(version: string, least: string): boolean {
  const wanted = least.split(".").map(Number);
  const found = version.split(".").map(Number);
  for (const [index, part] of wanted.entries()) {
    if (found[index] !== part) return (found[index] ?? 0) > part;
  }
  return true;
}

function setUp(db: DatabaseSync, secureDelete: boolean): void {
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = NORMAL");
  db.exec("PRAGMA wal_autocheckpoint = 0");
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec("PRAGMA temp_store = MEMORY");
  db.exec("PRAGMA trusted_schema = OFF");
  db.exec(`PRAGMA secure_delete = ${secureDelete ? "ON" : "OFF"}`);
  copyLog(db);
}

/** Writes every page of the log to the database, synced, and empties the log: so what a failed sync left is reconciled. */
function copyLog(db: DatabaseSync): void {
  db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
}

/** A file that was cut off is found out now, not when a page is missed. */
function checkLength(db: DatabaseSync, file: string): void {
  const expected = pragma(db, "page_count") * pragma(db, "page_size");
  const { size } = statSync(file);
  if (size < expected)
    throw storeCorrupt(`the file should have ${expected} bytes and has ${size}`, { details: { expected, size } });
}

/** A copy that was begun and not finished has another name, and is made again. */
function copyBefore(db: DatabaseSync, file: string, format: number): void {
  const copy = `${file}.format-${format}`;
  if (existsSync(copy)) return;
  const draft = `${copy}.new`;
  rmSync(draft, { force: true });
  db.prepare("VACUUM INTO ?").run(draft);
  syncPath(draft);
  renameSync(draft, copy);
  syncFolderOf(copy);
}
