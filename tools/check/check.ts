import { spawn } from "node:child_process";
import { styleText } from "node:util";
import { ROOT } from "../repository.ts";

/** Everything that can be checked without running the program, side by side. Exit code 1 when any of it fails. */
interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "lint", command: ["oxlint"] },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "dead code", command: ["knip", "--no-progress"] },
  { name: "tidy", command: ["node", "tools/tidy/tidy.ts"] },
  { name: "documents", command: ["node", "tools/docs/docs.ts", "--check"] },
];

interface Result {
  readonly name: string;
  readonly isGood: boolean;
  readonly seconds: number;
  readonly output: string;
}

const results = await Promise.all(CHECKS.map(run));
const failed = results.filter((result) => !result.isGood);
for (const { name, output } of failed) console.log(`\n${styleText("bold", name)}\n${output.trim().replace(/^/gm, "  ")}`);
console.log("");
for (const { name, isGood, seconds } of results) {
  const mark = isGood ? styleText("green", "ok    ") : styleText("red", "FAILED");
  console.log(`${mark} ${name.padEnd(10)} ${seconds.toFixed(1)} s`);
}
process.exitCode = failed.length === 0 ? 0 : 1;

function run({ name, command: [program, ...options] }: Check): Promise<Result> {
  const started = performance.now();
  const child = spawn(program, options, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => {
    const finish = (isGood: boolean) => resolve({ name, isGood, seconds: (performance.now() - started) / 1000, output });
    child.on("error", (error) => {
      output += `${program} does not start: ${error.message}. Run \`npm ci\` first.`;
      finish(false);
    });
    child.on("close", (code) => finish(code === 0));
  });
}
