import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DevelopmentEngine, Progress, RunningEngine } from "./engine.ts";
import { engineUnavailable } from "./errors.ts";
import { alone, engineFolder, execute, freePort, isProcessAlive, readIfThere } from "./machine.ts";
import { asServerUser, giveToServer } from "./server-user.ts";
import { postgresPrograms, type FindPrograms, type PostgresPrograms } from "./postgres-programs.ts";

const ROLE = "daybook";

export interface PostgresServerOptions {
  /** Where its folder is made; the engines' folder of this machine. */
  readonly parent?: string;
  /** What initdb is told beside the usual. */
  readonly initdb?: readonly string[];
  /** Where its programs are; `postgresPrograms` unless given. */
  readonly programs?: FindPrograms;
  /** It starts as a copy of this running server: a standby that follows it, or a base backup put back. */
  readonly copyOf?: { readonly server: PostgresServer; readonly as: "standby" | "restored" };
}

export interface PostgresServer extends DevelopmentEngine {
  /** Stops without a checkpoint, as a crash would; the next `up` recovers. */
  crash(): Promise<void>;
  /** Makes a standby a primary. */
  promote(): Promise<void>;
  /** Stops it and deletes its data, also those of a run that was killed. */
  remove(): Promise<void>;
}

/** PostgreSQL with its default settings on a free port of the loopback. Servers of other instances share nothing. */
export function postgresServer(instance = "postgres", options: PostgresServerOptions = {}): PostgresServer {
  const folder = options.parent === undefined ? engineFolder(instance) : join(options.parent, instance);
  const lockFile = `${folder}.lock`;
  const running = () => runningServer(folder);
  const programs = options.programs ?? postgresPrograms;
  const stop = (mode: "fast" | "immediate") => alone(lockFile, () => stopServer(folder, programs, mode));
  return {
    name: "postgres",
    running,
    up: (progress) => alone(lockFile, async () => running() ?? (await start(folder, options, progress))),
    down: () => stop("fast"),
    crash: async () => void (await stop("immediate")),
    promote: () => alone(lockFile, () => promoteServer(folder, programs)),
    remove: async () => {
      await stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the shared server of this machine unless it runs, for tests. Rejects when it cannot be had. */
export function startPostgres(): Promise<RunningEngine> {
  return postgresServer().up((text) => console.error(`postgres: ${text}`));
}

async function start(folder: string, options: PostgresServerOptions, progress: Progress): Promise<RunningEngine> {
  const programs = await (options.programs ?? postgresPrograms)(progress);
  if (!existsSync(join(folder, "data", "PG_VERSION"))) await initialise(folder, programs, options, progress);
  await startOnSomePort(folder, programs);
  const server = await readyServer(folder);
  if (!server) throw engineUnavailable(`the server ended at once; see ${join(folder, "server.log")}`);
  return server;
}

/** On the port of last time when that is still free, so that clients find the server again. */
async function startOnSomePort(folder: string, programs: PostgresPrograms): Promise<void> {
  const portFile = join(folder, "port");
  const last = Number(readIfThere(portFile));
  for (let triesLeft = 3; ; triesLeft--) {
    const port = last > 0 && triesLeft === 3 ? last : await freePort();
    try {
      await startServer(folder, programs, port);
      return writeFileSync(portFile, String(port));
    } catch (error) {
      if (triesLeft <= 1) throw error; // somebody may have taken the port since
    }
  }
}

async function initialise(
  folder: string,
  programs: PostgresPrograms,
  { copyOf, initdb = [] }: PostgresServerOptions,
  progress: Progress,
): Promise<void> {
  progress(`making a new database cluster in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const origin = copyOf?.server.running();
  const passwordFile = join(folder, "password");
  const password = origin ? new URL(origin.url).password : randomBytes(24).toString("base64url");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveToServer(folder, passwordFile);
  if (copyOf) return copyServer(folder, withPassword(programs, password), copyOf.as, origin?.port ?? 0);
  const words = ["-D", join(folder, "data"), "-U", ROLE, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", ...initdb];
  await asServer(programs, "initdb", [...words, "--pwfile", passwordFile]);
}

function withPassword({ folder, environment }: PostgresPrograms, password: string): PostgresPrograms {
  return { folder, environment: { ...environment, PGPASSWORD: password } };
}

async function copyServer(folder: string, programs: PostgresPrograms, as: "standby" | "restored", port: number): Promise<void> {
  const data = join(folder, "data");
  const from = ["-h", "127.0.0.1", "-p", String(port), "-U", ROLE, "-X", "stream", "-c", "fast"];
  await asServer(programs, "pg_basebackup", ["-D", data, ...from, ...(as === "standby" ? ["-R"] : [])]);
  if (as === "standby") return;
  writeFileSync(join(data, "recovery.signal"), "");
  appendFileSync(join(data, "postgresql.auto.conf"), "restore_command = 'false'\nhot_standby = off\n");
}

async function promoteServer(folder: string, find: FindPrograms): Promise<void> {
  await asServer(await find(() => {}), "pg_ctl", ["promote", "-w", "-t", "60", "-D", join(folder, "data")]);
}

async function startServer(folder: string, programs: PostgresPrograms, port: number): Promise<void> {
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  const words = ["start", "-w", "-t", "60", "-D", join(folder, "data"), "-l", join(folder, "server.log"), "-o", settings];
  await asServer(programs, "pg_ctl", words);
}

async function stopServer(folder: string, find: FindPrograms, mode: "fast" | "immediate"): Promise<boolean> {
  if (!runningServer(folder)) return false;
  await asServer(await find(() => {}), "pg_ctl", ["stop", "-w", "-t", "60", "-m", mode, "-D", join(folder, "data")]);
  return true;
}

function runningServer(folder: string): RunningEngine | undefined {
  const { pid, port, isReady } = postmaster(folder);
  if (!pid || !port || !isReady || !isProcessAlive(pid)) return undefined;
  const password = readIfThere(join(folder, "password"))?.trim() ?? "";
  const url = `postgres://${ROLE}:${password}@127.0.0.1:${port}/postgres`;
  return { url, pid, port, dataFolder: join(folder, "data") };
}

/** A server that was put back is started before it has recovered. */
async function readyServer(folder: string): Promise<RunningEngine | undefined> {
  for (;;) {
    const server = runningServer(folder);
    if (server || !isProcessAlive(postmaster(folder).pid)) return server;
    await pause(50);
  }
}

/** What postmaster.pid says: the process on line 1, the port on line 4, `ready` on line 8. */
function postmaster(folder: string) {
  const lines = readIfThere(join(folder, "data", "postmaster.pid"))?.split("\n") ?? [];
  return { pid: Number(lines[0]), port: Number(lines[3]), isReady: lines[7]?.trim() === "ready" };
}

async function asServer({ folder, environment }: PostgresPrograms, name: string, words: readonly string[]): Promise<void> {
  await execute(...asServerUser(join(folder, name), words), environment);
}
