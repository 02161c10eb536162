import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { messageOf } from "@daybook/kernel/errors";
import { freshServer } from "./fresh-server.ts";
import { engineFolder } from "./machine.ts";
import { unpackedPostgresPrograms } from "./postgres-programs.ts";

test("a server runs from packages that were unpacked into a folder of ours", async (context) => {
  const missing = await unpackedPostgresPrograms((text) => console.error(text)).then(() => undefined, messageOf);
  if (missing !== undefined) return context.skip(missing);
  const server = await freshServer("unpacked-trial", { programs: unpackedPostgresPrograms });
  context.after(() => server.remove());
  const { url } = await server.up((text) => console.error(text));
  const sql = postgres(url, { max: 1 });
  context.after(() => sql.end());
  const [asked] = await sql`select pg_read_file('postmaster.opts') as options`;
  assert.ok(String(asked?.["options"]).startsWith(engineFolder("packages/postgresql")));
});
