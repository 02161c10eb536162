import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { postgresStore } from "@daybook/data/store/postgres";
import { sqliteStore } from "@daybook/data/store/sqlite";
import postgres from "postgres";

/** Views of one empty store, and how it goes away again. */
export interface OpenStores {
  readonly stores: readonly Store[];
  readonly close: () => Promise<void>;
}

/** Opens `memory`, `sqlite` (in a new folder) or a PostgreSQL URL (a new schema, two processes' views of it). */
export async function openStores(where: string): Promise<OpenStores> {
  if (where === "memory") {
    const store = memoryStore();
    return { stores: [store], close: () => store.close() };
  }
  return where === "sqlite" ? openSqlite() : openPostgres(where);
}

async function openSqlite(): Promise<OpenStores> {
  const folder = await mkdtemp(join(tmpdir(), "daybook-history-"));
  const store = await sqliteStore({ file: join(folder, "daybook.db") });
  return {
    stores: [store],
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openPostgres(url: string): Promise<OpenStores> {
  const schema = `history_${process.pid}_${process.hrtime.bigint()}`;
  const stores = [await postgresStore({ url, schema }), await postgresStore({ url, schema })];
  return {
    stores,
    close: async () => {
      for (const store of stores) await store.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    },
  };
}
