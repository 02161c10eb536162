import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { plant, rewritten, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

/** The archive of the trial shop holds its first seal: the facts 1 to 15. */
const FILE = "1-15.db";
const ORDER = 13;

export const PLANTED_ARCHIVE: readonly Plant[] = [
  archived("archive", "a byte of its file changed", { cold: inFile(flipped) }, /is not the file that was recorded/),
  archived("archive", "a file that is gone", { cold: (folder) => rmSync(join(folder, FILE)) }, /there is no/),
  archived(
    "archive",
    "another store in the place of its file",
    { cold: inFile((path) => copyFileSync(join(path, "../../daybook.db"), path)) },
    /is not the file that was recorded/,
  ),
  archived(
    "archive",
    "a record of other seals than those in the file",
    sql(`UPDATE rows SET value = json_set(value, '$.hash', '${"0".repeat(64)}') WHERE collection = 'segments'`),
    /last seal is not/,
  ),
  archived(
    "archive",
    "a record whose seals do not follow",
    sql(`UPDATE rows SET value = json_set(value, '$.previous', '${"1".repeat(64)}') WHERE collection = 'segments'`),
    /do not follow/,
  ),
  archived(
    "archive",
    "a filter that hides a stream",
    sql("UPDATE rows SET value = json_set(value, '$.names', 'AAAA') WHERE collection = 'segments'"),
    /filter misses/,
  ),
  archived(
    "digests",
    "a record of the archive dropped",
    sql("DELETE FROM rows WHERE collection = 'segments'"),
    /not what its digest says/,
  ),
  archived(
    "seals",
    "a fact rewritten in the file, under its right digest, and the file's digest in the record",
    recordedAgain((db) => rewritten(ORDER, (data) => data.replace('"quantity":2', '"quantity":3')).store?.(db)),
    /not those that were sealed/,
  ),
  archived(
    "seals",
    "a seal after the archive that follows another one",
    sql(
      `UPDATE rows SET value = json_set(value, '$.previous', '${"1".repeat(64)}') WHERE collection = 'seals' AND key LIKE '%18'`,
    ),
    /does not follow the seal before/,
  ),
  archived(
    "digests",
    "a fact changed in the file, and the file's digest in the record",
    recordedAgain((db) =>
      db.exec(`UPDATE facts SET data = replace(data, '"quantity":2', '"quantity":3') WHERE position = ${ORDER}`),
    ),
    /not what its digest says/,
  ),
];

/** A thing wrong with an archived shop: a memory engine has no files. */
function archived(check: Plant["check"], what: string, change: TrialChange, says: RegExp): Plant {
  return { ...plant(check, what, { cold: () => undefined, ...change }, says), onlyOn: "sqlite" };
}

function inFile(change: (path: string) => void): (folder: string) => void {
  return (folder) => {
    const path = join(folder, FILE);
    chmodSync(path, 0o600);
    change(path);
  };
}

function flipped(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"quantity":2');
  bytes[at + 1] = (bytes[at + 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Whoever changes a file can change its record, too. */
function recordedAgain(change: (db: DatabaseSync) => void): TrialChange {
  return {
    cold: inFile((path) => {
      const db = new DatabaseSync(path);
      change(db);
      db.close();
      const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
      const store = new DatabaseSync(join(path, "../../daybook.db"));
      const update = "UPDATE rows SET value = json_set(value, '$.digest', ?, '$.bytes', ?) WHERE collection = 'segments'";
      store.prepare(update).run(digest, statSync(path).size);
      store.close();
    }),
  };
}
