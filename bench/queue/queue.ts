import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@daybook/data/store";
import { postgresStore } from "@daybook/data/store/postgres";
import { sqliteStore } from "@daybook/data/store/sqlite";
import type { Benchmark, Contender, Contest, OpenContender, Progress } from "../benchmark.ts";
import { closedLoop, eachBy } from "../closed-loop.ts";
import type { BenchOptions } from "../options.ts";
import { startPeer } from "../peers.ts";
import { benchDatabase, type BenchDatabase } from "../postgres-database.ts";
import { many } from "../workload.ts";
import { daybookJobs } from "./daybook-queue.ts";
import { jobSource } from "./raw-job.ts";
import { RawPostgresQueue } from "./raw-postgres-queue.ts";
import { RawSqliteQueue } from "./raw-sqlite-queue.ts";

/** One job a call: callers that each send a job, receive one and acknowledge it. */
export const queueBench: Benchmark = {
  does: "sends, receives and finishes jobs, one a call",
  contenders: async (options, progress) =>
    options.store === "sqlite" ? onSqlite(options, progress) : onPostgres(options, progress),
};

const CALLERS = { sqlite: [1, 64, 512], postgres: [1, 16, 64, 256] } as const;
/** What most pools have by default, the peer's as well. */
const CONNECTIONS = 10;
/** Finished before the measuring begins: they must cost nothing. */
const FINISHED = 1_000_000;
const WORKLOAD = "one job a call";

function onSqlite({ roundMs }: BenchOptions, progress: Progress): Contest {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  let files = 0;
  const newFile = () => join(folder, `${++files}.db`);
  const openStore = () => sqliteStore({ file: newFile() });
  const raw = (name: string, callers: number, size: number): Contender => ({
    name,
    workload: WORKLOAD,
    callers,
    open: async () => openRawSqlite(newFile(), size, roundMs),
  });
  return {
    contenders: [
      raw("rawAutocommit", 1, 1),
      ...CALLERS.sqlite.flatMap((callers) => [raw("rawGroupCommit", callers, callers), daybook({ callers, roundMs, openStore })]),
      afterFinished({ callers: 64, roundMs, openStore, progress }),
    ],
    references: ["rawAutocommit", "rawGroupCommit"],
    close: async () => rmSync(folder, { recursive: true }),
  };
}

function openRawSqlite(file: string, size: number, roundMs: number): OpenContender {
  const { job, unitId } = jobSource();
  const raw = new RawSqliteQueue(file, unitId);
  const prepare = (count: number) => {
    const jobs = many(count, job);
    return () => raw.run(jobs, size);
  };
  return { measure: closedLoop({ prepare, roundMs, callers: size }), close: async () => raw.close() };
}

async function onPostgres({ roundMs }: BenchOptions, progress: Progress): Promise<Contest> {
  const database = await benchDatabase(progress);
  let schemas = 0;
  const newSchema = () => `queue_${++schemas}`;
  const openStore = () => postgresStore({ url: database.url, schema: newSchema() });
  const otherCpuMicros = () => database.cpuMicros();
  const common = { roundMs, openStore, otherCpuMicros };
  return {
    contenders: [
      ...CALLERS.postgres.flatMap((callers) => [
        rawPostgres({ name: "rawAutocommit", database, newSchema, callers, size: 1, roundMs }),
        rawPostgres({ name: "rawGroupCommit", database, newSchema, callers, size: callers, roundMs }),
        daybook({ callers, ...common }),
        pgBoss(database, callers, roundMs),
      ]),
      afterFinished({ callers: 64, progress, ...common }),
    ],
    references: ["rawAutocommit", "rawGroupCommit", "pgBoss"],
    close: () => database.close(),
  };
}

interface DaybookEntry {
  readonly callers: number;
  readonly roundMs: number;
  readonly openStore: () => Promise<Store>;
  readonly otherCpuMicros?: () => number;
}

function daybook({ callers, openStore, ...loop }: DaybookEntry): Contender {
  const open = async () => openDaybook(await openStore(), { callers, ...loop });
  return { name: "daybook", workload: WORKLOAD, callers, open };
}

/** The same workload: its rate stands beside that of a queue that has finished nothing. */
function afterFinished({ progress, openStore, ...loop }: DaybookEntry & { readonly progress: Progress }): Contender {
  const open = async () => {
    const store = await openStore();
    progress(`finishing ${FINISHED} jobs first`);
    await daybookJobs(store).finish(FINISHED);
    return openDaybook(store, loop);
  };
  return { name: "daybook after a million", workload: WORKLOAD, callers: loop.callers, open };
}

function openDaybook(store: Store, { callers, ...loop }: Omit<DaybookEntry, "openStore">): OpenContender {
  const measure = closedLoop({ prepare: daybookJobs(store).oneCallEach(callers), callers, ...loop });
  return { measure, close: () => store.close() };
}

interface RawPostgresEntry {
  readonly name: string;
  readonly database: BenchDatabase;
  readonly newSchema: () => string;
  readonly callers: number;
  /** Jobs in a statement. */
  readonly size: number;
  readonly roundMs: number;
}

/** By groups one after another, or each job by itself over the connections of a pool. */
function rawPostgres({ name, database, newSchema, callers, size, roundMs }: RawPostgresEntry): Contender {
  const open = async () => {
    const { job, unitId } = jobSource();
    const connections = size === 1 ? Math.min(callers, CONNECTIONS) : 1;
    const raw = await RawPostgresQueue.open(database.url, newSchema(), connections, unitId);
    const prepare = (count: number) => {
      const groups = many(Math.ceil(count / size), () => many(size, job));
      return () => eachBy(size === 1 ? callers : 1, groups, (group) => raw.runGroup(group));
    };
    const measure = closedLoop({ prepare, roundMs, callers, otherCpuMicros: () => database.cpuMicros() });
    return { measure, close: () => raw.close() };
  };
  return { name, workload: WORKLOAD, callers, open };
}

function pgBoss(database: BenchDatabase, callers: number, roundMs: number): Contender {
  const { url: target, serverPid } = database;
  const task = { peer: "pg-boss", target, does: "job", callers, roundMs, streams: 0, events: 0, serverPid } as const;
  return { name: "pgBoss", workload: WORKLOAD, callers, open: () => startPeer(task) };
}
