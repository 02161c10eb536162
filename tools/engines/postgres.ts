import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DevelopmentEngine, Progress, RunningEngine } from "./engine.ts";
import { engineUnavailable } from "./errors.ts";
import { alone, engineFolder, execute, freePort, isProcessAlive, readIfThere } from "./machine.ts";
import { postgresPrograms } from "./postgres-programs.ts";

/** The system user that runs the server when we are root: PostgreSQL refuses to. */
const SERVER_USER = "postgres";
const ROLE = "daybook";

export interface PostgresServer extends DevelopmentEngine {
  /** Stops without a checkpoint, as a crash would; the next `up` recovers. */
  crash(): Promise<void>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

/** PostgreSQL with its default settings on a free port of the loopback. Servers of other instances share nothing. */
export function postgresServer(instance = "postgres"): PostgresServer {
  const folder = engineFolder(instance);
  const lockFile = `${folder}.lock`;
  const running = () => runningServer(folder);
  const stop = (mode: "fast" | "immediate") => alone(lockFile, () => stopServer(folder, mode));
  return {
    name: "postgres",
    running,
    up: (progress) => alone(lockFile, async () => running() ?? (await start(folder, progress))),
    down: () => stop("fast"),
    crash: async () => void (await stop("immediate")),
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

async function start(folder: string, progress: Progress): Promise<RunningEngine> {
  const programs = await postgresPrograms(progress);
  await makeServerUser();
  if (!existsSync(join(folder, "data", "PG_VERSION"))) await initialise(folder, programs, progress);
  await startOnSomePort(folder, programs);
  const server = runningServer(folder);
  if (!server) throw engineUnavailable(`the server ended at once; see ${join(folder, "server.log")}`);
  return server;
}

/** On the port of last time when that is still free, so that clients find the server again. */
async function startOnSomePort(folder: string, programs: string): Promise<void> {
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

async function initialise(folder: string, programs: string, progress: Progress): Promise<void> {
  progress(`making a new database cluster in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  await giveToServer(folder);
  const words = ["-D", join(folder, "data"), "-U", ROLE, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", "--pwfile"];
  await asServer(join(programs, "initdb"), [...words, passwordFile]);
}

async function startServer(folder: string, programs: string, port: number): Promise<void> {
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  const words = ["start", "-w", "-t", "60", "-D", join(folder, "data"), "-l", join(folder, "server.log"), "-o", settings];
  await asServer(join(programs, "pg_ctl"), words);
}

async function stopServer(folder: string, mode: "fast" | "immediate"): Promise<boolean> {
  if (!runningServer(folder)) return false;
  const programs = await postgresPrograms(() => {});
  await asServer(join(programs, "pg_ctl"), ["stop", "-w", "-t", "60", "-m", mode, "-D", join(folder, "data")]);
  return true;
}

/** What postmaster.pid says: the process on line 1, the port on line 4, `ready` on line 8. */
function runningServer(folder: string): RunningEngine | undefined {
  const dataFolder = join(folder, "data");
  const lines = readIfThere(join(dataFolder, "postmaster.pid"))?.split("\n") ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port || lines[7]?.trim() !== "ready" || !isProcessAlive(pid)) return undefined;
  const password = readIfThere(join(folder, "password"))?.trim() ?? "";
  return { url: `postgres://${ROLE}:${password}@127.0.0.1:${port}/postgres`, pid, port, dataFolder };
}

const isRoot = () => process.getuid?.() === 0;

async function asServer(program: string, words: readonly string[]): Promise<void> {
  if (!isRoot()) return void (await execute(program, words));
  await execute("setpriv", [`--reuid=${SERVER_USER}`, `--regid=${SERVER_USER}`, "--clear-groups", program, ...words]);
}

async function makeServerUser(): Promise<void> {
  if (!isRoot()) return;
  const isThere = await execute("id", ["-u", SERVER_USER]).then(
    () => true,
    () => false,
  );
  if (!isThere) await execute("useradd", ["--system", "--user-group", "--no-create-home", SERVER_USER]);
}

async function giveToServer(folder: string): Promise<void> {
  chmodSync(folder, 0o700);
  if (!isRoot()) return;
  const user = Number(await execute("id", ["-u", SERVER_USER]));
  const group = Number(await execute("id", ["-g", SERVER_USER]));
  for (const path of [folder, join(folder, "password")]) chownSync(path, user, group);
}
