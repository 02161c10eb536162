import postgres from "postgres";
import { postgresServer } from "../tools/engines/postgres.ts";
import type { Progress } from "./benchmark.ts";
import { cpuMicrosOfFamily } from "./processor-time.ts";

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
