import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../repository.ts";
import { countOf, summaryLine, type TestOutcome } from "./outcome.ts";
import { selectedFiles, shardsOf } from "./selection.ts";
import { runShard, type ShardResult } from "./shard-run.ts";

/**
 * `npm test`: every test that needs no engine, many files to a process, as many processes as cores.
 *
 *     npm test -- platform/kernel    files whose path contains it
 *     npm test -- --int              the tests on real engines, each file in its own process, one after another
 *     npm test -- --long             simulations in their long form (DAYBOOK_TEST_FORM=long)
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { int: { type: "boolean", default: false }, long: { type: "boolean", default: false } },
});
const PATIENCE = { silentMs: values.long || values.int ? 900_000 : 120_000, lingerMs: 5_000 };

if (values.long) process.env["DAYBOOK_TEST_FORM"] = "long";
const files = selectedFiles({ isIntegration: values.int, only: positionals });
const results = values.int ? await oneByOne() : await sideBySide();
process.exitCode = print(results);

async function oneByOne(): Promise<readonly ShardResult[]> {
  const each: ShardResult[] = [];
  for (const file of files) each.push(await runShard([file], PATIENCE));
  return each;
}

function sideBySide(): Promise<readonly ShardResult[]> {
  return Promise.all(shardsOf(files, availableParallelism()).map((shard) => runShard(shard, PATIENCE)));
}

/** Prints skips, failures and the summary line; answers the exit code. A run without any test has failed. */
function print(shards: readonly ShardResult[]): number {
  const outcomes = shards.flatMap((shard) => shard.outcomes);
  const counts = countOf(outcomes);
  for (const outcome of outcomes) if (outcome.kind === "skip") console.log(`skipped: ${nameOf(outcome)} (${outcome.detail})`);
  for (const outcome of outcomes)
    if (outcome.kind === "fail") console.log(`\nFAILED: ${nameOf(outcome)}\n${indented(outcome.detail)}`);
  if (counts.failed > 0)
    for (const shard of shards) if (shard.output !== "") console.log(`\nPrinted by the tests:\n${indented(shard.output)}`);
  if (outcomes.length === 0) console.log("no test was found");
  console.log(summaryLine(counts));
  return counts.failed === 0 && outcomes.length > 0 ? 0 : 1;
}

function nameOf(outcome: TestOutcome): string {
  return `${relative(ROOT, outcome.file)}: ${outcome.name}`;
}

function indented(text = ""): string {
  return text.trimEnd().replace(/^/gm, "  ");
}
