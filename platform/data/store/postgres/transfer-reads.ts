import type { RowIndex } from "../unit.ts";
import type { TransferReads, TransferState } from "../transfer.ts";
import {
  NUMBER_FIELDS,
  TRANSFER_PAGE,
  TRANSFER_TABLES,
  type TransferRecord,
  type TransferTableName,
} from "../transfer-tables.ts";
import { connect, hasPooler, type Client } from "./client.ts";
import { checkDatabase, type InSchema } from "./schema.ts";

export type Session = Pick<Client, "unsafe">;

export interface PostgresPlace {
  readonly url: string;
  readonly schema: string;
}

/** One connection that stays, to a database that can hold a store. */
export async function transferClient(url: string): Promise<Client> {
  const options = { url, name: "daybook-copy", connections: 1 };
  const probe = connect(options);
  try {
    const isPooled = await hasPooler(probe);
    await checkDatabase(probe, isPooled);
    return connect({ ...options, isPooled, isKept: true });
  } finally {
    await probe.end({ timeout: 5 });
  }
}

/** Of the lock that every batch takes first (commit-function.ts), until the transaction ends. */
export const LOCK = "pg_advisory_xact_lock(1145655888, '{schema}.batches'::regclass::oid::integer)";

/** Pages go by indexes: there are no statistics yet. */
export const PAGE_PLANS = "set local enable_seqscan = off; set local enable_bitmapscan = off; set local jit = off";

const STATE = `select l.epoch, b.position, b.recorded_at as "recordedAt", b.fact_recorded_at as "factRecordedAt",
    (select count(*) from {schema}.units) as units
  from {schema}.log l, (select * from {schema}.batches order by number desc limit 1) b`;

/** What a field is read as, where it is not the column of its name. */
const EXPRESSIONS: Readonly<Partial<Record<TransferTableName, Readonly<Record<string, string>>>>> = {
  facts: { digest: "encode(digest, 'hex')" },
  units: { correlation: "case when facts > 0 then correlation end" },
  keys: { expires_at: "nullif(expires_at, 'infinity')" },
};

/** Fields that may be large. */
const LARGE = new Set(["data", "meta", "value", "payload"]);

/** Reads a schema's records as they move. */
export function transferReads(session: Session, text: InSchema): Omit<TransferReads, "close"> {
  return {
    async state() {
      const [found] = await session.unsafe<TransferState[]>(text(STATE));
      return { ...(found as TransferState) }; // a log has one record, and its last batch
    },
    count: (table) => countOf(session, text, table),
    async read(table, after) {
      const records = await session.unsafe(text(pageText(table, after)), [...(after ?? [])], { prepare: true }).values();
      const found = records as unknown as readonly TransferRecord[]; // as the statement names its columns
      return table === "rows" ? found.map(asRow) : found;
    },
  };
}

export async function countOf(session: Session, text: InSchema, table: TransferTableName): Promise<number> {
  const [found] = await session.unsafe(text(`select count(*) as n from {schema}.${table}`));
  return Number(found?.["n"]);
}

function pageText(name: TransferTableName, after?: TransferRecord): string {
  const { key, fields } = TRANSFER_TABLES[name];
  const columns = fields.map((field) => `${EXPRESSIONS[name]?.[field] ?? field} as ${field}`).join(", ");
  const from = key.map((field, index) => `$${index + 1}::${NUMBER_FIELDS.has(field) ? "bigint" : "text"}`).join(", ");
  const keys = key.join(", ");
  const bytes = ["0", ...fields.filter((field) => LARGE.has(field)).map((field) => `octet_length(${field})`)].join(" + ");
  const where = after ? `where (${keys}) > (${from})` : "";
  return `select ${fields.join(", ")} from (
      select t.*, sum(${bytes}) over (order by ${keys} rows between unbounded preceding and 1 preceding) as before from (
        select ${columns} from {schema}.${name} ${where} order by ${keys} limit ${TRANSFER_PAGE.records}
      ) t
    ) p where coalesce(before, 0) < ${TRANSFER_PAGE.bytes} order by ${keys}`;
}

const ENTRIES = TRANSFER_TABLES.rows.fields.indexOf("entries");

function asRow(record: TransferRecord): TransferRecord {
  return record.with(ENTRIES, pairsOf(record[ENTRIES]));
}

function pairsOf(index: unknown): string {
  if (typeof index !== "string") return "";
  const lists = Object.entries(JSON.parse(index) as RowIndex); // as the commit function was given it
  const pairs = lists.flatMap(([name, texts]) => [...new Set(texts)].map((entry) => [name, entry]));
  return pairs.length === 0 ? "" : JSON.stringify(pairs);
}
