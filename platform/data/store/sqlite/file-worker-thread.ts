import { DatabaseSync } from "node:sqlite";
import { parentPort } from "node:worker_threads";
import { checkFile } from "./check.ts";

/** Runs in a worker thread: takes one task a message, answers one message. The connection lives as long as the task. */
export type FileTask =
  | { readonly kind: "checkpoint"; readonly file: string }
  | { readonly kind: "copy"; readonly file: string; readonly to: string }
  | { readonly kind: "check"; readonly file: string; readonly isReadOnly: boolean };

export interface FileAnswer {
  readonly findings: readonly string[];
  readonly error?: string;
}

parentPort?.on("message", (task: FileTask) => parentPort?.postMessage(answer(task)));

function answer(task: FileTask): FileAnswer {
  try {
    return { findings: run(task) };
  } catch (error) {
    return { findings: [], error: String(error) };
  }
}

function run(task: FileTask): readonly string[] {
  const readOnly = task.kind === "copy" || (task.kind === "check" && task.isReadOnly);
  const db = new DatabaseSync(task.file, { readOnly, timeout: 5_000 });
  try {
    switch (task.kind) {
      case "check":
        return checkFile(db);
      case "copy":
        db.prepare("VACUUM INTO ?").run(task.to);
        return [];
      case "checkpoint":
        db.exec("PRAGMA synchronous = NORMAL");
        db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
        return [];
    }
  } finally {
    db.close();
  }
}
