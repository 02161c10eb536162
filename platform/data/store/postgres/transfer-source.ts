import { copySourceInUse, copySourceMissing, storeOlderFormat } from "../errors.ts";
import type { TransferSource } from "../transfer.ts";
import type { Client } from "./client.ts";
import { NOW } from "./queries.ts";
import { formatOf, inSchema, type InSchema } from "./schema.ts";
import { LOCK, PAGE_PLANS, transferClient, transferReads, type PostgresPlace } from "./transfer-reads.ts";
import { refuseUnfinished } from "./unfinished-copy.ts";

const RUNNING = `select name, owner from {schema}.leases where expires_at > ${NOW} order by name limit 1`;
const WAIT = "10s";
/** SQLSTATE of a lock that was waited for too long. */
const LOCK_NOT_AVAILABLE = "55P03";

export interface PostgresTransferSourceOptions extends PostgresPlace {
  /** The caller knows that no program works on it: leases that still run are of dead ones. */
  readonly isQuiet?: boolean;
}

/**
 * A schema as the source of a copy. One transaction holds the lock that every batch takes first, so that nobody writes as long
 * as it is open; should its connection be lost, the state in the end tells what was written. Throws `copy-source-missing`, and
 * `copy-source-in-use` while a program works on it: it would go on after the copy.
 */
export async function postgresTransferSource(options: PostgresTransferSourceOptions): Promise<TransferSource> {
  const { url, schema, isQuiet = false } = options;
  const client = await transferClient(url);
  try {
    const text = inSchema(schema);
    await checkStore(client, schema);
    await refuseUnfinished(client, text);
    await holdLog(client, text, schema);
    if (!isQuiet) await refuseRunning(client, text, schema);
    return { ...transferReads(client, text), close: () => client.end({ timeout: 5 }) };
  } catch (error) {
    await client.end({ timeout: 5 });
    throw error;
  }
}

async function checkStore(client: Client, schema: string): Promise<void> {
  const format = await formatOf(client, schema);
  if (format === "none") throw copySourceMissing(`the schema ${schema} holds no store`);
  if (format === "older") throw storeOlderFormat(`the schema ${schema} has an older format than this program`);
}

async function holdLog(client: Client, text: InSchema, schema: string): Promise<void> {
  await client.unsafe("begin isolation level read committed read only");
  await client.unsafe(`set local idle_in_transaction_session_timeout = 0; set local lock_timeout = '${WAIT}'; ${PAGE_PLANS}`);
  try {
    await client.unsafe(text(`select ${LOCK}::text as locked`));
  } catch (cause) {
    const isWaiting = cause instanceof Error && "code" in cause && cause.code === LOCK_NOT_AVAILABLE;
    throw isWaiting ? copySourceInUse(`the log of the schema ${schema} was locked for ${WAIT}`, { cause }) : cause;
  }
}

async function refuseRunning(client: Client, text: InSchema, schema: string): Promise<void> {
  const [lease] = await client.unsafe(text(RUNNING));
  if (!lease) return;
  throw copySourceInUse(`${String(lease["owner"])} works on the schema ${schema}: it holds the lease ${String(lease["name"])}`);
}
