import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { ROOT } from "../repository.ts";

/** Each tool of `npm run check`, with the repository's own configuration, finds what is planted for it. */
describe("the static gates bite", () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-gates-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const config of ["package.json", "tsconfig.json", ".oxlintrc.json", ".oxfmtrc.json", "knip.json"]) {
    copyFileSync(join(ROOT, config), join(folder, config));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));

  function plant(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  function outputOf(tool: string, ...options: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(join(ROOT, "node_modules/.bin", tool), options, {
      cwd: folder,
      encoding: "utf8",
    });
    assert.notEqual(status, 0, `${tool} fails`);
    return stdout + stderr;
  }

  test("tsc: a wrong type, an unchecked index, an unused name, an enum", () => {
    plant({
      "tools/planted.ts": `export const a: number = "text";
export const b = (items: readonly string[]): string => items[0];
const unused = 1;
export enum C { D }
`,
    });
    const output = outputOf("tsc", "-p", ".");
    for (const code of ["TS2322", "TS6133", "TS1294"]) assert.match(output, new RegExp(code));
    assert.match(output, /planted\.ts\(2,/);
  });

  test("oxlint: any, a promise that nobody waits for, a switch with a gap, a cycle of imports", () => {
    plant({
      "platform/planted/lint.ts": `import { later } from "./later.ts";
export const a = 1 as any;
export function b(kind: "x" | "y") {
  later();
  switch (kind) {
    case "x":
      return 1;
  }
}
`,
      "platform/planted/later.ts": `import { a } from "./lint.ts";\nexport const later = async () => a;\n`,
    });
    const output = outputOf("oxlint", "platform/planted");
    for (const rule of ["no-explicit-any", "no-floating-promises", "switch-exhaustiveness-check", "no-cycle"]) {
      assert.match(output, new RegExp(rule));
    }
  });

  test("oxfmt: a line that is too long", () => {
    plant({ "platform/planted/format.ts": `export const words = [${'"word", '.repeat(30)}];\n` });
    assert.match(outputOf("oxfmt", "--check", "platform/planted/format.ts"), /format\.ts/);
  });

  test("knip: a file and an export that nobody uses, a dependency that nobody named", () => {
    plant({
      "platform/dead/package.json": `{ "name": "@daybook/dead", "exports": { "./entry": "./entry.ts" } }`,
      "platform/dead/entry.ts": `import { used } from "./partly.ts";\nimport "unheard-of";\nexport const entry = used;\n`,
      "platform/dead/partly.ts": `export const used = 1;\nexport const unusedExport = 2;\n`,
      "platform/dead/forgotten.ts": `export const forgotten = 1;\n`,
    });
    const output = outputOf("knip", "--no-progress");
    for (const finding of ["unheard-of", "unusedExport", "platform/dead/forgotten.ts"]) assert.match(output, new RegExp(finding));
  });
});
