import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "@daybook/kernel/clock";
import { simulate, type SeedResult } from "./simulate.ts";
import { sweepSeeds, type Progress, type Sweep } from "./sweep.ts";

/**
 * `npm run sim`: the shop under faults, one life a seed.
 *
 *     npm run sim -- --seeds 2000 --from 1    many seeds, in as many processes as cores (--jobs)
 *     npm run sim -- --seed 17                one seed, with the end of its trace
 *     --json                                  the sums as JSON
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "250" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    json: { type: "boolean", default: false },
  },
});

const PROGRESS_EVERY_MS = 5_000;

const isGood = values.seed === undefined ? await many() : await one(Number(values.seed));
process.exitCode = isGood ? 0 : 1;

async function one(seed: number): Promise<boolean> {
  const { trace, ...result } = await simulate(seed);
  if (values.json) console.log(JSON.stringify(result, undefined, 2));
  else console.log(`${trace.join("\n")}\n${JSON.stringify(result, undefined, 2)}`);
  return result.violations.length === 0;
}

async function many(): Promise<boolean> {
  const count = Number(values.seeds);
  const show = values.json ? () => undefined : progressLines(count);
  const sweep = await sweepSeeds(Number(values.from), count, Number(values.jobs), show);
  if (values.json) console.log(JSON.stringify(sweep, undefined, 2));
  else print(sweep);
  return sweep.failures.length === 0 && sweep.complaints.length === 0;
}

/** Says now and then how many seeds are done, how fast, and how long the rest takes; at once when one has failed. */
function progressLines(count: number): (progress: Progress) => void {
  const startedAt = systemClock.elapsed();
  let shownAt = startedAt;
  let hasFailed = false;
  return ({ seeds, cpuSeconds, failure }) => {
    const now = systemClock.elapsed();
    if (now - shownAt < PROGRESS_EVERY_MS && (hasFailed || !failure)) return;
    shownAt = now;
    hasFailed = failure !== undefined;
    const perSecond = seeds / ((now - startedAt) / 1_000);
    const rate = `${perSecond.toFixed(1)} a second, ${(seeds / cpuSeconds).toFixed(1)} a second of a core`;
    const rest = failure ? `seed ${failure.seed} FAILED` : `${Math.ceil((count - seeds) / perSecond)} s left`;
    console.log(`${seeds} of ${count} seeds, ${rate}, ${rest}`);
  };
}

function print(sweep: Sweep): void {
  const { seeds, counts, orders, units, deaths, cpuSeconds } = sweep;
  console.log(
    `operations: ${counts.ok} ok, ${counts.fail} fail, ${counts.info} info; ${orders} orders, ${units} units, ${deaths} deaths`,
  );
  const faults = Object.entries(sweep.faults).map(([name, struck]) => `${name} ${struck}`);
  console.log(`faults: ${faults.join(", ")}`);
  console.log(`${seeds} seeds, ${(seeds / cpuSeconds).toFixed(1)} a second of a core`);
  for (const complaint of sweep.complaints) console.log(`FAILED: ${complaint}`);
  const [first] = sweep.failures;
  if (first) printFailure(first, sweep.failures.length);
}

function printFailure({ seed, violations }: SeedResult, count: number): void {
  console.log(`FAILED: ${count} seeds; the first is ${seed}:`);
  for (const { check, message } of violations.slice(0, 5)) console.log(`  ${check}: ${message.slice(0, 1_000)}`);
  console.log(`again: npm run sim -- --seed ${seed}`);
}
