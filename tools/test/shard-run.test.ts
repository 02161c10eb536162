import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { countOf, type TestOutcome } from "./outcome.ts";
import { runShard, type Patience } from "./shard-run.ts";

const GOOD = `import { test } from "node:test"; test("holds", () => {});`;
const PATIENT: Patience = { silentMs: 60_000, lingerMs: 60_000 };

describe("a shard of test files", () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-shard-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function outcomesOf(texts: readonly string[], patience = PATIENT): Promise<readonly TestOutcome[]> {
    const files = texts.map((_text, index) => join(folder, `${index}.test.mjs`));
    for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? "");
    return (await runShard(files, patience)).outcomes;
  }

  test("tells what passed, failed and was skipped, a failure with its reason", async () => {
    const outcomes = await outcomesOf([
      `import { describe, test } from "node:test";
      describe("suite", () => {
        test("holds", () => {});
        test("breaks", () => { throw new TypeError("broken"); });
        test("waits", { skip: "no engine" }, () => {});
      });`,
    ]);
    assert.deepEqual(countOf(outcomes), { passed: 1, failed: 1 });
    assert.match(outcomes.find(({ kind }) => kind === "fail")?.detail ?? "", /TypeError: broken/);
    assert.equal(outcomes.find(({ kind }) => kind === "skip")?.detail, "no engine");
    assert.deepEqual(
      outcomes.map(({ name }) => name),
      ["suite > holds", "suite > breaks", "suite > waits"],
    );
  });

  test("counts a file that cannot be loaded as a failure", async () => {
    assert.deepEqual(countOf(await outcomesOf([GOOD, `throw new TypeError("at import");`])), { passed: 1, failed: 1 });
  });

  test("counts a hook that fails as a failure", async () => {
    const hooked = `import { before, describe, test } from "node:test";
      describe("suite", () => { before(() => { throw new TypeError("hook"); }); test("never runs", () => {}); });`;
    assert.notEqual(countOf(await outcomesOf([hooked])).failed, 0);
  });

  test("finds the file that ends the process and keeps the others' results", async () => {
    const outcomes = await outcomesOf([GOOD, `import { test } from "node:test"; test("ends", () => process.exit(0));`, GOOD]);
    assert.deepEqual(countOf(outcomes), { passed: 2, failed: 1 });
    assert.match(outcomes.find(({ kind }) => kind === "fail")?.detail ?? "", /ended its process/);
  });

  test("finds the file that leaves something open", async () => {
    const leak = `import { test } from "node:test"; test("leaks", () => { setInterval(() => {}, 1000); });`;
    const outcomes = await outcomesOf([GOOD, leak], { ...PATIENT, lingerMs: 300 });
    assert.deepEqual(countOf(outcomes), { passed: 2, failed: 1 });
    assert.match(outcomes.find(({ kind }) => kind === "fail")?.detail ?? "", /left open/);
  });

  test("ends a file that hangs", async () => {
    const hang = `import { test } from "node:test"; test("hangs", () => { for (;;); });`;
    assert.deepEqual(countOf(await outcomesOf([hang], { ...PATIENT, silentMs: 1_000 })), { passed: 0, failed: 1 });
  });
});
