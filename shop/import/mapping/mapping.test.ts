import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CodedError } from "@daybook/kernel/errors";
import { loadMapping, mappingJsonSchema, parseMapping } from "./mapping.ts";

const SHIPPED = ["online-retail-lines", "online-retail-invoices"].map(
  (name) => `${import.meta.dirname}/../mappings/${name}.json`,
);
const [LINES = ""] = SHIPPED;
const good = JSON.parse(await readFile(LINES, "utf8")) as Readonly<Record<string, unknown>>;
const columns = good["columns"] as object;

function pointersOf(document: unknown): readonly string[] {
  try {
    parseMapping(document, "m.json");
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === "mapping-invalid");
    assert.match(error.message, /^m\.json: /);
    const { errors } = error.details as { readonly errors: readonly { readonly pointer: string; readonly message: string }[] };
    for (const { pointer, message } of errors) assert.ok(error.message.includes(`${pointer || "the mapping"} ${message}`));
    return errors.map(({ pointer }) => pointer);
  }
  return [];
}

test("the shipped mappings are mappings", async () => {
  for (const path of SHIPPED) assert.ok((await loadMapping(path)).source);
  assert.deepEqual(pointersOf(good), []);
});

test("each fault is named by its place", () => {
  const { product: _, ...withoutProduct } = columns as Record<string, unknown>;
  const cases: readonly (readonly [changed: object, pointers: readonly string[]])[] = [
    [{ source: "Upper Case" }, ["/source"]],
    [{ delimiter: ";;", timeZone: "Mars/Base" }, ["/delimiter", "/timeZone"]],
    [{ columns: { ...columns, time: 7 } }, ["/columns/time"]],
    [{ columns: { ...columns, "a/b~c": "x" } }, ["/columns/a~1b~0c"]],
    [{ surprise: 1 }, ["/surprise"]],
    [{ columns: withoutProduct }, ["/columns/product"]],
    [{ timeFormat: "DD/MM" }, ["/timeFormat"]],
    [{ timeFormat: "toString" }, ["/timeFormat"]],
    [{ currency: "pounds" }, ["/currency"]],
    [{ priceExponent: 7 }, ["/priceExponent"]],
    [{ groupMark: "." }, ["/groupMark"]],
    [{ numbers: { creditNote: "(" } }, ["/numbers/creditNote"]],
    [{ statuses: { cancelled: ["void"] } }, ["/columns/status"]],
    [{ lines: "items" }, ["/lines"]],
    [{ quote: "," }, ["/quote"]],
    [{ payment: { guests: "account" } }, ["/payment/guests"]],
    [{ standIn: { productId: "two words", name: "" } }, ["/standIn/productId", "/standIn/name"]],
  ];
  for (const [changed, pointers] of cases)
    assert.deepEqual(pointersOf({ ...good, ...changed }), pointers, JSON.stringify(changed));
  assert.deepEqual(pointersOf([]), [""]);
});

test("its JSON Schema names every field, and which are needed", () => {
  const schema = mappingJsonSchema() as { readonly properties: object; readonly required: readonly string[] };
  assert.deepEqual(schema.required.toSorted(), ["columns", "currency", "source", "timeFormat", "timeZone"]);
  for (const field of ["format", "lines", "decimalMark", "priceExponent", "statuses", "payment", "standIn"]) {
    assert.ok(field in schema.properties, field);
  }
});
