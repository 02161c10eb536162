import { isCommand, type Note, type Outcome, type Request } from "../replay/history.ts";
import { failure } from "../replay/failure.ts";
import { childWorkflowFailed } from "../errors.ts";
import type { LiveRun } from "./live-run.ts";

/** What a request leads to. */
interface Served {
  /** The code is given it; else the worker serves it alone. */
  readonly isForCode: boolean;
  readonly leads: readonly (Outcome | Note)[];
}

/** Serves what an operator, a child or a caller sent to the run. */
export function operate(run: LiveRun, request: Request, at: number): Served {
  if (request.kind === "reset") return reset(run, request, at);
  if (request.kind === "child") return { isForCode: false, leads: childEnd(run, request, at) };
  if (run.isOver) return { isForCode: false, leads: [answer(request.id, at, "it has ended")] };
  switch (request.kind) {
    case "signal":
    case "update":
    case "cancel":
      return { isForCode: true, leads: [] };
    case "terminate":
      return told(request.id, at, { kind: "state", is: "terminated", at, reason: request.reason });
    case "pause":
      if (run.isPaused) return told(request.id, at);
      return told(request.id, at, { kind: "state", is: "paused", at, reason: request.reason });
    case "resume":
      return told(request.id, at, { kind: "state", is: run.info.pausedFrom ?? run.info.status, at });
  }
}

/** `refusal`: why it was not done. */
function answer(of: string, at: number, refusal?: string): Note {
  return { kind: "answer", of, at, value: JSON.stringify(refusal ?? null) };
}

function told(of: string, at: number, ...notes: readonly Note[]): Served {
  return { isForCode: false, leads: [...notes, answer(of, at)] };
}

function reset(run: LiveRun, request: Request & { readonly kind: "reset" }, at: number): Served {
  const { id, to, reason, by } = request;
  const refusal = refusalOfReset(run, to);
  if (refusal !== undefined) return { isForCode: false, leads: [answer(id, at, refusal)] };
  const running = { kind: "state", is: "running", at } as const;
  return {
    isForCode: false,
    leads: [
      running,
      answer(id, at),
      { kind: "reset", to, at, ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) },
    ],
  };
}

function refusalOfReset(run: LiveRun, to: string): string | undefined {
  const { entries } = run.history;
  if (!entries.some((entry) => isCommand(entry) && entry.id === to)) return `it has no command ${to}`;
  if (entries.some((entry) => entry.kind === "undo")) return "it was undone: start it anew";
  return undefined;
}

function childEnd(run: LiveRun, request: Request & { readonly kind: "child" }, at: number): readonly Outcome[] {
  if (request.number !== run.history.started.number) return [];
  return [childOutcome(request.command, request.end, at)];
}

export function childOutcome(id: string, end: (Request & { kind: "child" })["end"], at: number): Outcome {
  if (end.status === "completed") return { kind: "done", id, at, value: end.value ?? "null" };
  const reason = end.failure ? `${end.failure.code}: ${end.failure.message}` : end.status;
  return { kind: "failed", id, at, failure: failure(childWorkflowFailed, `${end.status}: ${reason}`) };
}
