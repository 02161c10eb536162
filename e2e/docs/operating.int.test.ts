import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ROOT } from "../../tools/repository.ts";
import { killAll, startProgram } from "../fulfilment/program.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-operating-"));

after(() => {
  killAll();
  rmSync(scratch, { recursive: true, force: true });
});

/** Blocks of commands; the one that starts the program is done by the test. */
function commandsOf(path: string): readonly string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, body = ""]) => body);
  return blocks.flatMap((body) => body.trim().split("\n")).filter((line) => !line.startsWith("npm start"));
}

test("every command of the operators' guide does what it says, beside the running program", { timeout: 120_000 }, async () => {
  const commands = commandsOf("docs/operating.md");
  assert.ok(commands.length >= 20);
  await startProgram(join(scratch, "data"));
  const script = [
    "set -eu",
    `daybook() { "${process.execPath}" "${join(ROOT, "cli/daybook.ts")}" "$@"; }`,
    ...commands.flatMap((command) => [`echo ${JSON.stringify(`> ${command.replaceAll(/["$`]/g, "")}`)}`, command]),
    "echo all done",
  ].join("\n");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], { cwd: scratch, env, encoding: "utf8" });
  assert.equal(status, 0, `${stdout.slice(-2_000)}${stderr}`);
  assert.match(stdout, /all done\n$/);
  assert.match(stdout, /OrderPlaced/, "the life of an order is shown");
});
