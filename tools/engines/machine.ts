import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { engineUnavailable } from "./errors.ts";

/** Where engines keep their data: outside every checkout, and where an unprivileged server can reach it. */
export function engineFolder(name: string): string {
  const isRoot = process.getuid?.() === 0;
  const cache = process.env["XDG_CACHE_HOME"] ?? (isRoot ? "/var/cache" : join(homedir(), ".cache"));
  return join(cache, "daybook", "engines", name);
}

/** Runs a program to its end and answers what it printed. Rejects with `engine-unavailable` when it fails. */
export function execute(program: string, words: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment }, cwd: "/" });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(engineUnavailable(`${program} cannot be run`, { cause })));
    // "exit", not "close": a server that it started keeps the pipes open.
    child.on("exit", (code) => {
      if (code === 0) resolve(printed);
      else reject(engineUnavailable(`${program} ${words.join(" ")} ended with ${code}:\n${printed.trim().slice(-2_000)}`));
    });
  });
}

/** A TCP port of the loopback that was free just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Whether somebody listens on that port of the loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Runs `work` while no other process does so under the same file. A lock that its owner left behind is taken over. */
export async function alone<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lockFile), { recursive: true });
  while (!tryLock(lockFile)) await pause(100);
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function tryLock(lockFile: string): boolean {
  const draft = `${lockFile}.${randomBytes(4).toString("hex")}`; // a lock must never be seen without its owner
  try {
    writeFileSync(draft, String(process.pid));
    linkSync(draft, lockFile);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const owner = Number(readIfThere(lockFile));
    if (owner > 0 && !isProcessAlive(owner)) rmSync(lockFile, { force: true });
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Undefined when the file cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
