import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresStore } from "@daybook/data/store/postgres";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { RawPostgres } from "../append/raw-postgres.ts";
import { RawSqlite } from "../append/raw-sqlite.ts";
import type { Benchmark, Contender, Contest, OpenContender, Progress } from "../benchmark.ts";
import { closedLoop } from "../closed-loop.ts";
import type { BenchOptions } from "../options.ts";
import { startPeer } from "../peers.ts";
import { benchDatabase, type BenchDatabase } from "../postgres-database.ts";
import { factSource, many, type OneFact } from "../workload.ts";
import { threeSteps } from "./three-steps.ts";

/** A workflow of three steps a call, from its start to its result. */
export const workflowBench: Benchmark = {
  does: "runs workflows of three steps that only count",
  contenders: async (options, progress) => (options.store === "sqlite" ? onSqlite(options) : onPostgres(options, progress)),
};

const CALLERS = { sqlite: [1, 64, 512], postgres: [1, 16, 64, 256] } as const;
const WORKLOAD = "three steps";
/** What must be durable of one workflow: its start with the first step's, and each step's result. */
const CHECKPOINTS = 4;

function onSqlite({ roundMs }: BenchOptions): Contest {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  let files = 0;
  const newFile = () => join(folder, `${++files}.db`);
  const daybook = (callers: number) => async () =>
    threeSteps({ store: await sqliteStore({ file: newFile() }), callers, roundMs });
  return {
    contenders: [
      entrant("rawAutocommit", 1, async () => rawSqlite(newFile(), 1, 1, roundMs)),
      ...CALLERS.sqlite.flatMap((callers) => [
        entrant("rawCheckpoints", callers, async () => rawSqlite(newFile(), callers, CHECKPOINTS, roundMs)),
        entrant("daybook", callers, daybook(callers)),
      ]),
    ],
    references: ["rawAutocommit", "rawCheckpoints"],
    close: async () => rmSync(folder, { recursive: true }),
  };
}

/** An operation is so many hand-written appends, `size` of which share a transaction. */
function rawSqlite(file: string, size: number, appends: number, roundMs: number): OpenContender {
  const raw = new RawSqlite(file);
  const fact = factSource("fresh");
  const prepare = (count: number) => {
    const facts = many(count * appends, fact);
    return () => raw.append(facts, size);
  };
  return { measure: closedLoop({ prepare, roundMs, callers: size }), close: async () => raw.close() };
}

async function onPostgres({ roundMs }: BenchOptions, progress: Progress): Promise<Contest> {
  const database = await benchDatabase(progress);
  let schemas = 0;
  const newSchema = () => `workflow_${++schemas}`;
  const otherCpuMicros = () => database.cpuMicros();
  const daybook = (callers: number) => async () =>
    threeSteps({ store: await postgresStore({ url: database.url, schema: newSchema() }), callers, roundMs, otherCpuMicros });
  return {
    contenders: CALLERS.postgres.flatMap((callers) => [
      entrant("rawCheckpoints", callers, () => rawPostgres(database, newSchema(), callers, roundMs)),
      entrant("daybook", callers, daybook(callers)),
      entrant("dbos", callers, () => startDbos(database, callers, roundMs)),
    ]),
    references: ["rawCheckpoints", "dbos"],
    close: () => database.close(),
  };
}

async function rawPostgres(database: BenchDatabase, schema: string, size: number, roundMs: number): Promise<OpenContender> {
  const raw = await RawPostgres.open(database.url, schema, "fresh", 1);
  const fact = factSource("fresh");
  const prepare = (count: number) => {
    const facts = many(count * CHECKPOINTS, fact);
    return () => inGroups(raw, facts, size);
  };
  const measure = closedLoop({ prepare, roundMs, callers: size, otherCpuMicros: () => database.cpuMicros() });
  return { measure, close: () => raw.close() };
}

async function inGroups(raw: RawPostgres, facts: readonly OneFact[], size: number): Promise<void> {
  for (let at = 0; at < facts.length; at += size) await raw.append(facts.slice(at, at + size));
}

function startDbos({ url: target, serverPid }: BenchDatabase, callers: number, roundMs: number): Promise<OpenContender> {
  return startPeer({ peer: "dbos", target, does: "workflow", callers, roundMs, streams: 0, events: 0, serverPid });
}

function entrant(name: string, callers: number, open: () => Promise<OpenContender>): Contender {
  return { name, workload: WORKLOAD, callers, open };
}
