import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import postgres from "postgres";
import { openShop } from "@daybook/shop/shop";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import { freePort } from "../../tools/engines/machine.ts";

test("the shop's database may have several addresses, and a schema of the tenant's", async (context) => {
  const server = await freshServer("postgres-address");
  const data = await mkdtemp(join(tmpdir(), "daybook-address-"));
  context.after(async () => {
    await server.remove();
    await rm(data, { recursive: true });
  });
  const { url, port } = await server.up((text) => console.error(text));
  const nobody = await freePort();
  const both = url.replace(`:${port}/`, `:${nobody},127.0.0.1:${port}/`);
  const shop = await openShop({ data, store: `${both}?target_session_attrs=primary&schema=tenant_a` });
  await shop.close();
  const sql = postgres(url, { max: 1 });
  const schemas = await sql`select nspname as name from pg_namespace where nspname in ('tenant_a', 'daybook')`;
  await sql.end();
  assert.deepEqual(
    schemas.map(({ name }) => String(name)),
    ["tenant_a"],
  );
});
