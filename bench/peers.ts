import { fork, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { OpenContender, Sample } from "./benchmark.ts";
import { benchFailed } from "./errors.ts";

/** Another program's event store, queue or workflow engine, as each `bench/peers/NAME/peer.mjs` opens it: it has what it is measured at. */
export interface Peer {
  /** Appends to a stream that must not exist. */
  append(stream: string, events: readonly PeerEvent[]): Promise<void>;
  /** Answers how many events the stream has. */
  read(stream: string): Promise<number>;
  /** Sends a job, receives one and completes that. */
  job(data: unknown): Promise<void>;
  /** Runs a workflow of three steps that add to a number, to its end. */
  workflow(start: number): Promise<void>;
}

interface PeerEvent {
  readonly type: string;
  readonly data: unknown;
}

/** What peer-process.ts is to measure. */
export interface PeerTask {
  readonly peer: string;
  /** A file or an address. */
  readonly target: string;
  readonly does: "append" | "read" | "job" | "workflow";
  readonly callers: number;
  readonly roundMs: number;
  /** To be read: how many streams, of how many events. */
  readonly streams: number;
  readonly events: number;
  /** The server whose processor time counts, too. */
  readonly serverPid?: number;
}

/** Of peer-process.ts: that it is ready, or what a round gave. */
export interface PeerAnswer {
  readonly sample?: Sample;
  readonly failed?: string;
}

/** Starts a process that measures a peer, after installing the peer when it is missing. */
export async function startPeer(task: PeerTask): Promise<OpenContender> {
  await install(join(import.meta.dirname, "peers", task.peer));
  const child = fork(join(import.meta.dirname, "peer-process.ts"), [JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  await answerOf(child);
  return {
    measure: async () => {
      child.send("measure");
      const { sample, failed } = await answerOf(child);
      if (!sample) throw benchFailed(failed ?? "the peer gave no sample");
      return sample;
    },
    close: async () => void child.kill("SIGKILL"),
  };
}

function answerOf(child: ChildProcess): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    let printed = "";
    const onData = (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-2_000));
    const onMessage = (answer: PeerAnswer) => settle(() => resolve(answer));
    const onExit = (code: number | null) =>
      settle(() => reject(benchFailed(`the peer ended with ${code}: ${lastError(printed)}`)));
    const settle = (tell: () => void) => {
      child.off("message", onMessage).off("exit", onExit);
      child.stderr?.off("data", onData).resume();
      tell();
    };
    child.on("message", onMessage).on("exit", onExit);
    child.stderr?.on("data", onData);
  });
}

function lastError(printed: string): string {
  return /^.*Error.*$/m.exec(printed)?.[0].trim() ?? printed.trim();
}

/** In the peer's own process. */
export async function openPeer(name: string, target: string): Promise<Peer> {
  const module = pathToFileURL(join(import.meta.dirname, "peers", name, "peer.mjs")).href;
  const { open } = (await import(module)) as { open: (target: string) => Promise<Peer> }; // each peer.mjs exports this
  return open(target);
}

async function install(folder: string): Promise<void> {
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return;
  console.error(`installing ${folder}, this may take minutes`);
  const child = spawn("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const code = await new Promise((resolve) => child.on("error", resolve).on("close", resolve));
  if (code !== 0) throw benchFailed(`npm ci in ${folder} ended with ${String(code)}: ${printed.trim().slice(-300)}`);
}
