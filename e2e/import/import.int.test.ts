import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { below, seededRandom } from "@daybook/kernel/random";
import { daybook, readyLine, startDaybook, type Ended, type Running } from "./daybook.ts";
import { expectedOrders, type Expected, type ExpectedOrder } from "./expected-orders.ts";
import { MAPPINGS, orderFiles } from "./real-orders.ts";
import { shopState } from "./shop-state.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-import-"));
const files = orderFiles(join(scratch, "made"));
const IS_LONG = process.env["DAYBOOK_TEST_FORM"] === "long";
const KILLS = IS_LONG ? 30 : 3;
const SEED = Number(process.env["DAYBOOK_TEST_SEED"] ?? 20_101_201);
console.log(`import: ${files.which}; ${KILLS} kills, seed ${SEED} (DAYBOOK_TEST_SEED)`);

const started: Running[] = [];
after(async () => {
  await Promise.all(started.map(stopped));
  rmSync(scratch, { recursive: true, force: true });
});

async function stopped({ child, ended }: Running): Promise<number | null> {
  child.kill("SIGTERM");
  return (await ended).code;
}

interface Report {
  readonly rows: number;
  readonly orders: Readonly<Record<"placed" | "fulfilled" | "cancelled" | "failed" | "returned", number>>;
  readonly refunds: number;
  readonly rejected: readonly { readonly row: number; readonly reason: string }[];
  readonly money: Readonly<Record<string, object>>;
  readonly seconds: number;
}

type Kind = "lines" | "invoices";

const EXPECTED: Readonly<Record<Kind, Expected>> = {
  lines: expectedOrders(files.lines),
  invoices: expectedOrders(files.invoices),
};

function importWords(kind: Kind, ...more: readonly string[]): readonly string[] {
  return wordsFor(files[kind], kind, ...more);
}

function wordsFor(file: string, kind: Kind, ...more: readonly string[]): readonly string[] {
  return ["import", "orders", file, "--mapping", join(MAPPINGS, `online-retail-${kind}.json`), "--json", ...more];
}

function reportOf(ended: Ended): Report {
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
}

function checkFulfilled(report: Report, { rows, orders, rejected, returns, ordered }: Expected): void {
  assert.equal(report.rows, rows);
  const [placed, returned] = [orders.size, returns.byOrder.size];
  assert.deepEqual(report.orders, { placed, fulfilled: placed, cancelled: 0, failed: 0, returned });
  assert.equal(report.refunds, returns.count);
  const sums = { ordered: pounds(ordered), charged: pounds(ordered), refunded: pounds(returns.pence) };
  assert.deepEqual(report.money, { GBP: sums });
  const unmatched = [...returns.unmatched].map((row) => [row, "no-matching-order"] as const);
  assert.deepEqual(reasonsOf(report), new Map([...rejected, ...unmatched]));
}

function checkPlaced(report: Report, { rows, orders, rejected, notes, returns, ordered }: Expected): void {
  assert.equal(report.rows, rows);
  assert.deepEqual(report.orders, { placed: orders.size, fulfilled: 0, cancelled: 0, failed: 0, returned: 0 });
  assert.deepEqual(report.money, { GBP: { ordered: pounds(ordered), charged: "0.00", refunded: "0.00" } });
  const listed = [...notes].map((row) => [row, returns.unmatched.has(row) ? "no-matching-order" : "returns-not-made"] as const);
  assert.deepEqual(reasonsOf(report), new Map([...rejected, ...listed]));
}

function reasonsOf({ rejected }: Report): ReadonlyMap<number, string> {
  assert.equal(new Set(rejected.map(({ row }) => row)).size, rejected.length, "a row is listed once");
  return new Map(rejected.map(({ row, reason }) => [row, reason]));
}

function pounds(pence: bigint): string {
  return `${pence / 100n}.${String(pence % 100n).padStart(2, "0")}`;
}

/** The orders of a data folder by number, each as what the business knows of it; fails when a number is there twice. */
async function contentOf(data: string): Promise<ReadonlyMap<string, ExpectedOrder>> {
  const { code, stdout, stderr } = await daybook("order", "ls", "--data", data, "--limit", "100000", "--jsonl");
  assert.equal(code, 0, stderr);
  const orders = new Map<string, ExpectedOrder>();
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const { customer, country, itemCount, placedAt, total, origin } = JSON.parse(line);
    assert.ok(!orders.has(origin.number), `${origin.number} was placed twice`);
    const pence = BigInt(total.amount.replace(".", ""));
    orders.set(origin.number, { placedAt: Date.parse(placedAt), customer: customer.id, country, pieces: itemCount, pence });
  }
  return orders;
}

/** Every piece and penny is where the expectation says. */
async function checkState(data: string, { orders, returns, ordered }: Expected): Promise<void> {
  const { stock, accounts, house } = await shopState(data);
  const sum = (rows: readonly object[], name: string) =>
    rows.reduce((total, row) => total + Number((row as Readonly<Record<string, unknown>>)[name]), 0);
  const sold = [...orders.values()].reduce((total, { pieces }) => total + pieces, 0);
  const back = [...returns.byOrder.values()].reduce((total, { pieces }) => total + pieces, 0);
  const [received, onHand, shipped, reserved] = ["received", "onHand", "shipped", "reserved"].map((name) => sum(stock, name));
  assert.deepEqual({ received, onHand, shipped, reserved }, { received: sold, onHand: back, shipped: sold - back, reserved: 0 });
  assert.equal(BigInt(house["house:sales"] ?? "0"), ordered - returns.pence);
  const kept = accounts.reduce((total, row) => total + BigInt((row as { balance: { minor: string } }).balance.minor), 0n);
  assert.ok(kept <= returns.pence, "accounts hold what came back to customers, and nothing else");
}

async function checkVerified(data: string): Promise<void> {
  const { code, stdout } = await daybook("verify", "--data", data);
  assert.equal(code, 0, stdout);
}

describe("real orders are imported and carried out as the rules say", () => {
  test("lines: counts, money, reasons, every order, stock and ledger equal an independent computation; again changes nothing", async () => {
    const data = join(scratch, "lines");
    const first = reportOf(await daybook(...importWords("lines", "--data", data)));
    console.log(`lines: ${first.rows} rows, ${first.orders.placed} orders in ${first.seconds} s`);
    checkFulfilled(first, EXPECTED.lines);
    assert.deepEqual(await contentOf(data), EXPECTED.lines.orders);
    await checkState(data, EXPECTED.lines);
    const state = await shopState(data);
    const again = reportOf(await daybook(...importWords("lines", "--data", data)));
    assert.deepEqual({ ...again, seconds: 0 }, { ...first, seconds: 0 });
    assert.deepEqual(await shopState(data), state);
    await checkVerified(data);
  });

  test("the whole year, carried out", { skip: !IS_LONG && "takes minutes: npm test -- --int --long e2e/import" }, async () => {
    const data = join(scratch, "year");
    const report = reportOf(await daybook(...importWords("invoices", "--data", data)));
    console.log(`invoices: ${report.rows} rows, ${report.orders.placed} orders in ${report.seconds} s`);
    checkFulfilled(report, EXPECTED.invoices);
    assert.deepEqual(await contentOf(data), EXPECTED.invoices.orders);
    await checkState(data, EXPECTED.invoices);
    await checkVerified(data);
  });

  test("the whole year, placed only; again changes nothing", async () => {
    const data = join(scratch, "placed");
    const first = reportOf(await daybook(...importWords("invoices", "--data", data, "--place-only")));
    checkPlaced(first, EXPECTED.invoices);
    assert.deepEqual(await contentOf(data), EXPECTED.invoices.orders);
    const again = reportOf(await daybook(...importWords("invoices", "--data", data, "--place-only")));
    assert.deepEqual({ ...again, seconds: 0 }, { ...first, seconds: 0 });
    await checkVerified(data);
  });

  test("through a running server it is the same; orders that were only placed before are carried out", async () => {
    const data = join(scratch, "served");
    reportOf(await daybook(...importWords("lines", "--data", data, "--place-only")));
    const server = startDaybook(["start", "--port", "0", "--data", data, "--json"]);
    started.push(server);
    await readyLine(server);
    checkFulfilled(reportOf(await daybook(...importWords("lines", "--data", data, "--wait"))), EXPECTED.lines);
    assert.equal(await stopped(server), 0);
    assert.deepEqual(await contentOf(data), EXPECTED.lines.orders);
    await checkVerified(data);
  });

  test("a server without partners carries nothing out, and says so before anything is placed", async () => {
    const data = join(scratch, "alone");
    const server = startDaybook(["start", "--port", "0", "--data", data, "--partners", "none", "--json"]);
    started.push(server);
    await readyLine(server);
    const { code, stderr } = await daybook(...importWords("lines", "--data", data));
    assert.match(stderr, /"code":"orders-not-carried-out"/);
    assert.notEqual(code, 0);
    assert.equal(await stopped(server), 0);
    assert.equal((await contentOf(data)).size, 0);
  });
});

/** The rows of some orders and of the credit notes that are theirs. */
function someLines(): string {
  const file = join(scratch, "some.csv");
  const [head = "", ...rows] = readFileSync(files.lines, "utf8").trimEnd().split("\n");
  const returned = new Set(EXPECTED.lines.returns.byOrder.keys());
  const first = new Set([...EXPECTED.lines.orders.keys()].slice(0, 25));
  const isWanted = (row: string) => row.startsWith("C") || [returned, first].some((of) => of.has(row.split(",", 1)[0] ?? ""));
  writeFileSync(file, `${[head, ...rows.filter(isWanted)].join("\n")}\n`);
  return file;
}

test("one order at a time and 64 at once come to the same", async () => {
  const file = someLines();
  const came = await Promise.all(
    ["1", "64"].map(async (concurrency) => {
      const data = join(scratch, `concurrency-${concurrency}`);
      const report = reportOf(await daybook(...wordsFor(file, "lines", "--data", data, "--concurrency", concurrency)));
      checkFulfilled(report, expectedOrders(file));
      return { ...report, seconds: 0, state: await shopState(data) };
    }),
  );
  assert.deepEqual(came[0], came[1]);
});

describe("an import that is stopped and run again equals the undisturbed one", () => {
  const undisturbed = (async () => {
    const data = join(scratch, "undisturbed");
    const report = reportOf(await daybook(...importWords("lines", "--data", data)));
    return { report, state: await shopState(data) };
  })();

  async function checkSame(data: string): Promise<void> {
    const { report, state } = await undisturbed;
    const last = reportOf(await daybook(...importWords("lines", "--data", data)));
    assert.deepEqual({ ...last, seconds: 0 }, { ...report, seconds: 0 });
    assert.deepEqual(await shopState(data), state);
    await checkVerified(data);
  }

  test(`killed ${KILLS} times`, async () => {
    const mostMs = Math.max(3_000, (await undisturbed).report.seconds * 1_000);
    const data = join(scratch, "killed");
    const random = seededRandom(SEED);
    let killed = 0;
    for (let round = 0; round < KILLS * 10 && killed < KILLS; round++) {
      const running = startDaybook(importWords("lines", "--data", data));
      const timer = setTimeout(() => running.child.kill("SIGKILL"), 700 + below(random, mostMs / 3));
      const { signal } = await running.ended;
      clearTimeout(timer);
      if (signal === "SIGKILL") killed++;
      else rmSync(data, { recursive: true, force: true }); // it was faster than the kill: from the start
    }
    assert.equal(killed, KILLS, "the kills happened");
    await checkSame(data);
  });

  test("SIGINT stops it with 130, and the next run completes it", async () => {
    await undisturbed;
    const data = join(scratch, "interrupted");
    const running = startDaybook(importWords("lines", "--data", data));
    await ordersIn(data, 50);
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /"code":"interrupted"/);
    await checkSame(data);
  });
});

/** Resolves when a shop's file, which another process may not have made yet, holds so many orders. */
async function ordersIn(data: string, count: number): Promise<void> {
  for (let looks = 0, found = 0; found < count; looks++) {
    assert.ok(looks < 3_000, `there are ${found} orders`);
    await pause(20);
    const file = join(data, "daybook.db");
    if (!existsSync(file)) continue;
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      found = Number(db.prepare("SELECT count(*) AS n FROM rows WHERE collection = 'orders'").get()?.["n"]);
    } catch {
      found = 0; // it is being made
    } finally {
      db.close();
    }
  }
}
