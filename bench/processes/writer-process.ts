import { fork } from "node:child_process";
import { join } from "node:path";
import { benchFailed } from "../errors.ts";

export interface WriterTask {
  readonly url: string;
  readonly schema: string;
  readonly callers: number;
  /** Of its ids. */
  readonly seed: number;
}

export interface WriterResult {
  readonly count: number;
  readonly perSecond: number;
  /** All of the process's. */
  readonly cpuMicros: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Of writer.ts: that it is ready, or what a round gave. */
export interface WriterAnswer {
  readonly result?: WriterResult;
  readonly failed?: string;
}

/** A process that commits to a log. */
export interface WriterProcess {
  /** Has every caller commit one unit after another for so long. */
  round(roundMs: number): Promise<WriterResult>;
  /** Stops it, as it is, until `resume`. */
  stop(): void;
  resume(): void;
  close(): void;
}

export async function startWriter(task: WriterTask): Promise<WriterProcess> {
  const child = fork(join(import.meta.dirname, "writer.ts"), [JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const nextAnswer = () =>
    new Promise<WriterAnswer>((resolve, reject) => {
      const onExit = (code: number | null) => reject(benchFailed(`a writing process ended with ${code}`));
      child.once("exit", onExit).once("message", (answer: WriterAnswer) => {
        child.off("exit", onExit);
        resolve(answer);
      });
    });
  await nextAnswer();
  return {
    round: async (roundMs) => {
      child.send(roundMs);
      const { result, failed } = await nextAnswer();
      if (!result) throw benchFailed(failed ?? "a writing process gave no result");
      return result;
    },
    stop: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    close: () => void child.kill("SIGKILL"),
  };
}
