import { CodedError, errorCode, messageOf } from "@daybook/kernel/errors";
import { appendBench } from "./append/append.ts";
import type { Benchmark } from "./benchmark.ts";
import { dispatchBench } from "./dispatch.ts";
import { httpBench } from "./http/http.ts";
import { importBench } from "./import.ts";
import { parseOptions, type BenchOptions } from "./options.ts";
import { benchOrders } from "./orders/orders.ts";
import { queueBench } from "./queue/queue.ts";
import { processesBench } from "./processes/processes.ts";
import { readBench } from "./read/read.ts";
import { benchScale } from "./scale/scale.ts";
import { rebuildBench } from "./rebuild.ts";
import { jsonText, rowsOf, tableText } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { benchRestart } from "./restart/restart.ts";
import { workflowBench } from "./workflow/workflow.ts";

/**
 * `npm run bench -- NAME`: absolute figures and ratios of one interleaved run.
 *
 *     npm run --silent bench -- append --json
 *     npm run --silent bench -- append --store postgres --rounds 9
 *
 * The result goes to stdout, what is under way to stderr. Ends with 0, with 1 when it failed, with 2 when the words
 * were wrong.
 */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  append: appendBench,
  read: readBench,
  queue: queueBench,
  dispatch: dispatchBench,
  http: httpBench,
  import: importBench,
  workflow: workflowBench,
  processes: processesBench,
  rebuild: rebuildBench,
};

/** Those that are no table of contenders. */
const REPORTS: Readonly<Record<string, typeof benchOrders>> = { orders: benchOrders, restart: benchRestart, scale: benchScale };

const progress = (text: string) => console.error(text);

try {
  const options = parseOptions(process.argv.slice(2), [...Object.keys(BENCHMARKS), ...Object.keys(REPORTS)]);
  await (REPORTS[options.name]?.(options, progress) ?? run(options));
} catch (error) {
  progress(`bench: ${messageOf(error)}`);
  if (error instanceof CodedError) progress(error.advice);
  process.exitCode = errorCode(error) === "bench-command-invalid" ? 2 : 1;
}

async function run(options: BenchOptions): Promise<void> {
  const contest = await BENCHMARKS[options.name]?.contenders(options, progress);
  if (!contest) return;
  try {
    const { only } = options;
    const isMeant = (words: readonly unknown[]) => only === undefined || words.join(" ").includes(only);
    const chosen = contest.contenders.filter(({ name, workload, callers }) => isMeant([name, workload, callers]));
    const measured = await runRounds(chosen, options.rounds, progress);
    const { name: bench, store, rounds } = options;
    const report = { bench, store, rounds, rows: rowsOf(measured, contest.references) };
    console.log(options.isJson ? jsonText(report) : tableText(report));
  } finally {
    await contest.close();
  }
}
