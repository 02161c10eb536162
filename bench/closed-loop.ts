import type { Sample } from "./benchmark.ts";

/** An amount of work, made ready before the time runs. */
export type Work = () => Promise<void> | void;

export interface ClosedLoopOptions {
  /** Makes ready `count` operations. */
  readonly prepare: (count: number) => Work;
  readonly roundMs: number;
  readonly callers: number;
  /** Operations that are prepared at once, at most. */
  readonly countMax?: number;
  /** Processor time that others spent on it (a server), in microseconds. */
  readonly otherCpuMicros?: () => number;
}

/** Measures a rate: every caller starts its next operation when the last one ended. Answers what measures one round. */
export function closedLoop(options: ClosedLoopOptions): () => Promise<Sample> {
  const { roundMs, callers, prepare, otherCpuMicros } = options;
  const countMax = options.countMax ?? Math.max(4_096, callers * 8);
  let count = Math.max(16, callers * 2);
  return async () => {
    const spent = { operations: 0, ms: 0, micros: 0, otherMicros: 0 };
    while (spent.ms < roundMs) {
      const ms = await timed(spent, count, prepare(count), otherCpuMicros);
      if (ms < roundMs / 4) count = Math.min(countMax, count * 2);
    }
    const { operations, ms, micros, otherMicros } = spent;
    const further = otherCpuMicros ? { further: { serverCpuMicros: otherMicros / operations } } : {};
    return { perSecond: (operations / ms) * 1_000, cpuMicros: micros / operations, ...further };
  };
}

type Spent = Record<"operations" | "ms" | "micros" | "otherMicros", number>;

async function timed(spent: Spent, count: number, work: Work, otherCpuMicros: (() => number) | undefined): Promise<number> {
  const other = otherCpuMicros?.() ?? 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  spent.operations += count;
  spent.ms += ms;
  spent.micros += user + system;
  spent.otherMicros += (otherCpuMicros?.() ?? 0) - other;
  return ms;
}

/** Has `callers` take the items in turn, each waiting for its operation before it takes the next. */
export async function eachBy<T>(callers: number, items: readonly T[], operate: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const call = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await operate(item);
  };
  await Promise.all(Array.from({ length: callers }, call));
}
