import type { DatabaseSync } from "node:sqlite";
import { copyUnfinished } from "../errors.ts";
import type { TransferMark } from "../transfer.ts";

/** There only as long as a copy is being made into the file: one record, the mark as JSON text. */
const TABLE = "unfinished_copy";

/** The mark of an unfinished copy; undefined when the file is none. */
export function readMark(db: DatabaseSync): TransferMark | undefined {
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(TABLE)) return undefined;
  const text = String(db.prepare(`SELECT mark FROM ${TABLE}`).get()?.["mark"]);
  return JSON.parse(text) as TransferMark; // written by putMark
}

export function putMark(db: DatabaseSync, mark: TransferMark): void {
  db.exec("BEGIN IMMEDIATE");
  db.exec(`CREATE TABLE ${TABLE} (mark TEXT NOT NULL) STRICT`);
  db.prepare(`INSERT INTO ${TABLE} VALUES (?)`).run(JSON.stringify(mark));
  db.exec("COMMIT");
}

/** In the transaction that finishes the copy. */
export function dropMark(db: DatabaseSync): void {
  db.exec(`DROP TABLE ${TABLE}`);
}

/** Throws `copy-unfinished`, with the command that completes it. */
export function refuseUnfinished(db: DatabaseSync): void {
  const mark = readMark(db);
  if (mark) throw copyUnfinished(`the copy of ${mark.from} is not complete yet; this completes it: ${mark.command}`);
}
