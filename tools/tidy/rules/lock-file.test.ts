import assert from "node:assert/strict";
import { test } from "node:test";
import { lockFileFaults, type LockedPackage } from "./lock-file.ts";

const linter: LockedPackage = { version: "1.0.0", optionalDependencies: { "linter-linux": "1.0.0", "linter-darwin": "1.0.0" } };
const binaries = { "node_modules/linter-linux": {}, "node_modules/linter-darwin": {} };

test("a complete lock file without registries and scripts is good", () => {
  const workspace = { resolved: "platform/kernel", link: true };
  const lock = { packages: { "node_modules/linter": linter, ...binaries, "node_modules/@daybook/kernel": workspace } };
  assert.deepEqual(lockFileFaults(lock), []);
});

test("a binary that npm dropped for another platform is found", () => {
  const faults = lockFileFaults({ packages: { "node_modules/linter": linter, "node_modules/linter-linux": {} } });
  assert.deepEqual(faults, ["node_modules/linter lacks linter-darwin: install it again from the full lock file"]);
});

test("a registry's address and an install script are found", () => {
  const faults = lockFileFaults({ packages: { "node_modules/a": { resolved: "https://host/a.tgz", hasInstallScript: true } } });
  assert.equal(faults.length, 2);
});
