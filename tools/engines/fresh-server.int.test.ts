import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import postgres from "postgres";
import { freshServer, leftBehind } from "./fresh-server.ts";
import { engineFolder } from "./machine.ts";
import { postgresServer } from "./postgres.ts";

const OF_NOBODY = 2 ** 30; // beyond every process id

test("a server that a killed run left behind is stopped and removed, and the new one is empty", async (context) => {
  const left = postgresServer(`fresh-trial-${OF_NOBODY}`);
  context.after(() => left.remove());
  const sql = postgres((await left.up(() => {})).url, { max: 1 });
  context.after(() => sql.end());
  assert.deepEqual(leftBehind("fresh-trial"), [`fresh-trial-${OF_NOBODY}`]);
  const server = await freshServer("fresh-trial");
  await assert.rejects(sql`select 1`.execute(), { code: "ECONNREFUSED" });
  assert.equal(existsSync(engineFolder(`fresh-trial-${OF_NOBODY}`)), false);
  assert.equal(server.running(), undefined);
});
