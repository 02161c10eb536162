import { DatabaseSync } from "node:sqlite";
import type { Planned } from "./crash-plan.ts";
import { expectedState, line, type StateLines } from "./expected-state.ts";
import type { JournalLine } from "./journal.ts";

const TABLES: Readonly<Record<string, string>> = {
  facts: "SELECT stream, version, type, unit, ordinal, json_extract(meta, '$.correlation'), data FROM facts ORDER BY position",
  units: "SELECT id, position FROM units",
  work: "SELECT stream, version, type, unit, ordinal, correlation, data FROM work",
  rows: "SELECT collection, key, revision, value FROM rows",
  entries: "SELECT collection, name, entry, key FROM row_index",
  keys: "SELECT key, value FROM keys",
  due: "SELECT queue, id, at, revision, payload FROM due",
  leases: "SELECT name, owner, token, CASE WHEN expires_at > 0 THEN 'true' ELSE 'false' END AS held FROM leases",
};

/**
 * Everything that is wrong with a store's file, read with plain SQL, given what the scenario was told before it died.
 * `isComplete`: everything was committed once more since, so nothing may be missing either.
 */
export function violationsIn(
  file: string,
  plan: readonly Planned[],
  journal: readonly JournalLine[],
  isComplete: boolean,
): readonly string[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const sound = db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
    if (sound !== "ok") return [`the file is damaged: ${String(sound)}`];
    return [...stateViolations(db, plan, isComplete), ...journalViolations(db, plan, journal)];
  } finally {
    db.close();
  }
}

/** The file holds the effects of the first so many units of the plan, whole, and of nothing else. */
function stateViolations(db: DatabaseSync, plan: readonly Planned[], isComplete: boolean): readonly string[] {
  const wanted = plan.filter((planned) => planned.expect === "committed").map((planned) => planned.unit);
  const count = Number(db.prepare("SELECT count(*) AS n FROM units").get()?.["n"]);
  if (isComplete && count !== wanted.length) return [`${count} units of ${wanted.length} are there after all were committed`];
  const expected = expectedState(wanted.slice(0, count));
  const found = stateOf(db);
  const tables = Object.keys(TABLES).flatMap((table) => difference(table, expected[table] ?? [], found[table] ?? []));
  const positions = db.prepare("SELECT count(*) AS n, max(position) AS head FROM facts").get();
  if (Number(positions?.["n"]) !== Number(positions?.["head"] ?? 0)) tables.push("positions are not contiguous from 1");
  return tables;
}

function stateOf(db: DatabaseSync): StateLines {
  return Object.fromEntries(
    Object.entries(TABLES).map(([table, sql]) => {
      const lines = db
        .prepare(sql)
        .all()
        .map((row) => lineOf(row));
      return [table, table === "facts" ? lines : lines.sort()];
    }),
  );
}

function lineOf(row: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(row).map(([name, value]) => {
    return name === "held" ? value === "true" : (value as string | number); // columns are texts and whole numbers
  });
  return line(...parts);
}

function difference(table: string, expected: readonly string[], found: readonly string[]): readonly string[] {
  const missing = expected.filter((text) => !found.includes(text)).map((text) => `${table}: missing ${text}`);
  const extra = found.filter((text) => !expected.includes(text)).map((text) => `${table}: should not be there: ${text}`);
  if (missing.length + extra.length > 0) return [...missing, ...extra];
  return expected.join("\n") === found.join("\n") ? [] : [`${table}: wrong order, or some twice`];
}

/** Nothing that was answered is taken back. */
function journalViolations(db: DatabaseSync, plan: readonly Planned[], journal: readonly JournalLine[]): readonly string[] {
  const unit = db.prepare("SELECT position, recorded_at FROM units WHERE id = ?");
  const head = Number(db.prepare("SELECT coalesce(max(position), 0) AS head FROM facts").get()?.["head"]);
  const expected = new Map(plan.map((planned) => [planned.unit.id, planned.expect]));
  const found: string[] = [];
  for (const entry of journal) {
    if (entry.kind === "head" && entry.position > head) found.push(`a read saw position ${entry.position}, the head is ${head}`);
    if (entry.kind !== "verdict") continue;
    const { verdict } = entry;
    const stored = unit.get(entry.unit);
    if (verdict.outcome === "refused" && stored) found.push(`${entry.unit} was refused and is there`);
    if (verdict.outcome !== "unknown" && verdict.outcome !== expected.get(entry.unit))
      found.push(`${entry.unit} was ${verdict.outcome}`);
    if (verdict.outcome !== "committed") continue;
    if (!stored) found.push(`${entry.unit} was acknowledged and is lost`);
    else if (stored["position"] !== verdict.position || stored["recorded_at"] !== verdict.recordedAt)
      found.push(`${entry.unit} was acknowledged at ${verdict.position} and is at ${String(stored["position"])}`);
  }
  return found;
}
