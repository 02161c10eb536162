import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import postgres from "postgres";
import { postgresStore } from "@daybook/data/store/postgres";
import { errorCode } from "@daybook/kernel/errors";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import { pgBouncer, pgBouncerProgram } from "../../tools/engines/pgbouncer.ts";
import type { PostgresServer } from "../../tools/engines/postgres.ts";
import { underFaults } from "./under-faults.ts";

let server: PostgresServer;

before(async () => {
  server = await freshServer("postgres-pooled");
  await server.up((text) => console.error(text));
});
after(() => server.remove());

const running = () => {
  const found = server.running();
  assert.ok(found);
  return found;
};

for (const mode of ["session", "transaction"] as const) {
  test(`behind PgBouncer in ${mode} mode, killed again and again, nothing is lost or done twice`, async (context) => {
    const stores = await storesBehind(context, mode);
    if (!stores) return context.skip("there is no PgBouncer, and its package cannot be had");
    let restarts = 0;
    await underFaults(stores.both, async () => {
      if (restarts === 3) return;
      await stores.restart();
      restarts++;
    });
    assert.equal(restarts, 3);
  });
}

async function storesBehind(context: TestContext, mode: "session" | "transaction") {
  const program = await pgBouncerProgram().catch(() => undefined);
  if (!program) return undefined;
  const pooler = await pgBouncer(program, running(), mode);
  context.after(() => pooler.stop());
  const open = () => postgresStore({ url: pooler.url, schema: `pooled_${mode}` });
  const both = [await open(), await open()];
  context.after(() => Promise.all(both.map((store) => store.close())));
  return { both, restart: () => pooler.restart() };
}

test("a pooler that keeps the store from setting the isolation is refused unless the database has it", async (context) => {
  const program = await pgBouncerProgram().catch(() => undefined);
  if (!program) return context.skip("there is no PgBouncer, and its package cannot be had");
  const sql = postgres(running().url, { max: 1 });
  await sql`alter role daybook set default_transaction_isolation = serializable`;
  context.after(async () => {
    await sql`alter role daybook reset default_transaction_isolation`;
    await sql.end();
  });
  const pooler = await pgBouncer(program, running(), "transaction");
  context.after(() => pooler.stop());
  const direct = await postgresStore({ url: running().url, schema: "isolation" });
  await direct.close();
  const pooled = postgresStore({ url: pooler.url, schema: "isolation" });
  await assert.rejects(pooled, (error) => errorCode(error) === "database-unsuitable");
});
