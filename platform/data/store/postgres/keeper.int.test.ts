import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { committed, putKey, unit } from "../conformance/trial.ts";
import { postgresStore } from "./postgres-store.ts";

const { url } = await startPostgres();

void test("keys that ran out are all removed in one look, however many there are", async () => {
  const schema = `keeper_${process.pid}`;
  const clock = virtualClock();
  const store = await postgresStore({ url, schema, clock });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const expiresAt = (await store.now()) - 120_000;
    for (let u = 0; u < 3; u++) {
      const keys = Array.from({ length: 900 }, (_, n) => ({ kind: "putKey", key: `k${u}-${n}`, value: "1", expiresAt }) as const);
      await committed(store, unit(`u${u}`, { do: keys }));
    }
    await committed(store, unit("other", { do: [putKey("other")] }));
    const count = async () => Number((await sql.unsafe(`select count(*) as n from "${schema}".keys`))[0]?.["n"]);
    assert.equal(await count(), 2_701);
    clock.advance(60_000);
    for (let attempt = 0; (await count()) > 1; attempt++) {
      assert.ok(attempt < 200, "they go without another look");
      await setTimeout(50);
    }
    assert.equal(await count(), 1);
  } finally {
    await store.close();
    await sql.unsafe(`drop schema "${schema}" cascade`);
    await sql.end();
  }
});
