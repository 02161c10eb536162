import { createInterface } from "node:readline/promises";
import { systemClock } from "@daybook/kernel/clock";
import { COMMANDS } from "./commands.ts";
import { run } from "./shell/run.ts";
import type { Terminal } from "./shell/terminal.ts";

const { stdin, stdout, stderr, env } = process;

// Whoever read the output went away (`daybook order ls | head`): there is nobody to write to.
stdout.on("error", () => process.exit(0));

const terminal: Terminal = {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  isOutPerson: stdout.isTTY,
  isErrPerson: stderr.isTTY,
  columns: stdout.isTTY ? stdout.columns : 200,
  hasColours: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  ask: stdin.isTTY && stderr.isTTY ? ask : undefined,
};

// The clock's timers do not keep a process alive; a command that waits does.
const { port1: alive } = new MessageChannel();
alive.ref();

process.exitCode = await run({
  words: process.argv.slice(2),
  environment: env,
  commands: COMMANDS,
  version: "0.1.0",
  terminal,
  clock: systemClock,
  process,
});
alive.close();

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
