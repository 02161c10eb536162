import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { call, type Called } from "./call.ts";

const MAPPING = "shop/import/mappings/online-retail-lines.json";
const HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const ROWS = Array.from({ length: 300 }, (_, n) => `${n},A,A thing,1,2011-01-01 10:00:00,1.00,1.0,United Kingdom\n`);

interface Projection {
  readonly name: string;
  readonly state: string;
  readonly subscription: { readonly position: number; readonly lag: number };
}

describe("in a folder that no program owns", () => {
  const scratch = mkdtempSync(join(tmpdir(), "daybook-waiting-"));
  const data = join(scratch, "data");
  after(() => rmSync(scratch, { recursive: true, force: true }));

  async function asked(...words: readonly string[]): Promise<Called> {
    const called = await call([...words, "--data", data]);
    assert.equal(called.code, 0, called.err);
    return called;
  }

  async function projections(): Promise<readonly Projection[]> {
    return JSON.parse((await asked("projection", "ls", "--json")).out).projections;
  }

  /** What verify measures, when it finds nothing wrong. */
  async function measures(): Promise<Readonly<Record<string, number>>> {
    const { ok, checks } = JSON.parse((await asked("verify", "--json")).out);
    assert.equal(ok, true);
    return Object.assign({}, ...checks.map((check: { measures?: object }) => check.measures));
  }

  before(async () => {
    const file = join(scratch, "lines.csv");
    writeFileSync(file, HEADER + ROWS.join(""));
    await asked("import", "orders", file, "--mapping", MAPPING, "--place-only", "--quiet");
  });

  test("an import leaves nothing to be done: sealed, shown by the read models, and sound", async () => {
    const { unsealed, lag, orders } = await measures();
    assert.deepEqual({ unsealed, lag, orders }, { unsealed: 0, lag: 0, orders: 300 });
  });

  test("read models are listed, and looked at by doctor, without being started", async () => {
    const [search] = await projections();
    assert.deepEqual([search?.name, search?.state, search?.subscription.lag], ["order-search", "stopped", 0]);
    assert.ok((search?.subscription.position ?? 0) >= 300);
    assert.match((await asked("doctor")).out, /projection order-search +lag 0, not running/);
  });

  test("order place and cancel --wait return when the read models show it", async () => {
    const placed = JSON.parse((await asked("order", "place", "--item", "mug-blue", "--wait", "--json")).out);
    assert.equal((await projections())[0]?.subscription.lag, 0);
    const before = (await projections())[0]?.subscription.position ?? 0;
    await asked("order", "cancel", placed.id, "--reason", "late", "--wait");
    const [search] = await projections();
    assert.equal(search?.subscription.lag, 0);
    assert.ok((search?.subscription.position ?? 0) > before);
  });

  test("what is well prints nothing with --quiet", async () => {
    assert.deepEqual(await asked("verify", "--quiet"), { code: 0, out: "", err: "" });
    assert.equal((await asked("doctor", "--quiet")).out, "");
    assert.match((await asked("verify")).out, /^CHECK/);
  });

  test("dry runs of a rebuild, of an exchange of keys and of an import say what would be done, and do nothing", async () => {
    const before = [await projections(), (await asked("stream", "tail", "--after", "latest", "--no-follow")).err];
    const rebuild = JSON.parse((await asked("projection", "rebuild", "order-search", "--dry-run", "--json")).out);
    assert.deepEqual([rebuild.dryRun, rebuild.name, rebuild.live.generation], [true, "order-search", 1]);
    assert.ok(rebuild.events > 300);
    assert.equal((await call(["projection", "rebuild", "none", "--dry-run", "--data", data])).code, 4);
    const rotation = JSON.parse((await asked("keys", "rotate", "--dry-run", "--json")).out);
    assert.deepEqual(rotation, { dryRun: true, wouldGoOn: false });
    assert.deepEqual([await projections(), (await asked("stream", "tail", "--after", "latest", "--no-follow")).err], before);
  });

  test("keys are rotated by the command alone, and everything is as before", async () => {
    const rotated = JSON.parse((await asked("keys", "rotate", "--yes", "--quiet", "--json")).out);
    assert.equal(rotated.state, "rotated");
    await measures();
  });
});
