import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import postgres from "postgres";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { storeModelConformance } from "../conformance-model.ts";
import { taking } from "../conformance/leases.ts";
import { committed, facts, rejectsWith, unit } from "../conformance/trial.ts";
import { sqliteStore } from "../sqlite/sqlite-store.ts";
import { sqliteTransferSource } from "../sqlite/transfer-source.ts";
import { sqliteTransferTarget } from "../sqlite/transfer-target.ts";
import { movingTrial, transferConformance, type TransferPlace } from "../transfer-conformance.ts";
import { postgresStore } from "./postgres-store.ts";
import { postgresTransferSource } from "./transfer-source.ts";
import { postgresTransferTarget } from "./transfer-target.ts";

const { url } = await startPostgres();
let places = 0;

interface Closing {
  close(): Promise<void>;
}

/** Keeps what was opened, to close it in the end. */
function keeper() {
  const opened: Closing[] = [];
  return {
    kept: <T extends Closing>(one: T): T => (opened.push(one), one),
    closeAll: async () => {
      for (const each of opened) await each.close().catch(() => {}); // most are closed
    },
  };
}

async function onPostgres(): Promise<TransferPlace> {
  const schema = `transfer_${process.pid}_${++places}`;
  const { kept, closeAll } = keeper();
  return {
    store: async () => kept(await postgresStore({ url, schema })),
    source: async () => kept(await postgresTransferSource({ url, schema, isQuiet: true })),
    target: async () => kept(await postgresTransferTarget({ url, schema })),
    async destroy() {
      await closeAll();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema if exists "${schema}" cascade`);
      await sql.end();
    },
  };
}

async function onSqlite(): Promise<TransferPlace> {
  const folder = await mkdtemp(join(tmpdir(), "daybook-transfer-"));
  const file = join(folder, "daybook.db");
  const { kept, closeAll } = keeper();
  return {
    store: async () => kept(await sqliteStore({ file })),
    source: async () => kept(sqliteTransferSource(file)),
    target: async () => kept(sqliteTransferTarget({ file })),
    async destroy() {
      await closeAll();
      await rm(folder, { recursive: true });
    },
  };
}

transferConformance("a transfer from SQLite to PostgreSQL", onSqlite, onPostgres);
transferConformance("a transfer from PostgreSQL to SQLite", onPostgres, onSqlite);
transferConformance("a transfer from PostgreSQL to PostgreSQL", onPostgres, onPostgres);

storeModelConformance("a store that moves to PostgreSQL", () => movingTrial(onSqlite, onPostgres), { runs: 25 });
storeModelConformance("a store that moves to SQLite", () => movingTrial(onPostgres, onSqlite), { runs: 25 });

void test("a source on PostgreSQL is not written to before it is closed", async () => {
  const place = await onPostgres();
  try {
    const store = await place.store();
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    const source = await place.source();
    const before = await source.state();
    const written = committed(store, unit("u2", { do: [facts("order-1")] }));
    assert.deepEqual(await Promise.race([written, source.state()]), before);
    assert.deepEqual(await source.state(), before);
    await source.close();
    assert.equal((await written).position, 2);
  } finally {
    await place.destroy();
  }
});

void test("a source on PostgreSQL that a program works on is refused", async () => {
  const schema = `transfer_${process.pid}_${++places}`;
  const store = await postgresStore({ url, schema });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await committed(store, taking("l1", "prc_1"));
    await rejectsWith("copy-source-in-use", postgresTransferSource({ url, schema }));
    await sql.unsafe(`update "${schema}".leases set expires_at = 0`);
    await (await postgresTransferSource({ url, schema })).close();
  } finally {
    await store.close();
    await sql.unsafe(`drop schema "${schema}" cascade`);
    await sql.end();
  }
});

void test("a writer that had an empty schema open is told that a copy is being made into it", async () => {
  const [from, to] = [await onSqlite(), await onPostgres()];
  try {
    await (await from.store()).close();
    const writer = await to.store();
    const [source, target] = [await from.source(), await to.target()];
    const mark = { source: await source.state(), from: "THERE", command: "daybook copy" };
    await target.begin(mark);
    await rejectsWith("batch-not-applied", writer.commit(unit("u1", { do: [facts("order-1")] })));
    assert.equal(await target.count("units"), 0);
  } finally {
    await from.destroy();
    await to.destroy();
  }
});
