import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { SeedsAnswered, SeedsAsked } from "./worker.ts";

/** A process that simulates seeds. */
export interface SeedWorker {
  /** Rejects when the process ends instead of answering, or is silent for ten minutes. */
  run(asked: SeedsAsked): Promise<SeedsAnswered>;
  stop(): void;
}

const SILENT_MS = 600_000;
/** Most of what a seed makes is short-lived: with this much room (MB) little of it is copied by the collector. */
const EXEC_ARGV = ["--max-semi-space-size=32"];

/** Starts a worker; with the name of a planted bug, one that has it. */
export async function seedWorker(bug?: string): Promise<SeedWorker> {
  const child = fork(join(import.meta.dirname, "worker.ts"), bug === undefined ? [] : [bug], {
    silent: true,
    execArgv: EXEC_ARGV,
  });
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  await answerOf(child, () => output);
  return {
    async run(asked) {
      child.send(asked);
      return (await answerOf(child, () => output)) as SeedsAnswered; // sent by worker.ts
    },
    stop: () => void child.kill(),
  };
}

async function answerOf(child: ChildProcess, output: () => string): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const silence = setTimeout(() => child.kill("SIGKILL"), SILENT_MS);
  try {
    const ended = once(child, "close", { signal }).then(([code]) => {
      throw new TypeError(`a worker ended (${String(code)}) instead of answering:\n${output()}`);
    });
    const [answer] = (await Promise.race([once(child, "message", { signal }), ended])) as [unknown]; // one argument a message
    ended.catch(() => undefined);
    return answer;
  } finally {
    clearTimeout(silence);
    waiting.abort();
  }
}
