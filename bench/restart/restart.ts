import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Progress } from "../benchmark.ts";
import { benchFailed } from "../errors.ts";
import type { BenchOptions } from "../options.ts";

const EVENTS = 1_000_000;
const RUNS = 100_000;
const TRIES = 5;

/** The document of `--json`. */
interface Figures {
  readonly bench: "restart";
  readonly events: number;
  readonly runs: number;
  /** Memory of the process that started the runs, all of which wait: growth ÷ runs, after collections. */
  readonly rssBytesPerRun: number;
  readonly heapBytesPerRun: number;
  /** From the start of the process that comes after the kill; the median, and the longest, of five. */
  readonly readyMs: number;
  readonly readyMsMax: number;
}

export interface RestartTask {
  readonly file: string;
  readonly does: "fill" | "go on";
  readonly events: number;
  readonly runs: number;
  /** Runs whose signal comes after a kill, each time another one. */
  readonly life: number;
}

/** Of restart-process.ts. */
export interface RestartAnswer {
  readonly failed?: string;
  readonly rssBytesPerRun?: number;
  readonly heapBytesPerRun?: number;
  readonly readyMs?: number;
}

/** `npm run bench -- restart`: what runs that wait cost, and how soon a process goes on with them after a kill. SQLite. */
export async function benchRestart({ isJson }: BenchOptions, progress: Progress): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  try {
    const task = { file: join(folder, "daybook.db"), events: EVENTS, runs: RUNS };
    progress(`storing ${EVENTS} events and ${RUNS} waiting runs`);
    const filled = await answerOf({ ...task, does: "fill", life: 0 });
    const times: number[] = [];
    for (let life = 1; life <= TRIES; life++) times.push((await answerOf({ ...task, does: "go on", life })).readyMs ?? NaN);
    times.sort((a, b) => a - b);
    const figures: Figures = {
      bench: "restart",
      events: EVENTS,
      runs: RUNS,
      rssBytesPerRun: Math.round(filled.rssBytesPerRun ?? NaN),
      heapBytesPerRun: Math.round(filled.heapBytesPerRun ?? NaN),
      readyMs: Math.round(times[Math.floor(TRIES / 2)] ?? NaN),
      readyMsMax: Math.round(times.at(-1) ?? NaN),
    };
    console.log(isJson ? JSON.stringify(figures) : tableOf(figures));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Forks a process for the task and kills it as soon as it has answered. */
async function answerOf(task: RestartTask): Promise<RestartAnswer> {
  const child: ChildProcess = fork(join(import.meta.dirname, "restart-process.ts"), [JSON.stringify(task)], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const answer = await Promise.race([once(child, "message").then(([message]) => message as RestartAnswer), exited]); // as it sends
  child.kill("SIGKILL");
  await exited;
  if (Array.isArray(answer)) throw benchFailed(`the process ended with ${String(answer[0])}`);
  if (answer.failed !== undefined) throw benchFailed(answer.failed);
  return answer;
}

function tableOf(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name.padEnd(18)}${figure}`)
    .join("\n");
}
