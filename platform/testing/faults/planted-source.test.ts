import assert from "node:assert/strict";
import { test } from "node:test";
import { patchedSource } from "./planted-source.ts";

const patch = { file: "a.ts", find: "a < b", replace: "a <= b" };

test("a patch replaces the one place that it names", () => {
  assert.equal(patchedSource("if (a < b) return;", patch), "if (a <= b) return;");
});

test("the replacement is taken as it stands", () => {
  assert.equal(patchedSource("if (a < b) return;", { ...patch, replace: "$&$1" }), "if ($&$1) return;");
});

test("a patch that fits no place, or two, fails", () => {
  assert.throws(() => patchedSource("if (a > b) return;", patch), /once in a\.ts, not 0 times/);
  assert.throws(() => patchedSource("a < b || a < b", patch), /not 2 times/);
});
