import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

/** All but what goes on by itself: seals, and tries to reach a mail server that is not there. */
const QUERIES = [
  "SELECT position, digest FROM facts ORDER BY position DESC LIMIT 1",
  "SELECT collection, key, revision, value, entries FROM rows WHERE collection <> 'seals' ORDER BY collection, key",
  "SELECT collection, name, entry, key FROM row_index ORDER BY 1, 2, 3, 4",
  "SELECT key, value FROM keys WHERE key LIKE 'name/%' OR key LIKE 'reservation/%' ORDER BY key",
  "SELECT queue, id FROM due WHERE queue NOT LIKE 'workflow/%' ORDER BY queue, id",
] as const;

/** Where the log of a SQLite store is, and a digest of what is in it: two that are equal say that nothing happened between them. */
export function storedState(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const digest = createHash("sha256");
    for (const sql of QUERIES) digest.update(JSON.stringify(db.prepare(sql).all()));
    const head = db.prepare("SELECT max(position) AS position FROM facts").get()?.["position"];
    return `${String(head)} ${digest.digest("hex")}`;
  } finally {
    db.close();
  }
}
