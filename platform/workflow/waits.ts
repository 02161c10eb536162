import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import type { Entry, History, Note } from "./replay/history.ts";
import { isCommand } from "./replay/history.ts";
import { replay } from "./replay/replay.ts";
import type { Programs } from "./worker/run-host.ts";
import { isOver, type RunInfo } from "./worker/run-info.ts";

/** Something that a run waits for. */
export type RunWait = Wait & {
  /** As people say it: `backoff 3/5 of charge-payment`, `waiting for signal released`. */
  readonly text: string;
};

/** Times are epoch milliseconds; `command` is its number in the history. */
type Wait =
  /** Nobody has begun the run yet. */
  | { readonly kind: "queued"; readonly since: number }
  /** An operator paused it. */
  | { readonly kind: "resume"; readonly since: number; readonly reason?: string }
  /** An attempt is under way, or begins as soon as a worker is free. */
  | (OfStep & { readonly kind: "step"; readonly attempt: number })
  /** `attempt` has failed; the next one begins then. */
  | (OfStep & { readonly kind: "backoff"; readonly attempt: number; readonly until: number; readonly error?: string })
  /** It failed for good and must be undone all the same: a person resumes the run when it can be. */
  | (OfStep & { readonly kind: "person"; readonly error: string })
  | { readonly kind: "timer"; readonly command: string; readonly until: number }
  | { readonly kind: "child"; readonly command: string; readonly child: string }
  | { readonly kind: "signal"; readonly name: string }
  /** Sent, and not given to the code yet. */
  | { readonly kind: "request"; readonly name: string };

interface OfStep {
  readonly command: string;
  readonly name: string;
  readonly isUndo: boolean;
  /** By the policy of the step, where it is registered. */
  readonly attemptsMax?: number;
}

/** By the history; awaited signals by replaying it, where the code is registered and still fits. */
export async function waitsOf(info: RunInfo, history: History, programs: Programs, now: number): Promise<readonly RunWait[]> {
  if (isOver(info.status)) return [];
  const waits: readonly Wait[] =
    info.status === "created"
      ? [{ kind: "queued", since: info.since }]
      : [
          ...pauseWaits(info),
          ...commandWaits(history.entries, programs, now),
          ...(await signalWaits(history, programs)),
          ...requestWaits(history),
        ];
  return waits.map((wait) => ({ ...wait, text: waitText(wait) }));
}

function pauseWaits({ status, since, reason }: RunInfo): readonly Wait[] {
  return status === "paused" ? [{ kind: "resume", since, ...(reason !== undefined && { reason }) }] : [];
}

function requestWaits({ requests }: History): readonly Wait[] {
  return requests.map((request) => ({
    kind: "request",
    name: "name" in request ? `${request.kind} ${request.name}` : request.kind,
  }));
}

function commandWaits(entries: readonly Entry[], programs: Programs, now: number): readonly Wait[] {
  const settled = new Set(
    entries.flatMap((entry) => (entry.kind === "done" || entry.kind === "failed" || entry.kind === "fired" ? [entry.id] : [])),
  );
  const tried = new Map<string, Note & { readonly kind: "retry" | "stalled" }>();
  for (const entry of entries) {
    if (entry.kind === "retry" || entry.kind === "stalled") tried.set(entry.id, entry);
    if (entry.kind === "state" && entry.is !== "paused") forgetStalled(tried);
  }
  return entries.flatMap((entry): readonly Wait[] => {
    if (!isCommand(entry) || settled.has(entry.id)) return [];
    const { id: command } = entry;
    if (entry.kind === "timer") return [{ kind: "timer", command, until: entry.at }];
    if (entry.kind === "child") return [{ kind: "child", command, child: entry.child }];
    if (entry.kind !== "step" && entry.kind !== "undo") return [];
    const step = programs.steps.get(entry.name)?.contract;
    const attempts = step && { attemptsMax: step.policy?.attemptsMax ?? DEFAULT_POLICY.attemptsMax };
    return [stepWait({ command, name: entry.name, isUndo: entry.kind === "undo", ...attempts }, tried.get(command), now)];
  });
}

/** Resumed, what had failed for good is tried anew. */
function forgetStalled(tried: Map<string, Note & { readonly kind: "retry" | "stalled" }>): void {
  for (const [id, { kind }] of tried) if (kind === "stalled") tried.delete(id);
}

function stepWait(step: OfStep, last: (Note & { readonly kind: "retry" | "stalled" }) | undefined, now: number): Wait {
  if (!last) return { ...step, kind: "step", attempt: 1 };
  if (last.kind === "stalled") return { ...step, kind: "person", error: `${last.failure.code}: ${last.failure.message}` };
  if (last.next <= now) return { ...step, kind: "step", attempt: last.attempts.count + 1 };
  const failed = last.attempts.recent.at(-1);
  const error = failed?.code ?? failed?.message;
  return { ...step, kind: "backoff", attempt: last.attempts.count, until: last.next, ...(error !== undefined && { error }) };
}

async function signalWaits(history: History, programs: Programs): Promise<readonly Wait[]> {
  const code = programs.workflow(history.started.workflow, history.started.version);
  const core = code && (await replay(code, history).catch(() => undefined)); // diverged: the history still says the rest
  return (core?.mailbox.awaited ?? []).map((name) => ({ kind: "signal", name }));
}

function waitText(wait: Wait): string {
  switch (wait.kind) {
    case "queued":
      return "queued";
    case "resume":
      return `paused${wait.reason === undefined ? "" : `: ${wait.reason}`}`;
    case "step":
      return `attempt ${countText(wait)} of ${stepText(wait)}`;
    case "backoff":
      return `backoff ${countText(wait)} of ${stepText(wait)}`;
    case "person":
      return `waiting for a person: ${stepText(wait)} failed: ${wait.error}`;
    case "timer":
      return "waiting for time";
    case "child":
      return `waiting for ${wait.child}`;
    case "signal":
      return `waiting for signal ${wait.name}`;
    case "request":
      return `not given yet: ${wait.name}`;
  }
}

function countText({ attempt, attemptsMax }: { readonly attempt: number; readonly attemptsMax?: number }): string {
  return attemptsMax === undefined ? String(attempt) : `${attempt}/${attemptsMax}`;
}

function stepText({ name, isUndo }: OfStep): string {
  return isUndo ? `undo ${name}` : name;
}
