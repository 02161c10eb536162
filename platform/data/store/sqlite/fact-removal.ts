import { DatabaseSync } from "node:sqlite";
import type { FactRemoval } from "../archive/segment-place.ts";
import { FileWorker } from "./file-worker.ts";
import { queried } from "./transfer-source.ts";

/** Removed facts after which the log is copied into the database, so that it stays short. */
const CHECKPOINT_EVERY = 5_000;

const UNITS = `SELECT min(position) AS first, count(*) AS facts, json_extract(meta, '$.correlation') AS correlation
  FROM facts WHERE position BETWEEN ? AND ? AND data <> '' GROUP BY unit`;
const OLDER_MARKERS = `DELETE FROM facts WHERE data = '' AND +position < ?1
  AND stream IN (SELECT stream FROM facts WHERE position BETWEEN ?1 AND ?2 AND data <> '')`;
const FOLLOWED = `DELETE FROM facts WHERE position BETWEEN ? AND ? AND data <> ''
  AND EXISTS (SELECT 1 FROM facts AS later WHERE later.stream = facts.stream AND later.version > facts.version)`;
const LAST = `UPDATE facts SET type = '', schema_version = 0, unit = '', ordinal = 0, digest = zeroblob(32), meta = '{}', data = ''
  WHERE position BETWEEN ? AND ? AND data <> ''`;

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
  for (const sql of [OLDER_MARKERS, FOLLOWED, LAST]) db.prepare(sql).run(from, to);
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
