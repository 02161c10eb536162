import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import postgres from "postgres";
import { postgresStore } from "@daybook/data/store/postgres";
import { positionToken, readPosition } from "@daybook/data/store/position";
import type { Unit } from "@daybook/data/store/unit";
import { sleep, systemClock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import type { PostgresServer } from "../../tools/engines/postgres.ts";
import { underFaults } from "./under-faults.ts";

let primary: PostgresServer;
let url = "";
const quiet = () => {};

before(async () => {
  primary = await freshServer("postgres-primary");
  url = (await primary.up((text) => console.error(text))).url;
});
after(() => primary.remove());

async function copyOfPrimary(context: TestContext, as: "standby" | "restored") {
  const server = await freshServer(`postgres-${as}`, { copyOf: { server: primary, as } });
  context.after(() => server.remove());
  return { server, url: (await server.up(quiet)).url };
}

function fact(id: string): Unit {
  const events = [{ type: "Happened", schemaVersion: 1, data: "{}" }];
  return {
    id,
    cause: { correlation: "c", actor: "sys_test", tenant: "t" },
    conditions: [],
    effects: [{ kind: "append", stream: "thing-1", events }],
  };
}

/** Addresses of both, as a client names them that goes to whichever is the primary. */
function eitherOf(one: string, other: string): string {
  const both = one.replace(/@[^/]+/, (host) => `${host},${new URL(other).host}`);
  return `${both}?target_session_attrs=primary`;
}

/** The primary answers no commit that the standby does not have. */
async function replicateSynchronously(): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`alter system set synchronous_standby_names = '*'`;
  await sql`select pg_reload_conf()`;
  while ((await sql`select from pg_stat_replication where sync_state = 'sync'`).length === 0) await sleep(systemClock, 20);
  await sql.end();
}

test("a base backup that is put back has another epoch, and its log goes on", async (context) => {
  const store = await postgresStore({ url, schema: "restored" });
  context.after(() => store.close());
  await store.commit(fact("a"));
  const restored = await copyOfPrimary(context, "restored");
  await store.commit(fact("b"));
  const lost = positionToken((await store.head()).epoch, (await store.head()).position);
  const again = await postgresStore({ url: restored.url, schema: "restored" });
  context.after(() => again.close());
  await again.commit(fact("c"));
  const head = await again.head();
  assert.equal(head.position, 2);
  assert.ok(head.epoch > (await store.head()).epoch);
  assert.throws(
    () => readPosition(lost, head),
    (error) => errorCode(error) === "position-from-lost-future",
  );
});

test("a copy of the database has another epoch", async (context) => {
  const sql = postgres(url, { max: 1 });
  context.after(() => sql.end());
  const epochOf = async (database: string) => {
    const store = await postgresStore({ url: new URL(database, url).href });
    const { epoch } = await store.head();
    await store.close();
    return epoch;
  };
  await sql`create database original`;
  assert.equal(await epochOf("original"), 1);
  await sql`create database copied template original`;
  assert.ok((await epochOf("copied")) > 1);
  assert.equal(await epochOf("original"), 1);
});

test("when a standby takes over, nothing acknowledged is lost, clients go on, and the epoch is another", async (context) => {
  const standby = await copyOfPrimary(context, "standby");
  await replicateSynchronously();
  await assert.rejects(postgresStore({ url: standby.url }), (error) => errorCode(error) === "database-unsuitable");
  const either = eitherOf(url, standby.url);
  const [first, second] = [
    await postgresStore({ url: either, schema: "failover" }),
    await postgresStore({ url: either, schema: "failover" }),
  ];
  context.after(() => Promise.all([first.close(), second.close()]));
  const before = await first.head();
  let hasFailed = false;
  await underFaults([first, second], async () => {
    if (hasFailed) return;
    hasFailed = true;
    await primary.crash();
    await standby.server.promote();
  });
  assert.ok(hasFailed);
  const after = await first.head();
  assert.ok(after.epoch > before.epoch, `${after.epoch}`);
  assert.equal((await second.head()).epoch, after.epoch);
  const third = await postgresStore({ url: standby.url, schema: "failover" });
  context.after(() => third.close());
  assert.equal((await third.head()).epoch, after.epoch, "it is raised once");
});
