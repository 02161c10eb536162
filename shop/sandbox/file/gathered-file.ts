import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SCHEMA } from "./schema.ts";

/**
 * The sandbox's one file. Changes of one turn of the event loop share a commit. What was committed survives the end of the
 * process, however it ends; the machine's own crash may take the last moments, never the file.
 */
export interface GatheredFile {
  /** Runs `run` at once and resolves with its answer after the commit. When it throws, everything in that commit is undone. */
  change<Value>(run: () => Value): Promise<Value>;
  prepare(sql: string): StatementSync;
  /** Commits what is open. */
  close(): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Opens or makes `sandbox.db` in `folder`. Fails while another process has it open. */
export function openGatheredFile(folder: string): GatheredFile {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, "sandbox.db"));
  db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;");
  db.exec(SCHEMA);
  const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")];
  let waiting: Waiting[] | undefined;

  function open(): Waiting[] {
    if (waiting) return waiting;
    begin.run();
    waiting = [];
    setImmediate(commitOpen);
    return waiting;
  }

  function commitOpen(): void {
    if (!waiting) return;
    const answered = waiting;
    waiting = undefined;
    try {
      commit.run();
    } catch (error) {
      undo(answered, error);
      return;
    }
    for (const { resolve } of answered) resolve();
  }

  function undo(affected: readonly Waiting[], error: unknown): void {
    if (db.isTransaction) db.exec("ROLLBACK");
    for (const { reject } of affected) reject(error);
  }

  return {
    change: (run) =>
      new Promise((resolve, reject) => {
        const gathered = open();
        try {
          const value = run();
          gathered.push({ resolve: () => resolve(value), reject });
        } catch (error) {
          waiting = undefined;
          undo([...gathered, { resolve, reject } as Waiting], error); // nobody resolves it any more
        }
      }),
    prepare: (sql) => db.prepare(sql),
    close() {
      commitOpen();
      db.close();
    },
  };
}
