import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

/** A checker does not import the code that it checks: it gets the store's port as types, the clock, files, and nothing else. */
const ALLOWED = [
  /^import type \{[^}]*\} from "@daybook\/data\/store";$/,
  /from "@daybook\/kernel\/clock";$/,
  /from "node:(crypto|fs|sqlite)";$/,
  /from "\.\.?\//,
];

function foreignImports(text: string): readonly string[] {
  const imports = text.match(/^(import|export)\s[^;]*?from\s"[^"]+";$/gm) ?? [];
  return imports.filter((each) => !ALLOWED.some((allowed) => allowed.test(each.replaceAll("\n", " "))));
}

test("the verification shares no code with what it verifies", () => {
  const folder = new URL(".", import.meta.url).pathname;
  const files = globSync("**/*.ts", { cwd: folder }).filter((path) => !path.endsWith(".test.ts") && !path.startsWith("trial/"));
  assert.ok(files.length > 15);
  for (const path of files) {
    const text = readFileSync(`${folder}/${path}`, "utf8");
    assert.deepEqual(foreignImports(text), [], path);
    assert.doesNotMatch(text, /\/trial\/|\bimport\(/);
  }
});

test("an import of the code that is checked is found", () => {
  for (const from of ["@daybook/kernel/canonical", "@daybook/data/event-store/seal", "@daybook/shop/shop"]) {
    assert.equal(foreignImports(`import { x } from "${from}";`).length, 1);
  }
  assert.equal(foreignImports('import { digestText } from "@daybook/data/store";').length, 1);
});
