import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { PlantedBug } from "./planted-bug.ts";
import { BUGS } from "./planted-bugs.ts";
import { seedWorker } from "./seed-worker.ts";
import type { SeedResult } from "./simulate.ts";

/**
 * Plants each bug and counts the seeds until a check finds it: `node e2e/simulation/planted.ts [name…] [--rounds N] [--json]`. Exit
 * code 1 when one is not found, found by a check that is not named for it, or no longer fits its source.
 */
const BUDGET = 100;

interface Hunt {
  readonly bug: string;
  /** Seeds until it was found, each round; Infinity when it was not. */
  readonly seeds: readonly number[];
  readonly median: number;
  /** The checks that found it. */
  readonly found: readonly string[];
  readonly cpuSeconds: number;
  readonly fault?: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "5" } },
});
/** Hunts for each bug, each through seeds of its own. */
const ROUNDS = Number(values.rounds);
const queue = BUGS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const hunts: Hunt[] = [];
await Promise.all(Array.from({ length: availableParallelism() }, work));
if (values.json) console.log(JSON.stringify(hunts, undefined, 2));
else console.log(`${hunts.length} bugs, ${Math.round(hunts.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0))} s of CPU`);
process.exitCode = hunts.length > 0 && hunts.every(({ fault }) => fault === undefined) ? 0 : 1;

async function work(): Promise<void> {
  for (let bug = queue.shift(); bug; bug = queue.shift()) {
    const found = await hunt(bug).catch((error: unknown) => lost(bug, String(error)));
    hunts.push(found);
    const { seeds, median, fault } = found;
    const by = fault ?? found.found.join(", ");
    const line = `${fault === undefined ? "found " : "FAILED"} ${bug.name}: median ${median} (${seeds.join(", ")}); ${by}`;
    if (!values.json) console.log(line);
  }
}

function lost(bug: PlantedBug, fault: string): Hunt {
  return { bug: bug.name, seeds: [], median: Infinity, found: [], cpuSeconds: 0, fault };
}

async function hunt(bug: PlantedBug): Promise<Hunt> {
  const worker = await seedWorker(bug.name);
  const seeds: number[] = [];
  const finds: SeedResult[] = [];
  let cpuSeconds = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { results, ...spent } = await worker.run({ from: 1 + round * 10_000, count: BUDGET, isUntilViolation: true });
      cpuSeconds += spent.cpuSeconds;
      const last = results.at(-1);
      if (last && last.violations.length > 0) finds.push(last);
      seeds.push(last && last.violations.length > 0 ? results.length : Infinity);
    }
  } finally {
    worker.stop();
  }
  const median = seeds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Infinity;
  const found = [...new Set(finds.flatMap(({ violations }) => violations.map(({ check }) => check)))];
  const fault = faultOf(bug, finds);
  return { bug: bug.name, seeds, median, found, cpuSeconds, ...(fault !== undefined && { fault }) };
}

/** Each find is by a check that is named for the bug: another one may have been lucky. */
function faultOf(bug: PlantedBug, finds: readonly SeedResult[]): string | undefined {
  if (finds.length < ROUNDS) return `not found within ${BUDGET} seeds in ${ROUNDS - finds.length} of ${ROUNDS} rounds`;
  const missed = finds.find(({ violations }) => !violations.some(({ check }) => bug.foundBy.includes(check)));
  return missed && `seed ${missed.seed}: found by ${missed.violations.map(({ check }) => check).join(", ")} only`;
}
