import type { Held, TransferMark, TransferState, TransferTarget } from "../transfer.ts";
import {
  fieldOf,
  NUMBER_FIELDS,
  TRANSFER_TABLE_NAMES,
  TRANSFER_TABLES,
  type TransferRecord,
  type TransferTableName,
} from "../transfer-tables.ts";
import type { Client } from "./client.ts";
import { formatOf, inSchema, migrate, type InSchema } from "./schema.ts";
import { countOf, LOCK, PAGE_PLANS, transferClient, transferReads, type PostgresPlace, type Session } from "./transfer-reads.ts";
import { dropMark, IS_UNFINISHED, putMark, readMark } from "./unfinished-copy.ts";

/** A schema as the target of a copy, made when it is not there. */
export async function postgresTransferTarget({ url, schema }: PostgresPlace): Promise<TransferTarget> {
  const client = await transferClient(url);
  const text = inSchema(schema);
  return {
    ...transferReads(client, text),
    held: () => heldBy(client, schema, text),
    begin: (mark) => begin(client, { schema, text, mark }),
    last: (table) => lastKey(client, text, table),
    write: (table, records) =>
      whole(client, text, async (session) => {
        const record = json(records.map((each) => recordOf(table, each)));
        for (const sql of WRITES[table]) await session.unsafe(text(sql), [record], { prepare: true });
        if (table === "rows") await session.unsafe(text(ENTRIES), [json(records.flatMap(entriesOf))], { prepare: true });
      }),
    finish: (state) => whole(client, text, (session) => finish(session, text, state)),
    close: () => client.end({ timeout: 5 }),
  };
}

async function heldBy(client: Client, schema: string, text: InSchema): Promise<Held> {
  const format = await formatOf(client, schema);
  if (format === "none") return { kind: "nothing" };
  const mark = await readMark(client, text);
  if (mark) return { kind: "unfinished", mark };
  const isEmpty = await isWithoutRecords(client, text);
  return isEmpty ? { kind: "nothing" } : { kind: "store", state: await transferReads(client, text).state() };
}

async function isWithoutRecords(session: Session, text: InSchema): Promise<boolean> {
  for (const table of TRANSFER_TABLE_NAMES) if ((await countOf(session, text, table)) > 0) return false;
  return true;
}

/** The log is joined anew, so that a writer who had it open is told before its next batch, and does not commit it. */
async function begin(client: Client, options: { schema: string; text: InSchema; mark: TransferMark }): Promise<void> {
  const { schema, text, mark } = options;
  await migrate(client, schema);
  await client.begin("isolation level read committed", async (session) => {
    await session.unsafe(text("select from {schema}.join_1(null)"));
    const [is] = await session.unsafe(text(`select ${IS_UNFINISHED} as yes`));
    if (is?.["yes"] !== true) await putMark(session, text, mark);
  });
}

async function lastKey(session: Session, text: InSchema, table: TransferTableName): Promise<TransferRecord | undefined> {
  const { key } = TRANSFER_TABLES[table];
  const order = key.map((field) => `${field} desc`).join(", ");
  const found = await session.unsafe(text(`select ${key.join(", ")} from {schema}.${table} order by ${order} limit 1`)).values();
  return (found as unknown as readonly TransferRecord[])[0]; // as the statement names its columns
}

/** In one transaction, and only as long as the copy is not finished. */
async function whole(client: Client, text: InSchema, change: (session: Session) => Promise<void>): Promise<void> {
  await client.begin("isolation level read committed", async (session) => {
    await session.unsafe(PAGE_PLANS);
    await session.unsafe(text(`select ${LOCK}::text as locked from {schema}.unfinished_copy`));
    await change(session);
  });
}

async function finish(session: Session, text: InSchema, state: TransferState): Promise<void> {
  const { epoch, position, recordedAt, factRecordedAt } = state;
  await session.unsafe(text("update {schema}.log set epoch = $1"), [epoch]);
  await session.unsafe(text("delete from {schema}.batches"));
  await session.unsafe(text("insert into {schema}.batches values (1, $1, $2, $3)"), [position, recordedAt, factRecordedAt]);
  await dropMark(session, text);
}

const DOUBLES = new Set(["expires_at"]);

function columnOf(field: string): string {
  return `${field} ${DOUBLES.has(field) ? "double precision" : NUMBER_FIELDS.has(field) ? "bigint" : "text"}`;
}

function page(table: TransferTableName): string {
  return `json_to_recordset($1::text::json) as p(${TRANSFER_TABLES[table].fields.map(columnOf).join(", ")})`;
}

/** The statements that write a page of a table, which is their parameter: JSON text of records by field. */
const WRITES: Readonly<Record<TransferTableName, readonly string[]>> = {
  facts: eventWrites("facts"),
  work: eventWrites("work"),
  units: [plainWrite("units", { correlation: "coalesce(p.correlation, '')" })],
  rows: [plainWrite("rows")],
  keys: [plainWrite("keys", { expires_at: "coalesce(p.expires_at, 'infinity')" })],
  due: [plainWrite("due")],
  leases: [plainWrite("leases")],
};

const ENTRIES = `insert into {schema}.entries (collection, index, entry, key)
  select p.collection, p.index, p.entry, p.key
  from json_to_recordset($1::text::json) as p(collection text, index text, entry text, key text) on conflict do nothing`;

function plainWrite(table: TransferTableName, expressions: Readonly<Record<string, string>> = {}, join = ""): string {
  const { key } = TRANSFER_TABLES[table];
  const fields = [...(join === "" ? [] : ["stream_id"]), ...TRANSFER_TABLES[table].fields];
  return `insert into {schema}.${table} (${fields.join(", ")})
    select ${fields.map((field) => expressions[field] ?? `p.${field}`).join(", ")} from ${page(table)} ${join}
    on conflict (${key.map((field) => (field === "stream" ? "stream_id" : field)).join(", ")}) do nothing`;
}

/** Streams have numbers of their own in each schema, rising as they appear. */
function eventWrites(table: "facts" | "work"): readonly string[] {
  const isWork = table === "work";
  const streams = `insert into {schema}.streams (id, is_work, name)
    select nextval('{schema}.stream_ids'), ${isWork}, n.stream from (
      select p.stream, min(${isWork ? "p.version" : "p.position"}) as first from ${page(table)}
      where not exists (select from {schema}.streams s where s.name = p.stream and s.is_work = ${isWork})
      group by p.stream order by 2, 1
    ) n`;
  const join = `join {schema}.streams s on s.name = p.stream and s.is_work = ${isWork}`;
  return [streams, plainWrite(table, { stream_id: "s.id", digest: "decode(p.digest, 'hex')" }, join)];
}

type JsonRecord = Readonly<Record<string, unknown>>;

function json(records: readonly JsonRecord[]): string {
  return JSON.stringify(records);
}

function recordOf(table: TransferTableName, record: TransferRecord): JsonRecord {
  const values = Object.fromEntries(TRANSFER_TABLES[table].fields.map((field, index) => [field, record[index]]));
  return table === "rows" ? { ...values, entries: indexOf(pairsOf(record)) } : values;
}

/** As the commit function keeps them. */
function indexOf(pairs: readonly Pair[]): string | null {
  if (pairs.length === 0) return null;
  const lists = Map.groupBy(pairs, ([name]) => name);
  return JSON.stringify(Object.fromEntries([...lists].map(([name, of]) => [name, of.map(([, entry]) => entry)])));
}

type Pair = readonly [name: string, entry: string];

function pairsOf(record: TransferRecord): readonly Pair[] {
  const pairs = String(fieldOf("rows", record, "entries"));
  return pairs === "" ? [] : (JSON.parse(pairs) as Pair[]); // by the port
}

function entriesOf(record: TransferRecord): readonly JsonRecord[] {
  const [collection, key] = record;
  return pairsOf(record).map(([index, entry]) => ({ collection, index, entry, key }));
}
