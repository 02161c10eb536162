import { readdirSync, readFileSync } from "node:fs";
import postgres from "postgres";
import { postgresServer } from "../tools/engines/postgres.ts";
import type { Progress } from "./benchmark.ts";

export interface BenchDatabase {
  readonly url: string;
  readonly serverPid: number;
  /** Processor time that the whole server has spent, in microseconds, to ten milliseconds. */
  cpuMicros(): number;
  /** Drops the database, and stops the server when it was started for it. */
  close(): Promise<void>;
}

/** A database of its own on a server that benchmarks share with nobody else. */
export async function benchDatabase(progress: Progress): Promise<BenchDatabase> {
  const server = postgresServer("bench");
  const wasRunning = server.running() !== undefined;
  const { url, pid } = await server.up((text) => progress(`postgres: ${text}`));
  const name = `bench_${process.pid}`;
  const administer = async (sql: string) => {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    await client.unsafe(sql);
    await client.end();
  };
  await administer(`create database ${name}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    serverPid: pid,
    cpuMicros: () => cpuMicrosOfFamily(pid),
    close: async () => {
      await administer(`drop database ${name} with (force)`);
      if (!wasRunning) await server.down();
    },
  };
}

const TICK_MICROS = 10_000;

/** Of a process, its children, and those of them that ended (proc(5)). Zero where there is no /proc. */
export function cpuMicrosOfFamily(pid: number): number {
  let ticks = 0;
  for (const name of processes()) {
    const fields = statFields(name);
    if (fields === undefined) continue;
    const [, parent = 0, ...rest] = fields;
    // After state and parent: utime, stime, cutime and cstime are the 10th to 13th.
    if (Number(name) === pid) ticks += sum(rest.slice(9, 13));
    else if (parent === pid) ticks += sum(rest.slice(9, 11));
  }
  return ticks * TICK_MICROS;
}

function processes(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Numbers after the program's name: state (NaN), parent and so on. */
function statFields(pid: string): readonly number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
