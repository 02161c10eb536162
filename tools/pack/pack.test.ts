import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workspace } from "../tidy/packages.ts";
import { packedManifest } from "./manifest.ts";
import { rewriteImports } from "./rewrite.ts";

const KERNEL: Workspace = {
  name: "@daybook/kernel",
  folder: "platform/kernel",
  exports: { "./*": "./*.ts" },
  dependencies: { zod: "4.0.0" },
  bin: {},
};
const CLI: Workspace = {
  name: "@daybook/cli",
  folder: "cli",
  exports: { "./run": "./run.ts" },
  dependencies: { "@daybook/kernel": "0.1.0", ajv: "1.0.0" },
  bin: { daybook: "./daybook.ts" },
};

test("imports of workspaces become relative, those of other packages stay", () => {
  const text = `import { a } from "@daybook/kernel/clock"; import z from "zod"; export { b } from "./run.ts"; await import("@daybook/cli/run");`;
  assert.equal(
    rewriteImports("cli/daybook.js", text, [KERNEL, CLI]),
    `import { a } from "../platform/kernel/clock.js"; import z from "zod"; export { b } from "./run.js"; await import("./run.js");`,
  );
});

test("imported types in declarations are rewritten, too", () => {
  const text = `export declare const a: import("@daybook/kernel/errors").ErrorFactory;`;
  const rewritten = `export declare const a: import("../platform/kernel/errors.js").ErrorFactory;`;
  assert.equal(rewriteImports("cli/run.d.ts", text, [KERNEL, CLI]), rewritten);
});

test("workspaces are offered as subpaths, with their programs and dependencies together", () => {
  assert.deepEqual(packedManifest([KERNEL, CLI]), {
    exports: {
      "./kernel/*": { types: "./platform/kernel/*.d.ts", default: "./platform/kernel/*.js" },
      "./cli/run": { types: "./cli/run.d.ts", default: "./cli/run.js" },
      "./package.json": "./package.json",
    },
    dependencies: { ajv: "1.0.0", zod: "4.0.0" },
    bin: { daybook: "./cli/daybook.js" },
  });
});

test("two versions of one dependency are refused", () => {
  assert.throws(() => packedManifest([KERNEL, { ...CLI, dependencies: { zod: "5.0.0" } }]), /one version of zod/);
});
