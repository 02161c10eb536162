import type { DatabaseSync } from "node:sqlite";

/** Up to where facts are in segments; of those only markers without data need be here (archive/). */
const ARCHIVED_TO = "(SELECT coalesce(max(CAST(key AS INTEGER)), 0) FROM rows WHERE collection = 'segments')";

/** What must be so in every file, each as a query whose rows are the violations. */
const RULES: Readonly<Record<string, string>> = {
  "positions are contiguous from 1, or from what is archived":
    "SELECT max(position) AS found FROM facts WHERE data <> ''" +
    ` HAVING max(position) - min(position) + 1 <> count(*) OR min(position) > ${ARCHIVED_TO} + 1`,
  "versions of a stream of facts are contiguous from 1, or from what is archived":
    "SELECT stream AS found FROM facts GROUP BY stream" +
    ` HAVING max(version) - min(version) + 1 <> count(*) OR (min(version) <> 1 AND ${ARCHIVED_TO} = 0) LIMIT 10`,
  "versions of a stream of work are contiguous from 1":
    "SELECT stream AS found FROM work GROUP BY stream HAVING max(version) <> count(*) OR min(version) <> 1 LIMIT 10",
  "every fact is listed under its correlation":
    "SELECT found FROM (SELECT (SELECT count(*) FROM facts WHERE data <> '') - (SELECT coalesce(sum(facts), 0) FROM cases) AS found) WHERE found <> 0",
  "every index entry belongs to its row":
    "SELECT entry AS found FROM row_index LEFT JOIN rows ON rows.id = row_index.row AND rows.key = row_index.key" +
    " AND rows.collection = row_index.collection WHERE rows.id IS NULL LIMIT 10",
  "the time of recording never falls":
    "SELECT position AS found FROM (SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before FROM facts)" +
    " WHERE recorded_at < before LIMIT 10",
};

/** Everything that is wrong with an open file: its pages by SQLite's own check, then the rules. Reads the whole file. */
export function checkFile(db: DatabaseSync): readonly string[] {
  const findings: string[] = [];
  for (const row of db.prepare("PRAGMA integrity_check").all()) {
    const text = String(row["integrity_check"]);
    if (text !== "ok") findings.push(text);
  }
  if (findings.length > 0) return findings;
  for (const [rule, sql] of Object.entries(RULES)) {
    for (const row of db.prepare(sql).all()) findings.push(`${rule}: not so at ${String(row["found"])}`);
  }
  return findings;
}
