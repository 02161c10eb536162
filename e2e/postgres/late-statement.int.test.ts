import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import postgres from "postgres";
import { postgresStore } from "@daybook/data/store/postgres";
import type { Unit } from "@daybook/data/store/unit";
import { sleep, systemClock } from "@daybook/kernel/clock";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import type { PostgresServer } from "../../tools/engines/postgres.ts";
import { cuttingProxy } from "./cutting-proxy.ts";

let server: PostgresServer;
let url = "";
let schemas = 0;

before(async () => {
  server = await freshServer("postgres-late");
  url = (await server.up((text) => console.error(text))).url;
});
after(() => server.remove());

function seat(id: string): Unit {
  return {
    id,
    cause: { correlation: "c", actor: "sys_test", tenant: "t" },
    conditions: [{ kind: "keyAbsent", key: "seat" }],
    effects: [
      { kind: "putKey", key: "seat", value: id },
      // So large that the proxy takes it for a batch.
      { kind: "append", stream: "seat-1", events: [{ type: "Taken", schemaVersion: 1, data: `"${"x".repeat(2_000)}"` }] },
    ],
  };
}

/** A process that ended with a batch on its way, which arrives when it is released; and one that lived beside it. */
async function withBatchOnItsWay(context: TestContext) {
  const schema = `late_${++schemas}`;
  const proxy = await cuttingProxy(url);
  const ended = await postgresStore({ url: proxy.url, schema, resolveWithinMs: 0 });
  const living = await postgresStore({ url, schema });
  context.after(async () => {
    await ended.close();
    await living.close();
    await proxy.close();
  });
  await ended.commit({ ...seat("warm-up"), conditions: [], effects: [] });
  proxy.cut("held");
  assert.equal((await ended.commit(seat("late"))).outcome, "unknown");
  return { proxy, living, schema };
}

test("'not committed' stays true when the statement of a process that ended arrives after it was said", async (context) => {
  const { proxy, living } = await withBatchOnItsWay(context);
  assert.equal(await living.outcome("late"), undefined);
  await proxy.release();
  assert.equal(await living.outcome("late"), undefined);
  assert.equal(await living.streamVersion("seat-1"), 0);
  assert.equal((await living.commit(seat("late"))).outcome, "committed");
});

test("a process that starts voids what an earlier one has on its way, so that its own refusal is final", async (context) => {
  const { proxy, living, schema } = await withBatchOnItsWay(context);
  await living.commit(seat("other"));
  const successor = await postgresStore({ url, schema });
  context.after(() => successor.close());
  assert.equal((await successor.commit(seat("late"))).outcome, "refused");
  await successor.commit({ ...seat("free"), conditions: [], effects: [{ kind: "deleteKey", key: "seat" }] });
  await proxy.release();
  assert.equal(await living.getKey("seat"), undefined);
  assert.equal(await living.streamVersion("seat-1"), 1);
});

test("what has begun is waited for before its outcome is told", async (context) => {
  const schema = `late_${++schemas}`;
  const stores = [await postgresStore({ url, schema }), await postgresStore({ url, schema })] as const;
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  context.after(async () => {
    for (const store of stores) await store.close();
    await sql.end();
  });
  const waiting = async (count: number) => {
    while ((await sql`select from pg_locks where locktype = 'advisory' and not granted`).length < count) {
      await sleep(systemClock, 5);
    }
  };
  await stores[0].commit({ ...seat("warm-up"), conditions: [], effects: [] }); // after it was told that another joined
  const log = await sql.reserve();
  await log`begin`;
  await log`select pg_advisory_xact_lock(1145655888, ${`${schema}.batches`}::regclass::oid::integer)`;
  const committed = stores[0].commit(seat("begun"));
  await waiting(1);
  const outcome = stores[1].outcome("begun");
  await waiting(2);
  await log`commit`;
  log.release();
  const verdict = await committed;
  assert.ok(verdict.outcome === "committed");
  assert.equal((await outcome)?.position, verdict.position);
});

test("processes that join the log again and again hold nobody up", async (context) => {
  const schema = `late_${++schemas}`;
  const store = await postgresStore({ url, schema });
  context.after(() => store.close());
  for (let n = 0; n < 5; n++) {
    const other = await postgresStore({ url, schema });
    const unit: Unit = { ...seat(`u${n}`), conditions: [{ kind: "version", stream: "seat-1", is: n }] };
    const verdict = await store.commit(unit);
    assert.ok(verdict.outcome === "committed" && !verdict.isRepeated && verdict.position === n + 1);
    await other.close();
  }
});
