import { DatabaseSync } from "node:sqlite";
import type { FactRemoval } from "../archive/segment-place.ts";
import { FileWorker } from "./file-worker.ts";
import { queried } from "./transfer-source.ts";

/** Removed facts after which the log is copied into the database, so that it stays short. */
const CHECKPOINT_EVERY = 5_000;

const UNITS = `SELECT min(position) AS first, count(*) AS facts, json_extract(meta, '$.correlation') AS correlation
  FROM facts WHERE position BETWEEN ? AND ? AND data <> '' GROUP BY unit`;
/** By their versions, which are few: a stream may have many facts. */
const OLDER_MARKERS = `DELETE FROM facts WHERE position IN (
  SELECT m.position FROM (
    SELECT stream, min(version) AS first FROM facts WHERE position BETWEEN ? AND ? AND data <> '' GROUP BY stream
  ) AS r CROSS JOIN facts AS m ON m.stream = r.stream AND m.version < r.first WHERE m.data = '')`;
const LAST = `SELECT position, stream, version, recorded_at FROM facts WHERE position BETWEEN ? AND ? AND data <> ''
  AND NOT EXISTS (SELECT 1 FROM facts AS later WHERE later.stream = facts.stream AND later.version > facts.version)`;
const FACTS = "DELETE FROM facts WHERE position BETWEEN ? AND ? AND data <> ''";
const MARKER = `INSERT INTO facts (position, stream, version, recorded_at, type, schema_version, unit, ordinal, digest, meta, data)
  VALUES (?, ?, ?, ?, '', 0, '', 0, zeroblob(32), '{}', '')`;

/** Removes facts from a file beside the store that this process has open on it; its next batch notices. */
export function sqliteFactRemoval(file: string): FactRemoval {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  db.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0");
  const worker = new FileWorker(file, false);
  let sinceCheckpoint = 0;
  return {
    async remove(from, to) {
      queried(() => whole(db, () => removeRange(db, from, to)));
      sinceCheckpoint += to - from + 1;
      if (sinceCheckpoint < CHECKPOINT_EVERY) return;
      sinceCheckpoint = 0;
      await worker.checkpoint();
    },
    async close() {
      await worker.close();
      db.close();
    },
  };
}

function removeRange(db: DatabaseSync, from: number, to: number): void {
  const found = db.prepare("SELECT facts FROM cases WHERE correlation = ? AND position = ?");
  const drop = db.prepare("DELETE FROM cases WHERE correlation = ? AND position = ?");
  const put = db.prepare("INSERT INTO cases (correlation, position, facts) VALUES (?, ?, ?)");
  for (const { first, facts, correlation } of db.prepare(UNITS).all(from, to)) {
    const [name, position, gone] = [String(correlation), Number(first), Number(facts)];
    const left = Number(found.get(name, position)?.["facts"] ?? 0) - gone;
    drop.run(name, position);
    if (left > 0) put.run(name, position + gone, left); // the range ends within the unit
  }
  const last = db.prepare(LAST).all(from, to);
  for (const sql of [OLDER_MARKERS, FACTS]) db.prepare(sql).run(from, to);
  // Not shrunk where they are: SQLite would keep each page for the few bytes that are left on it.
  const marker = db.prepare(MARKER);
  for (const { position = 0, stream = "", version = 0, recorded_at: at = 0 } of last) marker.run(position, stream, version, at);
}

function whole(db: DatabaseSync, change: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    change();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
