import { systemClock, type Clock } from "@daybook/kernel/clock";
import type { Engine } from "../engine.ts";
import { gatheredStore, type GatherOptions } from "../gather.ts";
import type { Capabilities, Store } from "../port.ts";
import { Writer } from "./apply.ts";
import { connect, type Client } from "./client.ts";
import { joinLog, type Joined } from "./join.ts";
import { Keeper } from "./keeper.ts";
import { queries } from "./queries.ts";
import { postgresReads } from "./reads.ts";
import { checkDatabase, inSchema, migrate } from "./schema.ts";

export interface PostgresEngineOptions {
  /** `postgres://user:password@host:port/database`. */
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
  const joined = await prepare(connect({ url, name: "daybook-schema", connections: 1, settings: ISOLATION }), schema);
  const readSettings = { ...PLANS, ...ISOLATION };
  const readers = connect({ url, name: "daybook-read", connections: options.readConnections ?? 4, settings: readSettings });
  const writer = new Writer({
    text,
    clock,
    joined,
    answerWithinMs: options.answerWithinMs ?? 30_000,
    connect: () => connect({ url, name: "daybook-write", connections: 1, settings: { ...WRITE_PLANS, ...ISOLATION } }),
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

async function prepare(client: Client, schema: string): Promise<Joined> {
  try {
    await checkDatabase(client);
    await migrate(client, schema);
    return await joinLog(client, inSchema(schema), null);
  } finally {
    await client.end({ timeout: 5 });
  }
}
