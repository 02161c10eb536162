import { systemClock, type Clock } from "@daybook/kernel/clock";
import type { Engine } from "../engine.ts";
import { gatheredStore, type GatherOptions } from "../gather.ts";
import type { Capabilities, Store } from "../port.ts";
import { Writer } from "./apply.ts";
import { connect, hasPooler } from "./client.ts";
import { joinLog, type Joined } from "./join.ts";
import { Keeper } from "./keeper.ts";
import { queries } from "./queries.ts";
import { postgresReads } from "./reads.ts";
import { checkDatabase, inSchema, migrate } from "./schema.ts";

export interface PostgresEngineOptions {
  /**
   * `postgres://user:password@host:port/database`, also by way of PgBouncer, in session or transaction mode. With several
   * hosts, `host:port,host:port`, and `?target_session_attrs=primary` the store goes to the one that takes writes.
   */
  readonly url: string;
  /** The tenant's schema, made when it is not there; "daybook" unless given. */
  readonly schema?: string;
  /** Connections for reads, beside the one for writes; 4. */
  readonly readConnections?: number;
  /** How long a batch may take before its outcome counts as unknown; 30,000. */
  readonly answerWithinMs?: number;
  readonly clock?: Clock;
}

export const POSTGRES_CAPABILITIES: Capabilities = { engine: "postgres", isDurable: true, isShared: true, batchesInFlight: 1 };

/** Plans are made once and go by indexes: they are made while tables may still be empty. */
const PLANS = { enable_seqscan: "off", enable_bitmapscan: "off", jit: "off", plan_cache_mode: "force_generic_plan" };
const WRITE_PLANS = { ...PLANS, enable_hashjoin: "off", enable_mergejoin: "off" };
const ISOLATION = { default_transaction_isolation: "read committed" };

/**
 * The engine on one schema of a PostgreSQL database. Several processes may have it open. Rejects with
 * `database-unsuitable`, `store-newer-format` or `store-migration-changed`.
 */
export async function postgresEngine(options: PostgresEngineOptions): Promise<Engine> {
  const schema = options.schema ?? "daybook";
  const text = inSchema(schema);
  const clock = options.clock ?? systemClock;
  const { url } = options;
  const { joined, isPooled } = await prepare(url, schema);
  const connectAs = (name: string, connections: number, plans: typeof PLANS) =>
    connect({ url, name, connections, settings: { ...plans, ...ISOLATION }, isPooled });
  const readers = connectAs("daybook-read", options.readConnections ?? 4, PLANS);
  const writer = new Writer({
    text,
    clock,
    joined,
    answerWithinMs: options.answerWithinMs ?? 30_000,
    connect: () => connectAs("daybook-write", 1, WRITE_PLANS),
  });
  const statements = queries(readers, text);
  const keeper = new Keeper({ queries: statements, clock, known: writer });
  return {
    capabilities: POSTGRES_CAPABILITIES,
    apply: (batch) => writer.apply(batch),
    ...postgresReads(statements, (lost) => joinLog(readers, text, lost)),
    onForeignCommit: (listener) => keeper.watch(listener),
    close: async () => {
      keeper.close();
      await Promise.all([writer.close(), readers.end({ timeout: 5 })]);
    },
  };
}

/** A store on PostgreSQL. */
export async function postgresStore(options: PostgresEngineOptions & GatherOptions): Promise<Store> {
  return gatheredStore(await postgresEngine(options), options);
}

async function prepare(url: string, schema: string): Promise<{ readonly joined: Joined; readonly isPooled: boolean }> {
  const client = connect({ url, name: "daybook-schema", connections: 1 });
  try {
    const isPooled = await hasPooler(client);
    await checkDatabase(client, isPooled);
    await migrate(client, schema);
    const text = inSchema(schema);
    const joined = await client.begin("isolation level read committed", (transaction) => joinLog(transaction, text, null));
    return { joined, isPooled };
  } finally {
    await client.end({ timeout: 5 });
  }
}
