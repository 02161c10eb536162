import type { DatabaseSync } from "node:sqlite";
import type { TransferState } from "../transfer.ts";
import {
  TRANSFER_PAGE,
  TRANSFER_TABLES,
  type TransferRecord,
  type TransferTable,
  type TransferTableName,
} from "../transfer-tables.ts";

/** The fact at the unit's position, when it is the unit's: then it is its last. */
const LAST_FACT = "facts AS f WHERE f.position = units.position AND f.unit = units.id";
const CORRELATION = "json_extract(f.meta, '$.correlation')";

/** What a field is read as, where it is not the column of its name. */
const EXPRESSIONS: Readonly<Partial<Record<TransferTableName, Readonly<Record<string, string>>>>> = {
  facts: { digest: "lower(hex(digest))" },
  units: {
    correlation: `(SELECT ${CORRELATION} FROM ${LAST_FACT})`,
    facts: `coalesce((SELECT (SELECT c.facts FROM cases AS c WHERE c.correlation = ${CORRELATION}
      AND c.position <= units.position ORDER BY c.position DESC LIMIT 1) FROM ${LAST_FACT}), 0)`,
  },
};

const STATE = `SELECT (SELECT value FROM meta WHERE name = 'epoch') AS epoch, (SELECT value FROM meta WHERE name = 'recordedAt') AS saved,
  (SELECT max(position) FROM facts) AS position, (SELECT recorded_at FROM facts ORDER BY position DESC LIMIT 1) AS recorded_at,
  (SELECT count(*) FROM units) AS units`;

/** Reads a file's records as they move. */
export class TransferQueries {
  private readonly db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  state(): TransferState {
    const found = this.db.prepare(STATE).get();
    const factRecordedAt = Number(found?.["recorded_at"] ?? 0);
    return {
      epoch: Number(found?.["epoch"]),
      position: Number(found?.["position"] ?? 0),
      recordedAt: Math.max(factRecordedAt, Number(found?.["saved"])),
      factRecordedAt,
      units: Number(found?.["units"]),
    };
  }

  count(name: TransferTableName): number {
    return Number(this.db.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.["n"]);
  }

  last(name: TransferTableName): TransferRecord | undefined {
    const { key } = TRANSFER_TABLES[name];
    const order = key.map((field) => `${field} DESC`).join(", ");
    return [...this.arrays(`SELECT ${key.join(", ")} FROM ${name} ORDER BY ${order} LIMIT 1`, [])][0];
  }

  page(name: TransferTableName, after?: TransferRecord): readonly TransferRecord[] {
    const records: TransferRecord[] = [];
    let bytes = 0;
    for (const record of this.arrays(pageText(name, TRANSFER_TABLES[name], after), after ?? [])) {
      records.push(record);
      for (const value of record) if (typeof value === "string") bytes += value.length;
      if (bytes >= TRANSFER_PAGE.bytes) break;
    }
    return records;
  }

  private arrays(sql: string, parameters: TransferRecord): IterableIterator<TransferRecord> {
    const statement = this.db.prepare(sql);
    statement.setReturnArrays(true);
    return statement.iterate(...parameters) as unknown as IterableIterator<TransferRecord>; // by the line above, of STRICT tables
  }
}

function pageText(name: TransferTableName, { key, fields }: TransferTable, after?: TransferRecord): string {
  const columns = fields.map((field) => EXPRESSIONS[name]?.[field] ?? field).join(", ");
  const where = after ? `WHERE (${key.join(", ")}) > (${key.map(() => "?").join(", ")})` : "";
  return `SELECT ${columns} FROM ${name} ${where} ORDER BY ${key.join(", ")} LIMIT ${TRANSFER_PAGE.records}`;
}
