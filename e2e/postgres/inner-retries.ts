import type { AppendValue, HistoryEntry } from "../history/history.ts";

/**
 * The history with the tries that the store made by itself told as what they are: one process's append without an
 * answer, then another's of the same unit, which is answered as a repetition.
 */
export function withInnerRetries(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const invoked = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === "invoke" && entry.function === "append") invoked.set(unitOf(entry), (invoked.get(unitOf(entry)) ?? 0) + 1);
  }
  const renamed = new Map<number, number>();
  let processes = Math.max(0, ...entries.map(({ process }) => process));
  return entries.flatMap((entry) => {
    const process = renamed.get(entry.process) ?? entry.process;
    if (!isAnswerOfRetry(entry) || (invoked.get(unitOf(entry)) ?? 0) > 1) return [{ ...entry, process }];
    renamed.set(entry.process, ++processes);
    return [
      { ...entry, process, type: "info" as const },
      { ...entry, process: processes, type: "invoke" as const },
      { ...entry, process: processes },
    ];
  });
}

function isAnswerOfRetry(entry: HistoryEntry): boolean {
  return entry.type === "ok" && entry.function === "append" && (entry.value as AppendValue).isRepeated === true; // by its function
}

function unitOf(entry: HistoryEntry): string {
  return (entry.value as AppendValue).unit; // asked of appends only
}
