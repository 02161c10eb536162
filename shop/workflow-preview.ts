import type { RunInfo, WorkflowClient } from "@daybook/workflow/client";

type History = Awaited<ReturnType<WorkflowClient["history"]>>;
type Entry = History["entries"][number];

/** What an act would do to a run; nothing is done. */
export interface RunPreview {
  readonly dryRun: true;
  readonly id: string;
  readonly status: string;
  /** The state that follows at once. */
  readonly becomes: string;
  /** Steps that would be undone, in that order; steps that would be done again. */
  readonly undoes?: readonly string[];
  readonly repeats?: readonly string[];
}

export type RunAct = "signal" | "cancel" | "pause" | "resume" | "terminate" | "reset";

/** The preview, or why it would be refused. */
export function previewOf(act: RunAct, info: RunInfo, history: History, to = ""): RunPreview | { readonly refusal: string } {
  const { id, status } = info;
  const preview = (becomes: string, more: Partial<RunPreview> = {}) => ({ dryRun: true, id, status, becomes, ...more }) as const;
  if (act === "reset") return resetPreview(history, to, preview);
  if (info.endedAt !== undefined) return { refusal: "it has ended" };
  switch (act) {
    case "signal":
      return preview(status);
    case "cancel":
      if (info.isPivoted) return { refusal: "nothing can be undone any more: its pivot is passed" };
      return preview("compensating", { undoes: undoneBy(history.entries) });
    case "pause":
      return preview("paused");
    case "resume":
      return preview(info.pausedFrom ?? status);
    case "terminate":
      return preview("terminated", { undoes: [] });
  }
}

/** Last done, first undone; what is under way may have had its effect, too. */
function undoneBy(entries: readonly Entry[]): readonly string[] {
  const undone = new Set(entries.flatMap((entry) => (entry.kind === "undo" ? [entry.of] : [])));
  const steps = entries.filter((entry) => entry.kind === "step" && entry.undo !== undefined && !undone.has(entry.id));
  return steps.map((entry) => (entry.kind === "step" ? `${entry.id} ${entry.name}` : "")).toReversed();
}

function resetPreview(
  { entries }: History,
  to: string,
  preview: (becomes: string, more: Partial<RunPreview>) => RunPreview,
): RunPreview | { readonly refusal: string } {
  const at = entries.findIndex((entry) => entry.kind !== "answer" && "id" in entry && entry.id === to);
  if (at < 0) return { refusal: `it has no command ${to}` };
  if (entries.some((entry) => entry.kind === "undo")) return { refusal: "it was undone: start it anew" };
  const repeats = entries.slice(at).flatMap((entry) => (entry.kind === "step" ? [`${entry.id} ${entry.name}`] : []));
  return preview("running", { repeats });
}
