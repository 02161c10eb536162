import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { parseCommand } from "./command.ts";
import { alone } from "./machine.ts";

const ENGINES = ["postgres", "redis"];

test("the words name a command and its engine", () => {
  assert.deepEqual(parseCommand(["up", "postgres"], ENGINES), { kind: "up", engine: "postgres" });
  assert.deepEqual(parseCommand(["down", "redis"], ENGINES), { kind: "down", engine: "redis" });
  assert.deepEqual(parseCommand(["down"], ENGINES), { kind: "down", engine: undefined });
  assert.deepEqual(parseCommand(["status", "--json"], ENGINES), { kind: "status", isJson: true });
});

const WRONG: readonly (readonly string[])[] = [
  [],
  ["start"],
  ["up"],
  ["up", "oracle"],
  ["up", "postgres", "redis"],
  ["up", "postgres", "--json"],
  ["status", "postgres"],
  ["status", "--yaml"],
];

for (const words of WRONG) {
  test(`"engines ${words.join(" ")}" is refused with a reason`, () => {
    assert.throws(
      () => parseCommand(words, ENGINES),
      (error) => errorCode(error) === "engine-command-invalid",
    );
  });
}

test("only one process at a time works under a lock, and a dead owner's lock is taken over", async () => {
  const folder = mkdtempSync(join(tmpdir(), "daybook-engines-"));
  const lock = join(folder, "lock");
  writeFileSync(lock, "999999999"); // beyond every process id
  let working = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++working);
    await new Promise(setImmediate);
    working--;
  };
  await Promise.all([alone(lock, work), alone(lock, work)]);
  rmSync(folder, { recursive: true });
  assert.equal(most, 1);
});
