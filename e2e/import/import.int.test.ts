import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { below, seededRandom } from "@daybook/kernel/random";
import { daybook, readyLine, startDaybook, type Ended } from "./daybook.ts";
import { expectedOrders, type Expected, type ExpectedOrder } from "./expected-orders.ts";
import { MAPPINGS, orderFiles } from "./real-orders.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-import-"));
const files = orderFiles(join(scratch, "made"));
const KILLS = process.env["DAYBOOK_TEST_FORM"] === "long" ? 20 : 3;
const SEED = Number(process.env["DAYBOOK_TEST_SEED"] ?? 20_101_201);
console.log(`import: ${files.which}; ${KILLS} kills, seed ${SEED} (DAYBOOK_TEST_SEED)`);

after(() => rmSync(scratch, { recursive: true, force: true }));

interface Report {
  readonly rows: number;
  readonly orders: { readonly placed: number };
  readonly rejected: readonly { readonly row: number; readonly reason: string }[];
  readonly money: Readonly<Record<string, { readonly ordered: string }>>;
  readonly seconds: number;
}

type Kind = "lines" | "invoices";

const EXPECTED: Readonly<Record<Kind, Expected>> = {
  lines: expectedOrders(files.lines),
  invoices: expectedOrders(files.invoices),
};

function importWords(kind: Kind, ...more: readonly string[]): readonly string[] {
  const mapping = join(MAPPINGS, `online-retail-${kind}.json`);
  return ["import", "orders", files[kind], "--mapping", mapping, "--json", ...more];
}

function reportOf(ended: Ended): Report {
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
}

function checkReport(report: Report, expected: Expected): void {
  assert.equal(report.rows, expected.rows);
  assert.equal(report.orders.placed, expected.orders.size);
  const pounds = `${expected.ordered / 100n}.${String(expected.ordered % 100n).padStart(2, "0")}`;
  assert.deepEqual(report.money, { GBP: { ordered: pounds } });
  assert.deepEqual(new Map(report.rejected.map(({ row, reason }) => [row, reason])), expected.rejected);
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

describe("real orders are imported as the rules say", () => {
  for (const kind of ["lines", "invoices"] as const) {
    test(`${kind}: counts, money, reasons and every order equal an independent computation; again changes nothing`, async () => {
      const data = join(scratch, kind);
      const first = reportOf(await daybook(...importWords(kind, "--data", data)));
      console.log(`${kind}: ${first.rows} rows, ${first.orders.placed} orders in ${first.seconds} s`);
      checkReport(first, EXPECTED[kind]);
      assert.deepEqual(await contentOf(data), EXPECTED[kind].orders);
      const again = reportOf(await daybook(...importWords(kind, "--data", data)));
      assert.deepEqual({ ...again, seconds: 0 }, { ...first, seconds: 0 });
      assert.equal((await daybook("verify", "--data", data, "--quiet")).code, 0);
    });
  }

  test("one order at a time and 64 at once give the same", async () => {
    const reports = await Promise.all(
      ["1", "64"].map(async (concurrency) => {
        const data = join(scratch, `concurrency-${concurrency}`);
        const report = reportOf(await daybook(...importWords("lines", "--data", data, "--concurrency", concurrency)));
        return { ...report, seconds: 0, content: await contentOf(data) };
      }),
    );
    assert.deepEqual(reports[0], reports[1]);
  });

  test("through a running server it is the same", async () => {
    const data = join(scratch, "served");
    const server = startDaybook(["start", "--port", "0", "--data", data, "--partners", "none", "--json"]);
    await readyLine(server);
    checkReport(reportOf(await daybook(...importWords("lines", "--data", data))), EXPECTED.lines);
    assert.deepEqual(await contentOf(data), EXPECTED.lines.orders);
    server.child.kill("SIGTERM");
    assert.equal((await server.ended).code, 0);
  });
});

describe("an import that is killed and run again equals the undisturbed one", () => {
  test(`killed ${KILLS} times`, async () => {
    const data = join(scratch, "killed");
    const random = seededRandom(SEED);
    let killed = 0;
    for (let round = 0; round < KILLS * 10 && killed < KILLS; round++) {
      const running = startDaybook(importWords("invoices", "--data", data));
      const timer = setTimeout(() => running.child.kill("SIGKILL"), 700 + below(random, 3_000));
      const { signal } = await running.ended;
      clearTimeout(timer);
      if (signal === "SIGKILL") killed++;
      else rmSync(data, { recursive: true, force: true }); // it was faster than the kill: from the start
    }
    assert.equal(killed, KILLS, "the kills happened");
    checkReport(reportOf(await daybook(...importWords("invoices", "--data", data))), EXPECTED.invoices);
    assert.deepEqual(await contentOf(data), EXPECTED.invoices.orders);
    assert.equal((await daybook("verify", "--data", data, "--quiet")).code, 0);
  });

  test("SIGINT stops it with 130, and the next run completes it", async () => {
    const data = join(scratch, "interrupted");
    const running = startDaybook(importWords("invoices", "--data", data));
    setTimeout(() => running.child.kill("SIGINT"), 2_000);
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /"code":"interrupted"/);
    checkReport(reportOf(await daybook(...importWords("invoices", "--data", data))), EXPECTED.invoices);
  });
});
