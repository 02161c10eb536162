import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { freshServer } from "../../tools/engines/fresh-server.ts";
import type { PostgresServer } from "../../tools/engines/postgres.ts";

const PROGRAM = resolve(import.meta.dirname, "../../cli/daybook.ts");
/** What every batch takes first: while it is held here, no commit ends. */
const BATCHES = [1_145_655_888, "daybook.batches"] as const;

interface Shop {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
}

let server: PostgresServer;
let sql: Sql;
let data = "";
const shops: Shop[] = [];

before(async () => {
  server = await freshServer("postgres-duplicates");
  const { url } = await server.up((text) => console.error(text));
  data = await mkdtemp(join(tmpdir(), "daybook-duplicates-"));
  sql = postgres(url, { max: 1 });
  for (let n = 0; n < 2; n++) shops.push(await start(url));
});
after(async () => {
  for (const { child } of shops) child.kill("SIGKILL");
  await sql.end();
  await server.remove();
  await rm(data, { recursive: true });
});

async function start(url: string): Promise<Shop> {
  const words = [PROGRAM, "start", "--port", "0", "--data", data, "--store", url, "--partners", "none", "--json"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...(JSON.parse(line) as { url: string; token: string }), child };
  }
  throw new Error("the program ended before it was ready");
}

async function place({ url, token }: Shop, key: string, customerId: string) {
  const response = await fetch(`${url}/api/v1/orders`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ customerId, items: [{ productId: "teapot", quantity: 1 }] }),
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.text() };
}

async function ordersOf({ url, token }: Shop, customerId: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1/orders/customer/${customerId}`, { headers });
  return ((await response.json()) as { orders: unknown[] }).orders.length;
}

async function hold(): Promise<() => Promise<unknown>> {
  await sql`select pg_advisory_lock(${BATCHES[0]}, ${BATCHES[1]}::regclass::oid::integer)`;
  return () => sql`select pg_advisory_unlock(${BATCHES[0]}, ${BATCHES[1]}::regclass::oid::integer)`;
}

async function commitsWaiting(count: number): Promise<void> {
  for (;;) {
    const waiting = await sql`select 1 from pg_locks where locktype = 'advisory' and classid = ${BATCHES[0]} and not granted`;
    if (waiting.length >= count) return;
  }
}

test("duplicates in the same and in another process, while the first is under way, make one order and get its bytes", async () => {
  const [one, other] = shops as [Shop, Shop]; // both were started
  const release = await hold();
  const first = place(one, "k1", "cus_first");
  await commitsWaiting(1);
  const duplicates = [place(one, "k1", "cus_first"), place(other, "k1", "cus_first")];
  await commitsWaiting(2);
  await release();
  const answer = await first;
  assert.equal(answer.status, 201, answer.body);
  assert.deepEqual(await Promise.all(duplicates), [answer, answer]);
  for (const shop of shops) assert.equal(await ordersOf(shop, "cus_first"), 1);
});

test("a duplicate whose first has not ended within 5 s is 409 with Retry-After, and gets the answer later", async () => {
  const [one] = shops as [Shop];
  const release = await hold();
  const first = place(one, "k2", "cus_hung");
  await commitsWaiting(1);
  const told = await place(one, "k2", "cus_hung");
  await release();
  assert.deepEqual([told.status, told.retryAfter, JSON.parse(told.body).code], [409, "1", "request-in-progress"]);
  assert.equal((await first).status, 201);
  assert.deepEqual(await place(one, "k2", "cus_hung"), await first);
  assert.equal(await ordersOf(one, "cus_hung"), 1);
});
