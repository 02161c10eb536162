import { digestHex } from "@daybook/kernel/digest";
import { databaseUnsuitable, storeMigrationChanged, storeNewerFormat } from "../errors.ts";
import type { Client } from "./client.ts";
import { COMMIT_FUNCTION } from "./commit-function.ts";
import { JOIN_FUNCTION } from "./join.ts";
import { ONE_FACT_FUNCTION } from "./one-fact-function.ts";
import { PLAIN_FUNCTION } from "./plain-function.ts";
import { TABLES } from "./tables.ts";

/** A step of the format, for ever as it is once released. `{schema}` stands for the tenant's schema. */
interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "tables", sql: TABLES },
  { number: 2, name: "commit function", sql: COMMIT_FUNCTION },
  { number: 3, name: "function for plain batches", sql: PLAIN_FUNCTION },
  { number: 4, name: "function that joins the log", sql: JOIN_FUNCTION },
  { number: 5, name: "function for one fact", sql: ONE_FACT_FUNCTION },
];

/** Statements of one tenant: `{schema}` in them is replaced by the quoted name of its schema. */
export type InSchema = (sql: string) => string;

export function inSchema(schema: string): InSchema {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return (sql) => sql.replaceAll("{schema}", quoted);
}

/**
 * Brings the tenant's schema to this program's format; many processes may do so at once. Throws `store-newer-format`
 * when a newer program has been there, `store-migration-changed` when another build of the same format has.
 */
export async function migrate(client: Client, schema: string, migrations = MIGRATIONS): Promise<void> {
  const text = inSchema(schema);
  if (missing(await applied(client, schema), migrations).length === 0) return;
  await client.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(hashtextextended(${`daybook ${schema}`}, 0))`;
    const isThere = (await transaction`select to_regnamespace(${quoteless(text)}) is not null as yes`)[0]?.["yes"] === true;
    if (!isThere) await transaction.unsafe(text("create schema {schema}"));
    await transaction.unsafe(text(MIGRATIONS_TABLE));
    for (const migration of missing(await applied(transaction, schema), migrations)) {
      await transaction.unsafe(text(migration.sql));
      const { number, name } = migration;
      await transaction.unsafe(text("insert into {schema}.migrations (number, name, checksum) values ($1, $2, $3)"), [
        number,
        name,
        checksumOf(migration),
      ]);
    }
  });
}

/** Whether the schema holds a store, and of which format; throws as `migrate` does. Changes nothing. */
export async function formatOf(client: Client, schema: string): Promise<"none" | "older" | "current"> {
  const there = await applied(client, schema);
  if (missing(there, MIGRATIONS).length === 0) return "current";
  return there.length === 0 ? "none" : "older";
}

const MIGRATIONS_TABLE = `
create table if not exists {schema}.migrations (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp()
)`;

interface Applied {
  readonly number: number;
  readonly checksum: string;
}

/** What of `{schema}` the catalogue functions take: the quoted name. */
function quoteless(text: InSchema): string {
  return text("{schema}");
}

async function applied(client: Pick<Client, "unsafe">, schema: string): Promise<readonly Applied[]> {
  const text = inSchema(schema);
  const [table] = await client.unsafe("select to_regclass($1) is not null as yes", [text("{schema}.migrations")]);
  if (table?.["yes"] !== true) return [];
  return client.unsafe<Applied[]>(text("select number, checksum from {schema}.migrations order by number"));
}

function missing(there: readonly Applied[], migrations: readonly Migration[]): readonly Migration[] {
  for (const { number, checksum } of there) {
    const own = migrations.find((migration) => migration.number === number);
    if (!own) throw storeNewerFormat(`the schema has format ${number}, this program knows ${migrations.length}`);
    if (checksumOf(own) !== checksum) throw storeMigrationChanged(`step ${number} (${own.name}) was another when it was applied`);
  }
  return migrations.filter((migration) => !there.some(({ number }) => number === migration.number));
}

function checksumOf(migration: Migration): string {
  return digestHex(migration.sql);
}

/** Throws `database-unsuitable` when the database takes no writes, or could lose or mangle what was acknowledged. */
export async function checkDatabase(client: Client, isPooled: boolean): Promise<void> {
  const [settings] = await client<Settings[]>`
    select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
      current_setting('fsync') as fsync, current_setting('full_page_writes') as "fullPageWrites",
      current_setting('synchronous_commit') as "synchronousCommit",
      current_setting('default_transaction_isolation') as isolation, pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') as "readOnly"`;
  if (!settings) throw databaseUnsuitable("the database does not tell its settings");
  const { version, encoding, fsync, fullPageWrites, synchronousCommit, isolation, isStandby, readOnly } = settings;
  if (version < 140_000) throw databaseUnsuitable(`PostgreSQL 14 or newer is needed, this is ${Math.floor(version / 10_000)}`);
  if (encoding !== "UTF8") throw databaseUnsuitable(`the database's encoding must be UTF8, not ${encoding}`);
  if (fsync !== "on") throw databaseUnsuitable("fsync is off: a crash would lose acknowledged units");
  if (fullPageWrites !== "on") throw databaseUnsuitable("full_page_writes is off: a crash could damage the data");
  if (synchronousCommit === "off") throw databaseUnsuitable("synchronous_commit is off: a crash would lose acknowledged units");
  if (isPooled && isolation !== "read committed") {
    throw databaseUnsuitable(`default_transaction_isolation is ${isolation}, and a pooler keeps the store from setting it`);
  }
  if (isStandby) throw databaseUnsuitable("the server is a standby: it takes no writes until it is promoted");
  if (readOnly === "on") throw databaseUnsuitable("transactions are read-only (default_transaction_read_only)");
}

interface Settings {
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly isolation: string;
  readonly isStandby: boolean;
  readonly readOnly: string;
}
