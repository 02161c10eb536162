import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { parseMapping } from "../mapping/mapping.ts";
import type { SourceRow } from "./source-row.ts";
import { sourceRows } from "./source-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "daybook-rows-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const BASE = { source: "x", timeFormat: "iso", timeZone: "UTC", currency: "EUR" };
const COLUMNS = { number: "n", time: "t", quantity: "q", unitPrice: "p", product: "s" };

async function rowsOf(text: string, mapping: object): Promise<readonly SourceRow[]> {
  const file = join(folder, "file");
  writeFileSync(file, text);
  const rows: SourceRow[] = [];
  for await (const chunk of sourceRows(file, parseMapping({ ...BASE, columns: COLUMNS, ...mapping }, "x"))) rows.push(...chunk);
  return rows;
}

test("CSV has the mapping's delimiter, quotes and constants", async () => {
  const columns = { ...COLUMNS, quantity: { constant: "1" }, description: "d" };
  const [row] = await rowsOf("n;t;p;s;d\n1;T;9,5;A;'it''s; ok'\n", { columns, delimiter: ";", quote: "'", escape: "'" });
  const cells = { number: "1", time: "T", quantity: "1", unitPrice: "9,5", product: "A", description: "it's; ok" };
  assert.deepEqual(row, { row: 1, cells });
  const [raw] = await rowsOf('n|t|q|p|s\n1|T|1|2|5" plate\n', { delimiter: "|", quote: null });
  assert.equal(raw?.cells.product, '5" plate');
  const [, odd] = await rowsOf("n,t,q,p,s\n1,T,1,2,A\n2,T\n", {});
  assert.equal(odd?.fault, "columns-differ");
});

test("NDJSON: values by path, a line a row; what is no document is a row with a fault", async () => {
  const columns = { ...COLUMNS, number: "order.no", product: "sku.v1", customer: "buyer.id", currency: { constant: "USD" } };
  const good = { order: { no: 17 }, t: "T", q: 2, p: 0.1, "sku.v1": "A", buyer: { id: null } };
  const text = `${JSON.stringify(good)}\r\n\n[1]\n{"order":\n${JSON.stringify({ ...good, p: true })}`;
  const rows = await rowsOf(text, { format: "ndjson", columns, decimalMark: "," });
  assert.deepEqual(
    rows.map(({ row, fault }) => [row, fault]),
    [
      [1, undefined],
      [2, "json-unreadable"],
      [3, "json-unreadable"],
      [4, undefined],
    ],
  );
  const cells = { number: "17", time: "T", quantity: "2", unitPrice: "0,1", product: "A", customer: "", currency: "USD" };
  assert.deepEqual(rows[0]?.cells, cells);
  assert.equal(rows[3]?.cells.unitPrice, "true");
});

test("NDJSON: the elements of an array are rows, with what their document has", async () => {
  const columns = { ...COLUMNS, quantity: "body.items.q", unitPrice: "body.items.p.net", product: "body.items.s" };
  const items = [
    { q: 1, p: { net: 2 }, s: "A" },
    { q: 3, p: {}, s: "B" },
  ];
  const text = [
    { n: "1", t: "T", body: { items } },
    { n: "2", t: "T", body: {} },
    { n: "3", t: "T", body: { items: [] } },
  ];
  const rows = await rowsOf(text.map((each) => JSON.stringify(each)).join("\n"), {
    format: "ndjson",
    columns,
    lines: "body.items",
  });
  const common = { number: "1", time: "T" };
  assert.deepEqual(rows.slice(0, 2), [
    { row: 1, cells: { ...common, quantity: "1", unitPrice: "2", product: "A" } },
    { row: 2, cells: { ...common, quantity: "3", unitPrice: "", product: "B" } },
  ]);
  assert.deepEqual(
    rows.slice(2).map(({ row, fault, cells }) => [row, fault, cells.number]),
    [
      [3, "lines-missing", "2"],
      [4, "lines-missing", "3"],
    ],
  );
});

test("a file that cannot be read is refused as a whole", async () => {
  const isInvalid = (error: unknown) => errorCode(error) === "import-file-invalid";
  const ndjson = { format: "ndjson" };
  await assert.rejects(rowsOf("", {}), isInvalid);
  await assert.rejects(rowsOf("\n\n", ndjson), isInvalid);
  await assert.rejects(rowsOf(`{"n":"${"x".repeat(100_001)}"}`, ndjson), isInvalid);
  await assert.rejects(rowsOf('{"n":"\0"}', ndjson), isInvalid);
  await assert.rejects(rowsOf("n,t,q,p\n", {}), isInvalid);
  await assert.rejects(rowsOf("n,t,q,p,s,s\n", {}), isInvalid);
  await assert.rejects(rowsOf('n,t,q,p,s\n1,"2', {}), isInvalid);
});
