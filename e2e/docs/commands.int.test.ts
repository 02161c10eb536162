import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ROOT } from "../../tools/repository.ts";
import { killAll, startProgram } from "../fulfilment/program.ts";
import { blocksOf } from "./blocks.ts";

const scratch = mkdtempSync(join(tmpdir(), "daybook-operating-"));

after(() => {
  killAll();
  rmSync(scratch, { recursive: true, force: true });
});

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
  const { stdout, stderr, status } = ran(script, scratch);
  assert.equal(status, 0, `${stdout.slice(-2_000)}${stderr}`);
  assert.match(stdout, /all done\n$/);
  assert.match(stdout, /OrderPlaced/, "the life of an order is shown");
});

test("the guide to the import imports, and answers as it shows", { timeout: 120_000 }, () => {
  const [command = ""] = commandsOf("docs/import.md");
  const shown = blocksOf(readFileSync(join(ROOT, "docs/import.md"), "utf8")).find(({ language }) => language === "json");
  const folder = join(scratch, "import");
  const file = join(scratch, "lines.csv");
  writeFileSync(file, LINES.join("\n"));
  const { stdout, stderr, status } = ran(`${command.replace("lines.csv", file)} --data ${folder} --json`, ROOT);
  assert.equal(status, 0, stderr);
  const withoutTime = (text: string) => ({ ...(JSON.parse(text) as object), seconds: 0 });
  assert.deepEqual(withoutTime(stdout), withoutTime(shown?.text ?? ""));
});

/** Two orders, a row without a price, and a piece that came back. */
const LINES = [
  "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
  "1001,TEAPOT,Stoneware teapot,2,2010-12-01 08:26:00,2.00,17850,United Kingdom",
  "1002,SAMPLE,A sample,1,2010-12-01 08:28:00,0.00,17850,United Kingdom",
  "1003,STAND,Cake stand,1,2010-12-01 08:34:00,13.30,13047,United Kingdom",
  "C1004,TEAPOT,Stoneware teapot,-1,2010-12-02 09:00:00,2.00,17850,United Kingdom",
  "",
];

/** Blocks of commands; the one that starts the program is done by the test. */
function commandsOf(path: string): readonly string[] {
  const blocks = blocksOf(readFileSync(join(ROOT, path), "utf8")).filter(({ language }) => language === "sh");
  return blocks.flatMap(({ text }) => text.split("\n")).filter((line) => !line.startsWith("npm start"));
}

function ran(script: string, cwd: string) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync("bash", ["-c", script], { cwd, env, encoding: "utf8" });
}
