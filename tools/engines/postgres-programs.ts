import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { engineUnavailable } from "./errors.ts";
import type { Progress } from "./engine.ts";
import { librariesOf, unpackedPackages } from "./packages.ts";

/** A folder with initdb, pg_ctl, postgres and pg_basebackup, and the environment that they need. */
export interface PostgresPrograms {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export type FindPrograms = (progress: Progress) => Promise<PostgresPrograms>;

/** Those of this machine, or unpacked ones when it has none. */
export const postgresPrograms: FindPrograms = async (progress) => {
  const newestFirst = newest(globSync("/usr/lib/postgresql/*/bin"));
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...newestFirst, "/usr/local/bin", "/usr/local/pgsql/bin"];
  const folder = folders.find(isComplete);
  return folder === undefined ? unpackedPostgresPrograms(progress) : { folder, environment: {} };
};

/** Those of the distribution's packages, in a folder of ours. */
export const unpackedPostgresPrograms: FindPrograms = async (progress) => {
  const root = await unpackedPackages("postgresql", ["^postgresql-(client-)?[0-9]+$"], progress);
  const folder = newest(globSync(join(root, "usr/lib/postgresql/*/bin"))).find(isComplete);
  if (folder === undefined) throw engineUnavailable("the packages of PostgreSQL brought no server programs");
  return { folder, environment: librariesOf(root) };
};

function isComplete(folder: string): boolean {
  return ["initdb", "pg_ctl", "postgres", "pg_basebackup"].every((name) => existsSync(join(folder, name)));
}

function newest(folders: readonly string[]): readonly string[] {
  return folders.toSorted((a, b) => versionIn(b) - versionIn(a));
}

function versionIn(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
}
