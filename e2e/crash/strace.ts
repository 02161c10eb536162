import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A fault at the n-th call of one kind, counted in each thread, on one file. */
export interface Fault {
  readonly call: string;
  readonly path: string;
  readonly nth: number;
  readonly effect: "SIGKILL" | "EIO" | "ENOSPC";
}

/** The calls by which a database reaches the disk. */
export const CALLS = ["pwrite64", "write", "ftruncate", "fdatasync", "fsync", "unlink"] as const;

/** Throws when strace is not there: without it nothing would be proven. */
export function requireStrace(): void {
  const found = spawnSync("strace", ["--version"]);
  if (found.status !== 0) throw new Error("strace is missing: install it with `apt-get install strace`");
}

/** Runs a program under strace and answers what was traced. With a fault, that is injected. */
export async function traced(
  program: readonly string[],
  log: string,
  paths: readonly string[],
  fault?: Fault,
): Promise<readonly TracedCall[]> {
  // Under --seccomp-bpf, which is faster, strace 6.1 drops the signals that it should inject.
  const speed = fault?.effect === "SIGKILL" ? [] : ["--seccomp-bpf"];
  const options = ["-f", "-q", ...speed, "-o", log, ...paths.flatMap((path) => ["-P", path])];
  const calls = fault ? fault.call : CALLS.join(",");
  const inject = fault ? ["-e", `inject=${fault.call}:${effectOf(fault)}:when=${fault.nth}`] : [];
  await ended(["strace", ...options, "-e", `trace=${calls}`, "-y", ...inject, ...program]);
  return callsIn(readFileSync(log, "utf8"));
}

function effectOf({ effect }: Fault): string {
  return effect === "SIGKILL" ? "signal=SIGKILL" : `error=${effect}`;
}

function ended([command = "", ...rest]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // One pool thread, so that its calls are counted in one place.
    const child = spawn(command, rest, { stdio: "inherit", env: { ...process.env, UV_THREADPOOL_SIZE: "1" } });
    child.on("error", reject).on("exit", () => resolve());
  });
}

export interface TracedCall {
  readonly thread: string;
  readonly call: string;
  readonly path: string;
  /** Lines of the log at which it began and ended. */
  readonly began: number;
  readonly ended: number;
  readonly isFailed: boolean;
  /** Of the fault that was asked for. */
  readonly isInjected: boolean;
}

/** The calls of a log in the order of their ends, and the death of the process as a call "killed". */
export function callsIn(log: string): readonly TracedCall[] {
  const begun = new Map<string, { readonly text: string; readonly at: number }>();
  const calls: TracedCall[] = [];
  for (const [at, line] of log.split("\n").entries()) {
    const [thread = ""] = line.split(" ", 1);
    const text = line.slice(thread.length).trimStart();
    const first = begun.get(thread);
    if (text.endsWith("<unfinished ...>")) begun.set(thread, { text, at });
    else if (text.startsWith("<...") && first) calls.push(...callOf(thread, first.text + text, first.at, at));
    else calls.push(...callOf(thread, text, at, at));
  }
  return calls;
}

function callOf(thread: string, text: string, began: number, ended: number): readonly TracedCall[] {
  if (text.startsWith("+++ killed by SIGKILL")) {
    return [{ thread, call: "killed", path: "", began, ended, isFailed: true, isInjected: true }];
  }
  const match = /^(\w+)\((?:\d+<([^>]*)>|"([^"]*)")/.exec(text);
  if (!match) return [];
  const [, call = "", byDescriptor, byName] = match;
  const path = byDescriptor ?? byName ?? "";
  return [{ thread, call, path, began, ended, isFailed: / = -1 /.test(text), isInjected: text.endsWith("(INJECTED)") }];
}

/** Answers written to `journal` while something written to `log` had not been synced by a call that began later. */
export function earlyAnswers(calls: readonly TracedCall[], journal: string, log: string): readonly TracedCall[] {
  let lastWrite = -1;
  let syncedFrom = -1;
  return calls.filter(({ call, path, began, ended, isFailed }) => {
    if (path === log && call === "pwrite64") lastWrite = ended;
    if (path === log && (call === "fdatasync" || call === "fsync") && !isFailed) syncedFrom = Math.max(syncedFrom, began);
    return path === journal && call === "write" && syncedFrom < lastWrite;
  });
}
