import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { engineUnavailable } from "./errors.ts";
import type { Progress } from "./engine.ts";
import { execute, readIfThere } from "./machine.ts";

/** The folder with initdb, pg_ctl, postgres and pg_basebackup, installed by the machine's package manager when there is none. */
export async function postgresPrograms(progress: Progress): Promise<string> {
  const found = findPrograms();
  if (found !== undefined) return found;
  await install(progress);
  const installed = findPrograms();
  if (installed === undefined) throw engineUnavailable("the package postgresql brought no server programs");
  return installed;
}

function findPrograms(): string | undefined {
  const newestFirst = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => versionIn(b) - versionIn(a));
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...newestFirst, "/usr/local/bin", "/usr/local/pgsql/bin"];
  return folders.find((folder) =>
    ["initdb", "pg_ctl", "postgres", "pg_basebackup"].every((name) => existsSync(join(folder, name))),
  );
}

function versionIn(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
}

async function install(progress: Progress): Promise<void> {
  if (process.getuid?.() !== 0) throw engineUnavailable("PostgreSQL is not installed, and only root may install it");
  progress("not installed; installing it with apt-get, this takes a minute");
  keepDebianFromStartingOne();
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  await execute("apt-get", ["update", "-q"], quiet);
  await execute("apt-get", ["install", "-q", "-y", "--no-install-recommends", "postgresql"], quiet);
}

function keepDebianFromStartingOne(): void {
  const file = "/etc/postgresql-common/createcluster.conf";
  if (readIfThere(file) !== undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "create_main_cluster = false\n");
}
