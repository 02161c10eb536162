import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { PlantedBug } from "./planted-bug.ts";
import { BUGS } from "./planted-bugs.ts";
import { seedWorker } from "./seed-worker.ts";
import type { SeedResult } from "./simulate.ts";

/**
 * Plants each bug and counts the seeds until a check finds it: `node e2e/simulation/planted.ts [name…] [--rounds N] [--json]`. Exit
 * code 1 when one is not found by a check that is named for it in most rounds, or no longer fits its source.
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
/** A bug that the rounds so far do not settle gets more of them. */
const ROUNDS_MAX = Math.max(5, ROUNDS);
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
  let fault: string | undefined;
  try {
    for (let round = 0; round < ROUNDS || (fault !== undefined && round < ROUNDS_MAX); round++) {
      const { results, ...spent } = await worker.run({ from: 1 + round * 10_000, count: BUDGET, isUntilViolation: true });
      cpuSeconds += spent.cpuSeconds;
      const last = results.at(-1);
      if (last && last.violations.length > 0) finds.push(last);
      seeds.push(last && last.violations.length > 0 ? results.length : Infinity);
      fault = faultOf(bug, finds, round + 1);
    }
  } finally {
    worker.stop();
  }
  const median = seeds.toSorted((a, b) => a - b)[Math.floor(seeds.length / 2)] ?? Infinity;
  const found = [...new Set(finds.flatMap(({ violations }) => violations.map(({ check }) => check)))];
  return { bug: bug.name, seeds, median, found, cpuSeconds, ...(fault !== undefined && { fault }) };
}

/** Most rounds find it by a check that is named for it: another one may have been lucky, and one round may have been unlucky. */
function faultOf(bug: PlantedBug, finds: readonly SeedResult[], rounds: number): string | undefined {
  const isNamed = ({ violations }: SeedResult) => violations.some(({ check }) => bug.foundBy.includes(check));
  const named = finds.filter(isNamed).length;
  if (2 * named > rounds) return undefined;
  const others = finds.filter((find) => !isNamed(find)).flatMap(({ violations }) => violations.map(({ check }) => check));
  const lucky = others.length === 0 ? "" : `; by ${[...new Set(others)].join(", ")} only in ${finds.length - named}`;
  return `found within ${BUDGET} seeds by a check that is named for it in ${named} of ${rounds} rounds${lucky}`;
}
