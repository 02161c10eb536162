import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestFaults } from "./manifests.ts";

const manifests = { "": { devDependencies: { a: "1.0.0" } }, "platform/kernel": { dependencies: { a: "1.0.0" } } };

test("exact versions that the lock file knows are good", () => {
  assert.deepEqual(manifestFaults(manifests, { packages: manifests }), []);
});

test("a range, two versions of one package and a stale lock file are found", () => {
  const range = { "": { dependencies: { a: "^1.0.0" } } };
  assert.equal(manifestFaults(range, { packages: range }).length, 1);
  const two = { ...manifests, cli: { dependencies: { a: "2.0.0" } } };
  assert.deepEqual(manifestFaults(two, { packages: two }), ["cli takes a 2.0.0, another package 1.0.0"]);
  assert.deepEqual(manifestFaults(two, { packages: manifests }).length, 2);
});
