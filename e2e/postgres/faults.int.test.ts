import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import postgres from "postgres";
import { postgresStore } from "@daybook/data/store/postgres";
import type { Unit, Verdict } from "@daybook/data/store/unit";
import { errorCode } from "@daybook/kernel/errors";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import type { PostgresServer } from "../../tools/engines/postgres.ts";
import { cuttingProxy, type Cut } from "./cutting-proxy.ts";
import { underFaults } from "./under-faults.ts";

let server: PostgresServer;
let url = "";
let schemas = 0;

before(async () => {
  server = await freshServer("postgres-faults");
  url = (await server.up((text) => console.error(text))).url;
});
after(() => server.remove());

/** Two stores on one schema, as two processes have them. The first goes through `via`. */
async function open(context: TestContext, via = url) {
  const schema = `faults_${++schemas}`;
  const first = await postgresStore({ url: via, schema });
  context.after(() => first.close());
  const second = await postgresStore({ url, schema });
  context.after(() => second.close());
  return { first, second };
}

/** The same with the first store behind a proxy. */
async function openBehindProxy(context: TestContext) {
  const proxy = await cuttingProxy(url);
  const stores = await open(context, proxy.url);
  context.after(() => proxy.close());
  return { ...stores, proxy };
}

test("backends that are terminated under load lose nothing and do nothing twice", async (context) => {
  const { first, second } = await open(context);
  const sql = postgres(url, { max: 1 });
  context.after(() => sql.end());
  let terminated = 0;
  await underFaults([first, second], async () => {
    const victims = await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'daybook-write'`;
    terminated += victims.length;
  });
  assert.ok(terminated >= 5, `${terminated} backends were terminated`);
});

test("a server that stops at once and starts again has everything that was acknowledged, and clients go on", async (context) => {
  const { first, second } = await open(context);
  let crashes = 0;
  await underFaults([first, second], async () => {
    if (crashes === 3) return;
    await server.crash();
    await server.up(() => {});
    crashes++;
  });
  assert.equal(crashes, 3);
});

test("an answer or a batch that is lost on the wire is found out by committing the same ids again", async (context) => {
  const { first, second, proxy } = await openBehindProxy(context);
  let turn = 0;
  await underFaults([first, second], async () => proxy.cut(turn++ % 2 === 0 ? "answer" : "request"));
  assert.ok(proxy.fired.answer >= 3 && proxy.fired.request >= 3, JSON.stringify(proxy.fired));
});

function taking(id: string): Unit {
  const padding = "x".repeat(2_000); // so that the proxy takes it for a batch
  return {
    id,
    cause: { correlation: "c", actor: "sys_test", tenant: "t" },
    conditions: [{ kind: "keyAbsent", key: "seat" }],
    effects: [
      { kind: "putKey", key: "seat", value: id },
      { kind: "append", stream: "seat-1", events: [{ type: "Taken", schemaVersion: 1, data: JSON.stringify(padding) }] },
    ],
  };
}

async function outcomeOfCut(context: TestContext, cut: Cut) {
  const { first, second, proxy } = await openBehindProxy(context);
  await first.commit({ ...taking("warm-up"), conditions: [], effects: [] });
  proxy.cut(cut);
  const verdict = await first.commit(taking("u1"));
  assert.equal(proxy.fired[cut], 1);
  assert.equal(await second.streamVersion("seat-1"), 1);
  return verdict;
}

test("a commit whose answer was swallowed is told as repeated, with its position", async (context) => {
  const verdict = await outcomeOfCut(context, "answer");
  assert.ok(verdict.outcome === "committed" && verdict.isRepeated && verdict.position === 1);
});

test("a batch that never arrived is committed by the second try", async (context) => {
  const verdict = await outcomeOfCut(context, "request");
  assert.ok(verdict.outcome === "committed" && !verdict.isRepeated);
});

test("what was refused at the second try does not happen when the first try arrives at last", async (context) => {
  const { first, second, proxy } = await openBehindProxy(context);
  await first.commit({ ...taking("warm-up"), conditions: [], effects: [] });
  await second.commit(taking("other"));
  proxy.cut("held");
  assert.equal((await first.commit(taking("late"))).outcome, "refused");
  await second.commit({ ...taking("free"), conditions: [], effects: [{ kind: "deleteKey", key: "seat" }] });
  await proxy.release();
  assert.equal(await second.outcome("late"), undefined);
  assert.equal(await second.getKey("seat"), undefined);
  assert.equal(await second.streamVersion("seat-1"), 1);
  assert.equal((await first.commit(taking("next"))).outcome, "committed");
  assert.equal(proxy.fired.held, 1);
});

test("a server that turns read-only refuses, surely doing nothing, and goes on when it may write again", async (context) => {
  const sql = postgres(url, { max: 1 });
  const schema = `faults_${++schemas}`;
  const store = await postgresStore({ url, schema, resolveWithinMs: 0 });
  const turn = async (value: "on" | "off") => {
    await sql.unsafe(`alter role daybook set default_transaction_read_only = ${value}`);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'daybook-%'`;
  };
  context.after(async () => {
    await store.close();
    await turn("off");
    await sql.end();
  });
  await store.commit(taking("before"));
  await turn("on");
  await assert.rejects(postgresStore({ url, schema }), (error) => errorCode(error) === "database-unsuitable");
  const unconditional: Unit = { ...taking("meanwhile"), conditions: [] };
  assert.equal(await told(() => store.commit(unconditional).catch(errorCode)), "batch-not-applied");
  assert.equal(await store.streamVersion("seat-1"), 1);
  await turn("off");
  const verdict = await told(() => store.commit(unconditional).catch(errorCode));
  assert.ok(typeof verdict === "object" && verdict.outcome === "committed" && !verdict.isRepeated);
});

/** What is answered over a connection of now; what was lost with the old one is unknown. */
async function told(commit: () => Promise<Verdict | string | undefined>): Promise<Verdict | string | undefined> {
  for (let triesLeft = 5; ; triesLeft--) {
    const answer = await commit();
    if (triesLeft === 0 || typeof answer !== "object" || answer.outcome !== "unknown") return answer;
  }
}
