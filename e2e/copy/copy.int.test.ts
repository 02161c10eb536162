import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import { openShop } from "@daybook/shop/shop";
import { startPostgres } from "../../tools/engines/postgres.ts";
import { ROOT } from "../../tools/repository.ts";
import { call, codeOf } from "../cli/call.ts";
import { behave } from "../fulfilment/sandbox-client.ts";
import { judged } from "../fulfilment/judge.ts";
import { killAll, sandboxEnds, startProgram, type Program } from "../fulfilment/program.ts";
import { allOrders, get, post } from "../fulfilment/shop-client.ts";

const { url } = await startPostgres();
const schema = `copy_${process.pid}`;
const database = `${url}?schema=${schema}`;

after(async () => {
  killAll();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop schema if exists "${schema}" cascade; drop schema if exists "${schema}_keys" cascade`);
  await sql.end();
});

test("a shop goes to PostgreSQL and back, killed at one page after another, and goes on as it would have", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-copy-"));
  t.after(() => rm(folder, { recursive: true }));
  const [first, keys, back] = ["first", "keys", "back"].map((name) => join(folder, name)) as [string, string, string];
  const waiting = await filled(first);
  const there = await killedUntilDone(["--from", first, "--to", database, "--data", keys], ["--store", database, "--data", keys]);
  const here = await killedUntilDone(["--from", database, "--to", back, "--data", keys], ["--data", back]);
  assert.ok(Math.min(there, here) >= 6, `it was killed ${there} and ${here} times`);
  assert.deepEqual(recordsOf(join(back, "daybook.db")), recordsOf(join(first, "daybook.db")));
  assert.deepEqual(recordsOf(join(back, "keys.db")), recordsOf(join(first, "keys.db")));
  const found = await verification("--data", first);
  assert.deepEqual(await verification("--data", back), found);
  assert.deepEqual(await verification("--store", database, "--data", keys), found);
  for (const [data, flags] of [
    [back, []],
    [keys, ["--store", database]],
  ] as const) {
    await cp(join(first, "sandbox"), join(data, "sandbox"), { recursive: true });
    await goesOn(data, flags, waiting);
    await verification(...flags, "--data", data);
  }
  const epochs = [await epochOf(first), await epochOf(back)] as const;
  assert.ok(epochs[1] > epochs[0]);
});

test("what cannot be copied is refused with its code, and nothing is made", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-copy-"));
  t.after(() => rm(folder, { recursive: true }));
  const [data, other, missing] = ["data", "other", "missing"].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [data, other]) {
    const shop = await openShop({ data: each });
    await shop.events.keys.ensure(["cus_1"]);
    await shop.catalogue.seed({ correlationId: "cor_1", actor: "usr_1", tenant: "default" });
    await shop.close();
  }
  const nowhere = "postgres://daybook@127.0.0.1:1/none";
  const refusals: readonly (readonly [code: string, ...words: readonly string[]])[] = [
    ["copy-target-taken", "--from", data, "--to", `${data}/../data`],
    ["copy-target-taken", "--from", data, "--to", other],
    ["no-shop-here", "--from", missing, "--to", join(folder, "new")],
    ["copy-source-missing", "--from", `${url}?schema=${schema}_none`, "--to", join(folder, "new"), "--data", data],
    ["database-unreachable", "--from", data, "--to", nowhere, "--data", join(folder, "new")],
    ["database-unreachable", "--from", nowhere, "--to", join(folder, "new"), "--data", data],
    ["usage-invalid", "--from", data],
    ["usage-invalid", "--from", data, "--to", "memory"],
    ["store-unknown", "--from", data, "--to", "mysql://127.0.0.1/shop"],
  ];
  for (const [code, ...words] of refusals) assert.equal(codeOf(await call(["copy", ...words, "--json"])), code, words.join(" "));
  assert.deepEqual((await readdir(folder)).sort(), ["data", "other"]);
  const newer = new DatabaseSync(join(other, "keys.db"));
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const refused = await call(["copy", "--from", other, "--to", join(folder, "new"), "--json"]);
  assert.equal(codeOf(refused), "store-newer-format");
  assert.deepEqual((await readdir(folder)).sort(), ["data", "other"]);
});

test("a source that was written to since the copy was begun is not gone on with", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "daybook-copy-"));
  t.after(() => rm(folder, { recursive: true }));
  const [data, to] = [join(folder, "data"), join(folder, "to")];
  await (await openShop({ data })).close();
  assert.equal((await call(["product", "list", "jug", "--name", "Jug", "--price", "12.00 GBP", "--data", data])).code, 0);
  assert.equal(await killedCopy(["--from", data, "--to", to], 9, "after"), true);
  assert.equal(codeOf(await call(["copy", "--from", data, "--to", join(folder, "third"), "--json"])), undefined);
  assert.equal((await call(["product", "price", "jug", "--price", "13.00 GBP", "--data", data])).code, 0);
  assert.equal(codeOf(await call(["copy", "--from", data, "--to", to, "--json"])), "copy-source-changed");
  assert.equal(codeOf(await call(["copy", "--from", join(folder, "third"), "--to", to, "--json"])), "copy-target-taken");
  assert.equal(codeOf(await call(["product", "ls", "--data", to, "--json"])), "copy-unfinished");
});

/** A shop with something of everything; answers the order that waits. */
async function filled(data: string): Promise<string> {
  const program = await startProgram(data);
  const waiting = await orderThat(program, ({ status }) => status === "confirmed");
  for (let n = 0; n < 12; n++) await place(program, `order-${n}`, n === 5 ? "tok_declined" : "tok_ok");
  await behave(program, { mail: { rejectNext: 2 } });
  await place(program, "last", "tok_ok");
  const profile = { userName: "gone", firstName: "Gone", lastName: "Soon", email: "gone@example.com", addresses: [] };
  const registered = await post(program, "/customers", "customer", { ...profile, password: "correct horse battery staple" });
  assert.equal(registered.status, 201, registered.body);
  const { id: customerId } = JSON.parse(registered.body) as { id: string }; // of a registration
  const removed = await call(["customer", "delete", customerId, "--url", program.url, "--yes", "--json"], {
    DAYBOOK__TOKEN: program.token,
  });
  assert.equal(removed.code, 0, removed.err);
  await ended(program, waiting);
  await until("letters are dead", async () => {
    const { letters } = await get<{ letters: readonly unknown[] }>(program, "/queues/notifications/dead");
    return letters.length === 2;
  });
  await stopped(program);
  await archived(data);
  const shop = await openShop({ data });
  await shop.events.keys.erase(customerId);
  await shop.close();
  return waiting;
}

/** All that is sealed goes to the archive, but for what is sealed last. */
async function archived(data: string): Promise<void> {
  assert.equal((await call(["product", "list", "late", "--name", "Late", "--price", "12.00 GBP", "--data", data])).code, 0);
  const { code, out, err } = await call(["archive", "run", "--older-than", "0", "--least", "20", "--data", data, "--json"]);
  assert.equal(code, 0, out + err);
  assert.match(out, /"segments":1,"archived":\d{2,},/);
}

/** The held order is released, another placed, and both are carried out. */
async function goesOn(data: string, flags: readonly string[], waiting: string): Promise<void> {
  const program = await startProgram(data, undefined, flags);
  assert.equal((await place(program, "order-0", "tok_ok")).status, 201);
  const known = (await allOrders(program)).size;
  await place(program, "one-more", "tok_ok");
  assert.equal((await allOrders(program)).size, known + 1, "an answer that was kept made no second order");
  assert.equal((await post(program, `/orders/${waiting}/release`, "release", {})).status, 200);
  await ended(program, undefined);
  const orders = await judged(program, 0);
  assert.equal(orders.get(waiting)?.status, "shipped");
  await stopped(program);
}

function place(program: Program, key: string, token: string) {
  const address = { street: "1 Analytical Row", city: "London", postalCode: "W1", country: "United Kingdom" };
  const contact = { firstName: "Ada", lastName: "Sample", email: "ada@example.com", address };
  return post(program, "/orders", key, {
    items: [{ productId: "clock", quantity: 1 }],
    contact,
    payment: { kind: "card", token },
  });
}

type Order = Awaited<ReturnType<typeof allOrders>> extends ReadonlyMap<string, infer One> ? One : never;

async function orderThat(program: Program, isMeant: (order: Order) => boolean): Promise<string> {
  let found: string | undefined;
  await until("there is such an order", async () => {
    found = [...(await allOrders(program)).values()].find(isMeant)?.id;
    return found !== undefined;
  });
  return found ?? "";
}

/** Waits until every order but one has ended. */
function ended(program: Program, waiting: string | undefined): Promise<void> {
  const open = (order: Order) => order.id !== waiting && !["shipped", "failed"].includes(order.status);
  return until("orders end", async () => ![...(await allOrders(program)).values()].some(open));
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isSo()); attempt++) {
    assert.ok(attempt < 600, what);
    await setTimeout(100);
  }
}

async function stopped({ child, ended: end, sandboxPid }: Program): Promise<void> {
  child.kill("SIGTERM");
  await end;
  await sandboxEnds(sandboxPid);
}

/** Runs a copy that is killed before and after its first page, its second when it is run again, and so on; answers how often. */
async function killedUntilDone(words: readonly string[], target: readonly string[]): Promise<number> {
  for (let kills = 0; ; kills++) {
    assert.ok(kills < 40, "it comes to an end");
    if (!(await killedCopy(words, 1 + (kills >> 1), kills % 2 === 0 ? "before" : "after"))) return kills;
    if (kills === 5) assert.equal(codeOf(await call(["order", "ls", ...target, "--json"])), "copy-unfinished");
  }
}

/** Whether it was killed before its end. */
async function killedCopy(words: readonly string[], at: number, when: "before" | "after"): Promise<boolean> {
  const preload = join(import.meta.dirname, "kill-at-page.ts");
  const child = spawn(process.execPath, ["--import", preload, join(ROOT, "cli/daybook.ts"), "copy", ...words, "--quiet"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, DAYBOOK_KILL_AT: String(at), DAYBOOK_KILL_WHEN: when },
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((done) =>
    child.once("exit", (...how) => done(how)),
  );
  assert.ok(signal === "SIGKILL" || code === 0, said);
  return signal === "SIGKILL";
}

/** What is the file's own: its format's steps, its epoch, the numbers of its records. */
const OWN: Readonly<Record<string, readonly string[]>> = { work: ["id"], rows: ["id"], row_index: ["row"] };

function recordsOf(file: string): Readonly<Record<string, readonly string[]>> {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('migrations', 'meta')").all();
  const records = tables.map(({ name }) => {
    const table = String(name);
    const found = db.prepare(`SELECT * FROM ${table}`).all();
    for (const record of found) for (const column of OWN[table] ?? []) delete record[column];
    return [table, found.map((record) => JSON.stringify(record)).sort()] as const;
  });
  db.close();
  for (const [table, found] of records) if (file.endsWith("daybook.db")) assert.ok(found.length > 0, `there are ${table}`);
  return Object.fromEntries(records);
}

async function verification(...words: readonly string[]): Promise<unknown> {
  const called = await call(["verify", ...words, "--json"]);
  assert.equal(called.code, 0, called.out + called.err);
  return JSON.parse(called.out);
}

async function epochOf(data: string): Promise<number> {
  const shop = await openShop({ data, isReadOnly: true });
  const { epoch } = await shop.store.head();
  await shop.close();
  return epoch;
}
