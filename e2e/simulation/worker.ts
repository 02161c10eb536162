import { plantSource } from "@daybook/testing/faults/planted-source";
import { BUGS } from "./planted-bugs.ts";
import type { SeedResult } from "./simulate.ts";

/** What a worker process is asked: seeds from … on, all of them or up to the first with a violation. */
export interface SeedsAsked {
  readonly from: number;
  readonly count: number;
  readonly isUntilViolation: boolean;
}

/** What it answers. */
export interface SeedsAnswered {
  readonly results: readonly SeedResult[];
  readonly cpuSeconds: number;
}

// A worker with the name of a bug runs the program with that bug in it.
const bug = BUGS.find(({ name }) => name === process.argv[2]);
const planted = bug && plantSource(bug);
Error.stackTraceLimit = 0; // errors are part of many lives, and nobody reads where they were made
const { simulate } = await import("./simulate.ts"); // after planting
if (planted && !planted.isLoaded()) throw new TypeError(`${bug.file} is not loaded by the simulation`);

process.on("message", (asked: SeedsAsked) => void answer(asked));
process.send?.("ready");

async function answer({ from, count, isUntilViolation }: SeedsAsked): Promise<void> {
  const results: SeedResult[] = [];
  const before = process.cpuUsage();
  for (let seed = from; seed < from + count; seed++) {
    const result = await simulate(seed);
    results.push(result);
    if (isUntilViolation && result.violations.length > 0) break;
  }
  const { user, system } = process.cpuUsage(before);
  process.send?.({ results, cpuSeconds: (user + system) / 1e6 } satisfies SeedsAnswered);
}
