import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ROOT } from "../repository.ts";

/** Fails to compile when the package's declarations are missing: then `status()` would be `any`, and fit anything. */
const TYPED = `import { memoryStore } from "daybook/data/store/memory";
// @ts-expect-error a status is not a number
export const wrong: number = memoryStore().status();
export const right: "accepting" | "stopped" = memoryStore().status().state;
`;

describe("the packed package, installed into an empty folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-installed-"));
  const run = (program: string, ...options: string[]) => execFileSync(program, options, { cwd: folder, encoding: "utf8" });

  before(() => {
    const tarball = execFileSync(process.execPath, [join(ROOT, "tools/pack/pack.ts"), join(folder, "packed")], {
      encoding: "utf8",
    });
    mkdirSync(join(folder, "app"));
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    run("npm", "install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball.trim());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("runs the first example", () => {
    copyFileSync(join(ROOT, "examples/first.mjs"), join(folder, "first.mjs"));
    assert.equal(run(process.execPath, "first.mjs"), 'committed\ngreeting-1 1: Greeted {"name":"world"}\n');
  });

  test("brings its types", () => {
    writeFileSync(join(folder, "typed.ts"), TYPED);
    const strict = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"];
    run(join(ROOT, "node_modules/.bin/tsc"), ...strict, "--ignoreConfig", "typed.ts");
  });

  test("every subpath without a pattern can be imported", () => {
    const list = `import manifest from "daybook/package.json" with { type: "json" };
      for (const path of Object.keys(manifest.exports)) if (!/[*]|json$/.test(path)) await import("daybook" + path.slice(1));`;
    run(process.execPath, "--input-type=module", "--eval", list);
  });
});
