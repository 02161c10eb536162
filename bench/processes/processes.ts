import { setTimeout as pause } from "node:timers/promises";
import type { Benchmark, Contender, Sample } from "../benchmark.ts";
import { benchDatabase, type BenchDatabase } from "../postgres-database.ts";
import { startWriter, type WriterProcess, type WriterResult } from "./writer-process.ts";

const PROCESSES = [1, 2, 4];
const CALLERS = 64;
const SYNC_MS = 2;

/** Several processes that commit to one log on PostgreSQL, one conditioned event a unit. */
export const processesBench: Benchmark = {
  does: "commits units from several processes to one log on PostgreSQL",
  contenders: async ({ roundMs }, progress) => {
    const database = await benchDatabase(progress);
    const slow = { ...database, url: slowlySyncing(database.url) };
    const contenders = [
      ...PROCESSES.map((count) => together("fresh streams", database, count, roundMs)),
      ...PROCESSES.map((count) => together(`sync ${SYNC_MS} ms later`, slow, count, roundMs)),
      besideStopped(database, roundMs),
    ];
    return { contenders, references: ["1 process"], close: () => database.close() };
  },
};

/** PostgreSQL itself waits before each sync, whoever else is at work, as if the disk were slower. */
function slowlySyncing(url: string): string {
  return `${url}?commit_delay=${SYNC_MS * 1_000}&commit_siblings=0`;
}

function together(workload: string, database: BenchDatabase, count: number, roundMs: number): Contender {
  const schema = `processes_${workload.replaceAll(" ", "_")}_${count}`;
  const open = async () => {
    const writers = await startWriters(database.url, schema, count);
    const measure = async (): Promise<Sample> => {
      const before = database.cpuMicros();
      const results = await Promise.all(writers.map((writer) => writer.round(roundMs)));
      return sampleOf(results, database.cpuMicros() - before);
    };
    return { measure, close: async () => writers.forEach((writer) => writer.close()) };
  };
  return { name: count === 1 ? "1 process" : `${count} processes`, workload, callers: CALLERS * count, open };
}

/** One of two processes, while the other is stopped in the middle of its commits. */
function besideStopped(database: BenchDatabase, roundMs: number): Contender {
  const open = async () => {
    const task = { url: database.url, schema: "processes_stopped", callers: CALLERS };
    const going = await startWriter({ ...task, seed: 1 });
    const stopped = await startWriter({ ...task, seed: 2 });
    const measure = async (): Promise<Sample> => {
      const rest = stopped.round(roundMs);
      await pause(roundMs / 4);
      stopped.stop();
      try {
        const before = database.cpuMicros();
        return sampleOf([await going.round(roundMs)], database.cpuMicros() - before);
      } finally {
        stopped.resume();
        await rest;
      }
    };
    return { measure, close: async () => [going, stopped].forEach((writer) => writer.close()) };
  };
  return { name: "beside a stopped one", workload: "fresh streams", callers: CALLERS, open };
}

function startWriters(url: string, schema: string, count: number): Promise<readonly WriterProcess[]> {
  const tasks = Array.from({ length: count }, (_, seed) => ({ url, schema, callers: CALLERS, seed }));
  return Promise.all(tasks.map(startWriter));
}

function sampleOf(results: readonly WriterResult[], serverMicros: number): Sample {
  const sum = (of: (result: WriterResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const most = (of: (result: WriterResult) => number) => Math.max(...results.map(of));
  const count = sum((result) => result.count);
  return {
    perSecond: sum((result) => result.perSecond),
    cpuMicros: sum((result) => result.cpuMicros) / count,
    further: {
      serverCpuMicros: serverMicros / count,
      p99Ms: most((result) => result.p99Ms),
      maxMs: most((result) => result.maxMs),
    },
  };
}
