import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { RunningEngine } from "./engine.ts";
import { engineUnavailable } from "./errors.ts";
import { freshFolder, leftBehind } from "./fresh-server.ts";
import { accepts, engineFolder, freePort } from "./machine.ts";
import { librariesOf, unpackedPackages } from "./packages.ts";
import { asServerUser, giveToServer } from "./server-user.ts";

export interface PgBouncer {
  readonly url: string;
  /** Kills it and starts it anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Program {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** PgBouncer with its default settings before a server, on a free port. It ends with this process. */
export async function pgBouncer(program: Program, server: RunningEngine, mode: "session" | "transaction"): Promise<PgBouncer> {
  for (const left of leftBehind(`pgbouncer-${mode}`)) rmSync(engineFolder(left), { recursive: true });
  const folder = freshFolder(`pgbouncer-${mode}`);
  mkdirSync(folder, { recursive: true });
  const url = new URL(server.url);
  url.port = String(await freePort());
  const [users, settings] = [join(folder, "users"), join(folder, "settings")];
  writeFileSync(users, `"${url.username}" "${url.password}"\n`, { mode: 0o600 });
  writeFileSync(settings, settingsText({ mode, users, port: url.port, log: join(folder, "log"), serverPort: server.port }));
  giveToServer(folder, users);
  const run = () => start(program, settings, Number(url.port));
  let child = await run();
  const kill = async () => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return {
    url: url.href,
    restart: async () => {
      await kill();
      child = await run();
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function start(program: Program, settings: string, port: number): Promise<ChildProcess> {
  const [command, words] = asServerUser("setpriv", ["--pdeathsig=KILL", program.path, "-q", settings]);
  const child = spawn(command, words, { stdio: "ignore", env: { ...process.env, ...program.environment } });
  for (let waits = 0; !(await accepts(port)); waits++) {
    if (child.exitCode !== null || waits === 200)
      throw engineUnavailable(`PgBouncer does not start; see the log beside ${settings}`);
    await pause(25);
  }
  return child;
}

/** Of this machine, or unpacked from its package. */
export async function pgBouncerProgram(): Promise<Program> {
  if (existsSync("/usr/sbin/pgbouncer")) return { path: "/usr/sbin/pgbouncer", environment: {} };
  const root = await unpackedPackages("pgbouncer", ["pgbouncer"], (text) => console.error(`pgbouncer: ${text}`));
  return { path: join(root, "usr/sbin/pgbouncer"), environment: librariesOf(root) };
}

interface Settings {
  readonly mode: string;
  readonly users: string;
  readonly log: string;
  readonly port: string;
  readonly serverPort: number;
}

function settingsText({ mode, users, log, port, serverPort }: Settings): string {
  return `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
logfile = ${log}
pool_mode = ${mode}
`;
}
