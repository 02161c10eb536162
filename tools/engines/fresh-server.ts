import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { engineFolder, isProcessAlive } from "./machine.ts";
import { postgresServer, type PostgresServer, type PostgresServerOptions } from "./postgres.ts";

/**
 * A server for the tests of this process alone, with no data yet. Removes first what earlier processes of the same name
 * left behind because they were killed.
 */
export async function freshServer(name: string, options: PostgresServerOptions = {}): Promise<PostgresServer> {
  for (const left of leftBehind(name)) await postgresServer(left).remove();
  const server = postgresServer(basename(freshFolder(name)), options);
  await server.remove();
  return server;
}

/** A folder named after this process, beside those of the engines. */
export function freshFolder(name: string): string {
  return engineFolder(`${name}-${process.pid}`);
}

/** Names of the folders under which processes that are no more had theirs. */
export function leftBehind(name: string): readonly string[] {
  return namesIn(dirname(engineFolder(name))).filter((each) => {
    const pid = each.startsWith(`${name}-`) ? Number(each.slice(name.length + 1)) : Number.NaN;
    return Number.isInteger(pid) && !isProcessAlive(pid);
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no engine was ever started
  }
}
