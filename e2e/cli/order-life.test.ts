import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { call } from "./call.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-life-"));
const data = ["--data", join(scratch, "data")];
after(() => rmSync(scratch, { recursive: true, force: true }));

void test("order life tells what was recorded of an order, with its context, actor and cause", async () => {
  const mapping = "shop/import/mappings/online-retail-lines.json";
  const missing = await call(["order", "life", "ord_nothing", ...data]);
  assert.equal(missing.code, 3, "there is no shop yet");
  const file = join(scratch, "lines.csv");
  writeFileSync(
    file,
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,A thing,1,2011-01-01 10:00:00,1.00,1.0,United Kingdom\n",
  );
  const made = await call(["import", "orders", file, "--mapping", mapping, "--quiet", ...data]);
  assert.equal(made.code, 0, made.err);
  const placed = await call(["order", "place", "--item", "mug-blue", "--json", ...data]);
  assert.equal(placed.code, 0, placed.err);
  const { id } = JSON.parse(placed.out) as { id: string };
  await call(["order", "cancel", id, "--reason", "late", ...data]);
  const { out } = await call(["order", "life", id, ...data]);
  assert.match(out, /^TIME +CONTEXT +WHAT +OUTCOME +ACTOR +CAUSED BY +ID\n/);
  assert.match(out, /\n\d{4}-\S+ +ordering +OrderPlaced +usr_developer +\S+ +unt_\S+\/0\n\d{4}-\S+ +ordering +OrderCancelled /);
  const { life, events } = JSON.parse((await call(["order", "life", id, "--json", ...data])).out) as Record<"life" | "events", object[]>; // prettier-ignore
  assert.deepEqual([life.length, events.length], [2, 2]);
  const unknown = await call(["order", "life", "ord_nothing", ...data]);
  assert.equal(unknown.code, 3);
});
