import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { BUGS } from "./planted-bugs.ts";

/** A hunt takes minutes: one round shows that each bug is found, more how soon. */
const ROUNDS = process.env["DAYBOOK_TEST_FORM"] === "long" ? "5" : "1";

test("the simulation finds every planted bug, by a check that is named for it", (context) => {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, "planted.ts"), "--rounds", ROUNDS], { encoding: "utf8" });
  context.diagnostic(run.stdout);
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
  assert.equal(run.stdout.split("\n").filter((line) => line.startsWith("found ")).length, BUGS.length);
});
