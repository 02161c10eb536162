import { fork } from "node:child_process";
import { join } from "node:path";
import { benchFailed } from "../errors.ts";

export interface Target {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  /** Orders say how they are paid, and whom to write to: they are carried out. */
  readonly isPaid?: boolean;
}

export type LoadTask =
  | { readonly kind: "closed"; readonly orders: number }
  | { readonly kind: "open"; readonly orders: number; readonly perSecond: number };

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the open loop: how late the generator itself was to send; it is part of the latencies. */
  readonly sentLateP99Ms?: number;
}

/** Of load.ts: that it is ready, or what a task gave. */
export interface LoadAnswer {
  readonly result?: LoadResult;
  readonly failed?: string;
}

/** A load generator in its own process. */
export interface LoadProcess {
  /** Rejects when an order was not placed. */
  perform(task: LoadTask): Promise<LoadResult>;
  close(): void;
}

export async function startLoad(target: Target): Promise<LoadProcess> {
  const child = fork(join(import.meta.dirname, "load.ts"), [JSON.stringify(target)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: ["--max-semi-space-size=64"], // its collections would be pauses of the orders that it measures
  });
  const nextAnswer = () =>
    new Promise<LoadAnswer>((resolve, reject) => {
      const onExit = (code: number | null) => reject(benchFailed(`the load generator ended with ${code}`));
      child.once("exit", onExit).once("message", (answer: LoadAnswer) => {
        child.off("exit", onExit);
        resolve(answer);
      });
    });
  await nextAnswer();
  return {
    perform: async (task) => {
      child.send(task);
      const { result, failed } = await nextAnswer();
      if (!result) throw benchFailed(failed ?? "the load generator gave no result");
      return result;
    },
    close: () => void child.kill("SIGKILL"),
  };
}
