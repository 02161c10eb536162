import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import type { Held, TransferMark, TransferState, TransferTarget } from "../transfer.ts";
import {
  fieldOf,
  TRANSFER_TABLE_NAMES,
  TRANSFER_TABLES,
  type TransferRecord,
  type TransferTableName,
} from "../transfer-tables.ts";
import { holdFile } from "./data-lock.ts";
import { openFile } from "./open-file.ts";
import { formatOf } from "./schema.ts";
import { TransferQueries } from "./transfer-reads.ts";
import { queried } from "./transfer-source.ts";
import { dropMark, putMark, readMark } from "./unfinished-copy.ts";

export interface SqliteTransferTargetOptions {
  /** Made when missing, in a folder that is there. */
  readonly file: string;
  readonly secureDelete?: boolean;
  readonly clock?: Clock;
}

const CHECKPOINT_PAGES = 4_096;

/** A store's file as the target of a copy, locked as by its only writer. */
export function sqliteTransferTarget(options: SqliteTransferTargetOptions): TransferTarget {
  const target = new SqliteTransferTarget(options);
  return {
    held: async () => target.held(),
    begin: async (mark) => queried(() => target.begin(mark)),
    state: async () => queried(() => target.queries.state()),
    count: async (table) => queried(() => target.queries.count(table)),
    read: async (table, after) => queried(() => target.queries.page(table, after)),
    last: async (table) => queried(() => target.queries.last(table)),
    write: async (table, records) => queried(() => target.write(table, records)),
    finish: async (state) => queried(() => target.finish(state)),
    close: async () => target.close(),
  };
}

class SqliteTransferTarget {
  private readonly options: SqliteTransferTargetOptions;
  private readonly lock: { close(): void };
  private opened: { readonly db: DatabaseSync; readonly queries: TransferQueries } | undefined;

  constructor(options: SqliteTransferTargetOptions) {
    this.options = options;
    this.lock = holdFile(`${options.file}-lock`);
  }

  held(): Held {
    const { file } = this.options;
    if (!existsSync(file) || isBlank(file)) return { kind: "nothing" };
    const db = openFile({ file, now: 0, readOnly: true, mayBeUnfinished: true });
    try {
      const mark = readMark(db);
      if (mark) return { kind: "unfinished", mark };
      const queries = new TransferQueries(db);
      const isEmpty = TRANSFER_TABLE_NAMES.every((table) => queries.count(table) === 0);
      return isEmpty ? { kind: "nothing" } : { kind: "store", state: queries.state() };
    } finally {
      db.close();
    }
  }

  begin(mark: TransferMark): void {
    const { file, secureDelete = false, clock = systemClock } = this.options;
    const db = openFile({ file, secureDelete, now: clock.now(), mayBeUnfinished: true });
    this.opened = { db, queries: new TransferQueries(db) };
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    if (!readMark(db)) putMark(db, mark);
  }

  get queries(): TransferQueries {
    return this.begun.queries;
  }

  private get begun() {
    assert(this.opened, "the copy was begun");
    return this.opened;
  }

  write(table: TransferTableName, records: readonly TransferRecord[]): void {
    this.whole((db) => {
      const insert = inserter(db, table);
      for (const record of records) insert(record);
    });
  }

  finish({ epoch, recordedAt }: TransferState): void {
    const { db } = this.begun;
    db.exec("PRAGMA synchronous = FULL");
    this.whole(() => {
      const set = db.prepare("UPDATE meta SET value = ? WHERE name = ?");
      set.run(epoch, "epoch");
      set.run(recordedAt, "recordedAt");
      dropMark(db);
    });
    db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  }

  private whole(change: (db: DatabaseSync) => void): void {
    const { db } = this.begun;
    db.exec("BEGIN IMMEDIATE");
    try {
      change(db);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.opened?.db.close();
    this.opened = undefined;
    this.lock.close();
  }
}

/** Whether a killed program made the file and nothing in it. */
function isBlank(file: string): boolean {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return queried(() => formatOf(db) === 0);
  } finally {
    db.close();
  }
}

type Insert = (record: TransferRecord) => void;

function inserter(db: DatabaseSync, table: TransferTableName): Insert {
  switch (table) {
    case "units":
      return unitInserter(db);
    case "rows":
      return rowInserter(db);
    default:
      return plainInserter(db, table);
  }
}

function plainInserter(db: DatabaseSync, table: TransferTableName): Insert {
  const { key, fields } = TRANSFER_TABLES[table];
  const values = fields.map((field) => (field === "digest" ? "unhex(?)" : "?"));
  const insert = db.prepare(
    `INSERT INTO ${table} (${fields.join(", ")}) VALUES (${values.join(", ")}) ON CONFLICT (${key.join(", ")}) DO NOTHING`,
  );
  return (record) => insert.run(...record);
}

/** With its case, when it has facts. */
function unitInserter(db: DatabaseSync): Insert {
  const unit = db.prepare("INSERT INTO units (id, position, recorded_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING");
  const its = db.prepare("INSERT INTO cases (correlation, position, facts) VALUES (?, ? - ? + 1, ?) ON CONFLICT DO NOTHING");
  return ([id = null, position = null, recordedAt = null, facts = null, correlation = null]) => {
    unit.run(id, position, recordedAt);
    if (facts !== 0) its.run(correlation, position, facts, facts);
  };
}

function rowInserter(db: DatabaseSync): Insert {
  const row = plainInserter(db, "rows");
  const entry = db.prepare(
    "INSERT INTO row_index (collection, name, entry, key, row)" +
      " SELECT collection, ?, ?, key, id FROM rows WHERE collection = ? AND key = ? ON CONFLICT DO NOTHING",
  );
  return (record) => {
    row(record);
    const [collection = null, key = null] = record;
    const pairs = String(fieldOf("rows", record, "entries"));
    const entries = pairs === "" ? [] : (JSON.parse(pairs) as [string, string][]); // by the port
    for (const [name, text] of entries) entry.run(name, text, collection, key);
  };
}
