/**
 * A concurrent history: what each process asked of the store and what it was told, one JSON object a line. The checker
 * knows the store by this format only.
 */
export interface HistoryEntry {
  /** One process does one thing at a time; after `info` it does nothing any more. */
  readonly process: number;
  /** `info`: it may or may not have happened, now or later. */
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly function: "append" | "read" | "log";
  /** The stream that is read; empty for the others. */
  readonly key: string;
  readonly value: AppendValue | ReadValue | LogValue;
  /** Milliseconds on one monotonic clock. */
  readonly time: number;
}

/** Invoked: what is appended. Ok: with versions and position. Fail: with the stream that refused and its version. */
export interface AppendValue {
  readonly unit: string;
  readonly parts: readonly AppendPart[];
  /** Ok: the log's head after the unit. */
  readonly position?: number;
  /** Ok: the unit had been committed before. */
  readonly isRepeated?: boolean;
  /** Fail. */
  readonly refused?: { readonly stream: string; readonly version: number };
}

export interface AppendPart {
  readonly stream: string;
  readonly expected?: number;
  readonly ids: readonly string[];
  /** Ok, and not repeated: the stream's version afterwards. */
  readonly version?: number;
}

/** Ok: the ids of the whole stream. */
export interface ReadValue {
  readonly ids?: readonly string[];
}

/** Ok: the whole log. */
export interface LogValue {
  readonly events?: readonly LoggedEvent[];
}

export interface LoggedEvent {
  readonly position: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
}

export function toLines(entries: readonly HistoryEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

export function fromLines(text: string): readonly HistoryEntry[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as HistoryEntry); // written by a recorder of this format
}

/** An invocation and what became of it. */
export interface Operation {
  readonly process: number;
  readonly function: HistoryEntry["function"];
  readonly key: string;
  readonly type: "ok" | "fail" | "info";
  readonly invokedAt: number;
  /** Order in the history, where times are equal; Infinity for `info`. */
  readonly completedAt: number;
  readonly asked: HistoryEntry["value"];
  readonly told: HistoryEntry["value"];
}

/**
 * The operations of a history, in order of invocation, with their places in it as times. What was invoked and never
 * answered is `info`. Throws when a process does two things at once: such a history proves nothing.
 */
export function operationsOf(entries: readonly HistoryEntry[]): readonly Operation[] {
  const ordered = entries.toSorted((a, b) => a.time - b.time);
  const open = new Map<number, { readonly entry: HistoryEntry; readonly at: number }>();
  const operations: Operation[] = [];
  const close = (entry: HistoryEntry, at: number, type: Operation["type"], told: HistoryEntry["value"], completedAt: number) => {
    const { process, function: asked, key } = entry;
    operations.push({ process, function: asked, key, type, invokedAt: at, completedAt, asked: entry.value, told });
  };
  for (const [at, entry] of ordered.entries()) {
    const invoked = open.get(entry.process);
    if ((entry.type === "invoke") === (invoked !== undefined))
      throw new TypeError(`line ${at + 1}: process ${entry.process} is confused`);
    if (entry.type === "invoke") {
      open.set(entry.process, { entry, at });
    } else if (invoked) {
      close(invoked.entry, invoked.at, entry.type, entry.value, entry.type === "info" ? Infinity : at);
      if (entry.type !== "info") open.delete(entry.process);
    }
  }
  const answered = new Set(operations.map((operation) => operation.invokedAt));
  for (const { entry, at } of open.values()) if (!answered.has(at)) close(entry, at, "info", entry.value, Infinity);
  return operations.sort((a, b) => a.invokedAt - b.invokedAt);
}
