import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

const PROGRAM = resolve(import.meta.dirname, "../../cli/daybook.ts");
const run = promisify(execFile);

/** The real program with its sandbox, as one operator of a shop sees them. */
export interface Program {
  readonly url: string;
  /** Where the sandbox is told how to behave, and asked what happened. */
  readonly sandbox: string;
  readonly token: string;
  readonly child: ChildProcess;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>;
  /** Of the sandbox. */
  readonly sandboxPid: number;
}

const living = new Set<ChildProcess>();

/** Starts it on a folder, with more flags. `preload` runs in it first, under `env`. */
export async function startProgram(
  data: string,
  preload?: { readonly file: string; readonly env: NodeJS.ProcessEnv },
  flags: readonly string[] = [],
): Promise<Program> {
  const start = [PROGRAM, "start", "--port", "0", "--data", data, "--json", ...flags];
  const args = [...(preload ? ["--import", preload.file] : []), ...start];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...preload?.env } });
  living.add(child);
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-4_000)));
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  void ended.then(() => living.delete(child));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, token, sandbox } = JSON.parse(line) as { url: string; token: string; sandbox: string }; // by --json
    return { url, token, sandbox, child, ended, sandboxPid: await childOf(child.pid) };
  }
  throw new assert.AssertionError({ message: `the program ended before it was ready: ${said}` });
}

/** SIGKILL; the sandbox ends with the shop, or is killed in the same moment. Resolves when both are gone. */
export async function killProgram({ child, ended, sandboxPid }: Program, withSandbox = false): Promise<void> {
  child.kill("SIGKILL");
  if (withSandbox) signal(sandboxPid, "SIGKILL");
  await ended;
  await sandboxEnds(sandboxPid);
}

/** The world outside is one: the next program is started when the sandbox of the last one is gone. */
export async function sandboxEnds(pid: number): Promise<void> {
  while (signal(pid, 0)) await setTimeout(5);
}

/** For `after`: what a test that failed has left. */
export function killAll(): void {
  for (const child of living) child.kill("SIGKILL");
}

export interface Verified {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly note?: string; readonly violations: readonly unknown[] }[];
}

/** `daybook verify` on the folder. */
export async function verified(data: string, ...flags: readonly string[]): Promise<Verified> {
  const args = [PROGRAM, "verify", "--json", "--quiet", "--data", data, ...flags];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch((error: unknown) => {
    const { stdout = "" } = error as { stdout?: string }; // of execFile
    if (stdout === "") throw error;
    return { stdout };
  });
  return JSON.parse(stdout) as Verified; // by --json
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function childOf(pid: number | undefined): Promise<number> {
  const { stdout } = await run("pgrep", ["-P", String(pid)]);
  const [child] = stdout.trim().split("\n").map(Number);
  assert.ok(child, "the program has a sandbox");
  return child;
}
