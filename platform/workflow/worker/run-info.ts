import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Entry, ParentLink, RunState, Started } from "../replay/history.ts";
import { errorOf, type Failure } from "../replay/failure.ts";

/** What is known of a run without its history: its row, by which it is searched. */
export interface RunInfo {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly number: number;
  readonly queue: string;
  readonly status: RunState;
  /** Why it is in this state. */
  readonly reason?: string;
  /** Epoch milliseconds of the last transition. */
  readonly since: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** What a person must look at. */
  readonly attention?: string;
  /** Nothing can be undone any more. */
  readonly isPivoted?: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it goes on when it is resumed. */
  readonly pausedFrom?: RunState;
  readonly result?: string;
  readonly failure?: Failure;
  readonly parent?: ParentLink;
}

export const RUNS = "workflow";

export function infoOf(started: Started): RunInfo {
  const { id, workflow, version, number, queue, at, attributes, parent } = started;
  const status = "created";
  return { attributes, id, number, ...(parent && { parent }), queue, since: at, startedAt: at, status, version, workflow };
}

/** The row after one more entry; the same object when nothing in it changes. */
export function advanced(info: RunInfo, entry: Entry): RunInfo {
  switch (entry.kind) {
    case "begin":
      return { ...info, status: "running", since: entry.at };
    case "state":
      return inState(info, entry.is, entry.at, entry.reason);
    case "stalled":
      return { ...info, attention: `${entry.id}: ${entry.failure.code}: ${entry.failure.message}` };
    case "pivot":
      return { ...info, isPivoted: true };
    case "attributes":
      return { ...info, attributes: { ...info.attributes, ...entry.values } };
    case "end": {
      if (entry.status === "continued") return info;
      const { failure, value } = entry;
      const ended = inState(info, entry.status, entry.at, failure && `${failure.code}: ${failure.message}`);
      return { ...ended, ...(value !== undefined && { result: value }), ...(failure && { failure }) };
    }
    case "step":
    case "undo":
    case "timer":
    case "child":
    case "patch":
    case "done":
    case "failed":
    case "fired":
    case "given":
    case "expired":
    case "retry":
    case "begun":
    case "answer":
    case "reset":
      return info;
  }
}

function inState(info: RunInfo, status: RunState, at: number, reason: string | undefined): RunInfo {
  const { reason: _r, pausedFrom: _p, attention: _a, endedAt: _e, result: _v, failure: _f, ...rest } = info;
  return {
    ...rest,
    status,
    since: at,
    ...(reason !== undefined && { reason }),
    ...(status === "paused" && { pausedFrom: info.status, ...(info.attention !== undefined && { attention: info.attention }) }),
    ...(isOver(status) && { endedAt: at }),
  };
}

export function isOver(status: RunState): boolean {
  return !["created", "running", "paused", "compensating"].includes(status);
}

/** Sorts like the time. */
function timeEntry(at: number): string {
  return at.toString().padStart(15, "0");
}

/**
 * Its entries: `status` "{status} {started}", `name` "{name} {status} {started}", `attribute` "{name}={value} {started}",
 * and `attention` for what a person must look at.
 */
export function rowOf(info: RunInfo): Effect {
  const started = timeEntry(info.startedAt);
  const attributes = Object.entries(info.attributes).map(([name, value]) => `${name}=${value} ${started}`);
  return {
    kind: "putRow",
    collection: RUNS,
    key: info.id,
    value: canonical(info),
    index: {
      status: [`${info.status} ${started}`],
      name: [`${info.workflow} ${info.status} ${started}`],
      ...(attributes.length > 0 && { attribute: attributes }),
      ...(info.attention !== undefined && { attention: [started] }),
    },
  };
}

export function parseInfo(value: string): RunInfo {
  return JSON.parse(value) as RunInfo; // rows of this collection are written by rowOf
}

/** Why an ended run gave no result. */
export function errorOfRun({ id, status, failure, reason }: RunInfo): Error {
  const told = failure ?? { code: "workflow-failed", message: reason ?? "" };
  return errorOf({ ...told, message: `${id} is ${status}: ${told.message}` }, { id, status, code: told.code });
}
