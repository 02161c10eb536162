import type { SeedResult } from "./simulate.ts";
import { seedWorker, type SeedWorker } from "./seed-worker.ts";

/** What many seeds came to. */
export interface Sweep {
  readonly seeds: number;
  readonly counts: Readonly<Record<"ok" | "fail" | "info", number>>;
  /** How often each fault struck, in all. */
  readonly faults: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly units: number;
  readonly deaths: number;
  readonly cpuSeconds: number;
  /** Seeds with violations, lowest first. */
  readonly failures: readonly SeedResult[];
  /** Why the run proves nothing, or not enough. */
  readonly complaints: readonly string[];
}

const BLOCK = 20;
/** With fewer seeds than this a fault may stay away by chance. */
const ALL_FAULTS_FROM = 500;
const OK_SHARE_MIN = 0.6;

/** How far a sweep has come. */
export interface Progress {
  readonly seeds: number;
  readonly cpuSeconds: number;
  /** What has failed first, so far. */
  readonly failure: SeedResult | undefined;
}

/** Simulates `count` seeds in `jobs` processes; begins no more when one has failed. */
export async function sweepSeeds(
  from: number,
  count: number,
  jobs: number,
  onProgress: (progress: Progress) => void,
): Promise<Sweep> {
  const results: SeedResult[] = [];
  let next = from;
  let cpuSeconds = 0;
  let failure: SeedResult | undefined;
  const work = async (worker: SeedWorker) => {
    while (!failure && next < from + count) {
      const block = { from: next, count: Math.min(BLOCK, from + count - next), isUntilViolation: false };
      next += block.count;
      const answered = await worker.run(block);
      results.push(...answered.results);
      cpuSeconds += answered.cpuSeconds;
      failure ??= answered.results.find(({ violations }) => violations.length > 0);
      onProgress({ seeds: results.length, cpuSeconds, failure });
    }
  };
  const workers = await Promise.all(Array.from({ length: Math.min(jobs, Math.ceil(count / BLOCK)) }, () => seedWorker()));
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.stop();
  }
  return summed(results, cpuSeconds);
}

function summed(results: readonly SeedResult[], cpuSeconds: number): Sweep {
  const sum = (of: (result: SeedResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const counts = {
    ok: sum(({ counts }) => counts.ok),
    fail: sum(({ counts }) => counts.fail),
    info: sum(({ counts }) => counts.info),
  };
  const faults: Record<string, number> = {};
  for (const result of results)
    for (const [name, struck] of Object.entries(result.faults)) faults[name] = (faults[name] ?? 0) + struck;
  const failures = results.filter(({ violations }) => violations.length > 0).toSorted((a, b) => a.seed - b.seed);
  return {
    seeds: results.length,
    counts,
    faults,
    orders: sum(({ orders }) => orders),
    units: sum(({ units }) => units),
    deaths: sum(({ deaths }) => deaths),
    cpuSeconds,
    failures,
    complaints: [...unstruck(faults, results.length), ...tooFew(counts)],
  };
}

function unstruck(faults: Readonly<Record<string, number>>, seeds: number): readonly string[] {
  if (seeds < ALL_FAULTS_FROM) return [];
  return Object.entries(faults).flatMap(([name, struck]) => (struck === 0 ? [`the fault "${name}" never struck`] : []));
}

function tooFew({ ok, fail, info }: Sweep["counts"]): readonly string[] {
  const share = ok / Math.max(1, ok + fail + info);
  return share < OK_SHARE_MIN ? [`only ${Math.round(share * 100)} % of the operations were ok`] : [];
}
