import type { Cancel, Clock } from "../clock.ts";
import type { GatheredFile } from "./gathered-file.ts";

export type WorkKind = "settle" | "dispute" | "hand-over" | "deliver";

/** What partners do later by themselves; kept over restarts. */
export interface Work {
  /** Inside a change: `kind` is done to `subject` once `delayMs` have passed; never when null. */
  later(delayMs: number | null, kind: WorkKind, subject: number): void;
  /** Does what is due from now on, in the order of its time. */
  start(todo: Readonly<Record<WorkKind, (subject: number) => void>>): void;
  /** Starts nothing more. */
  stop(): void;
}

const BATCH = 500;

export function work(file: GatheredFile, clock: Clock): Work {
  const insert = file.prepare("INSERT INTO work VALUES (NULL, ?, ?, ?)");
  const first = file.prepare("SELECT min(due_at) AS due_at FROM work");
  const due = file.prepare(`SELECT n, kind, subject FROM work WHERE due_at <= ? ORDER BY due_at, n LIMIT ${BATCH}`);
  const remove = file.prepare("DELETE FROM work WHERE n = ?");
  let todo: Readonly<Record<string, (subject: number) => void>> | undefined;
  let armed: { readonly at: number; readonly cancel: Cancel } | undefined;

  function arm(at: number): void {
    if (!todo || (armed && armed.at <= at)) return;
    armed?.cancel();
    armed = { at, cancel: clock.after(Math.max(0, at - clock.now()), run) };
  }

  function run(): void {
    armed = undefined;
    if (!todo) return;
    const handlers = todo;
    void file.change(() => {
      for (const { n, kind, subject } of due.all(clock.now())) {
        remove.run(n ?? null);
        handlers[String(kind)]?.(Number(subject));
      }
      armNext();
    });
  }

  function armNext(): void {
    const at = first.get()?.["due_at"];
    if (typeof at === "number") arm(at);
  }

  return {
    later(delayMs, kind, subject) {
      if (delayMs === null) return;
      const at = clock.now() + delayMs;
      insert.run(at, kind, subject);
      arm(at);
    },
    start(handlers) {
      todo = handlers;
      armNext();
    },
    stop() {
      todo = undefined;
      armed?.cancel();
    },
  };
}
