import { Worker } from "node:worker_threads";
import type { FileAnswer, FileTask } from "./file-worker-thread.ts";
import { storeStopped } from "../errors.ts";

/** Long work on a store's file, in a thread with a connection of its own. The thread starts with the first task. */
export class FileWorker {
  private readonly file: string;
  private readonly isReadOnly: boolean;
  private worker: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(file: string, isReadOnly: boolean) {
    this.file = file;
    this.isReadOnly = isReadOnly;
  }

  /** Copies what it can of the log into the database and syncs both, without stopping readers or writers. */
  async checkpoint(): Promise<void> {
    await this.run({ kind: "checkpoint", file: this.file });
  }

  /** Copies the database as of one moment into a new file, while it is in use. */
  async copy(to: string): Promise<void> {
    await this.run({ kind: "copy", file: this.file, to });
  }

  /** What is wrong with the file; empty when it is sound. */
  async check(): Promise<readonly string[]> {
    return this.run({ kind: "check", file: this.file, isReadOnly: this.isReadOnly });
  }

  /** Waits for the task under way, then ends the thread. */
  async close(): Promise<void> {
    await this.last.catch(() => {});
    await this.worker?.terminate();
    this.worker = undefined;
  }

  /** One task after another. */
  private run(task: FileTask): Promise<readonly string[]> {
    const answer = this.last.catch(() => {}).then(() => this.send(task));
    this.last = answer;
    return answer;
  }

  private send(task: FileTask): Promise<readonly string[]> {
    const worker = (this.worker ??= startThread());
    worker.ref();
    return new Promise<readonly string[]>((resolve, reject) => {
      const onMessage = (answer: FileAnswer) => {
        settle();
        if (answer.error === undefined) resolve(answer.findings);
        else reject(storeStopped(`${task.kind} of the file failed: ${answer.error}`));
      };
      const onEnd = (cause: unknown) => {
        settle();
        this.worker = undefined;
        reject(storeStopped(`the thread that does the ${task.kind} ended`, { cause }));
      };
      const settle = () => {
        worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
        worker.unref();
      };
      worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
      worker.postMessage(task);
    });
  }
}

/** A packed program holds the thread's file as JavaScript. */
function startThread(): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./file-worker-thread.${extension}`, import.meta.url));
}
