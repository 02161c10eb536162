import type { AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import type { Failure } from "./failure.ts";

/** How a run was started. Written once, first in its stream. */
export interface Started {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  /** Counts the runs under this id: starts anew after an end, and continuations. From 1. */
  readonly number: number;
  readonly queue: string;
  readonly input: string;
  readonly at: number;
  /** Of the run's own randomness. */
  readonly seed: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly correlation: string;
  /** What caused the start. */
  readonly causation?: string;
  readonly actor: string;
  readonly tenant: string;
  readonly trace?: string;
  /** Whom to tell of the end. */
  readonly parent?: ParentLink;
}

export interface ParentLink {
  readonly id: string;
  readonly queue: string;
  /** The parent's number and its command. */
  readonly number: number;
  readonly command: string;
}

/**
 * What others append to a run; they need no expected version for it. `id` names it for its answer, `by` is the principal
 * who asked for it.
 */
export type Request = { readonly id: string; readonly by?: string } & (
  | { readonly kind: "signal"; readonly name: string; readonly value: string }
  | { readonly kind: "update"; readonly name: string; readonly value: string }
  | { readonly kind: "cancel" | "terminate"; readonly reason: string }
  | { readonly kind: "pause"; readonly reason: string }
  | { readonly kind: "resume"; readonly reason?: string }
  | { readonly kind: "reset"; readonly to: string; readonly reason?: string }
  | { readonly kind: "child"; readonly number: number; readonly command: string; readonly end: End }
);

/** What the code decided, in the order in which it did. Values are encoded text. */
export type Command =
  | {
      readonly kind: "step";
      readonly id: string;
      readonly name: string;
      readonly input: string;
      readonly at: number;
      /** The step that undoes it. */
      readonly undo?: string;
    }
  | {
      readonly kind: "undo";
      readonly id: string;
      readonly name: string;
      readonly of: string;
      readonly input: string;
      readonly at: number;
    }
  | { readonly kind: "timer"; readonly id: string; readonly at: number }
  | { readonly kind: "child"; readonly id: string; readonly name: string; readonly input: string; readonly child: string }
  | { readonly kind: "patch"; readonly id: string; readonly change: string }
  | { readonly kind: "pivot"; readonly id: string }
  | { readonly kind: "attributes"; readonly id: string; readonly values: Readonly<Record<string, string>> }
  | ({ readonly kind: "end"; readonly id: string; readonly at: number } & End);

export type EndStatus = "completed" | "failed" | "compensated" | "cancelled" | "terminated" | "continued";

export interface End {
  readonly status: EndStatus;
  /** The result; for `continued` the input of what follows. */
  readonly value?: string;
  readonly failure?: Failure;
}

/** What the code was given, in the order in which it was; between two of them it ran until it could not go on. */
export type Outcome =
  | { readonly kind: "begin"; readonly at: number }
  | { readonly kind: "done"; readonly id: string; readonly at: number; readonly value: string; readonly attempts?: AttemptRecord }
  | {
      readonly kind: "failed";
      readonly id: string;
      readonly at: number;
      readonly failure: Failure;
      readonly attempts?: AttemptRecord;
    }
  | { readonly kind: "fired"; readonly id: string; readonly at: number }
  | { readonly kind: "given"; readonly at: number; readonly request: Request }
  | { readonly kind: "expired"; readonly at: number };

/** What the worker keeps beside it; replay passes over it. */
export type Note =
  | {
      readonly kind: "state";
      readonly is: RunState;
      readonly at: number;
      readonly reason?: string;
      /** Who reset the run: the request itself is not left in its history. */
      readonly by?: string;
    }
  | {
      readonly kind: "retry";
      readonly id: string;
      readonly at: number;
      /** When the next attempt is due. */
      readonly next: number;
      readonly attempts: AttemptRecord;
      readonly heartbeat?: string;
    }
  /**
   * An attempt begins that the record of its command does not tell of: one after a failure, a pause, a crash. `isVoid`: the
   * one that it tells of does not count, because its process lacks the step, or gave it up to end in order.
   */
  | { readonly kind: "begun"; readonly id: string; readonly at: number; readonly isVoid?: true; readonly heartbeat?: string }
  /** An undo that failed for good: a person decides; `resume` tries it again. */
  | {
      readonly kind: "stalled";
      readonly id: string;
      readonly at: number;
      readonly failure: Failure;
      readonly attempts: AttemptRecord;
    }
  | { readonly kind: "answer"; readonly of: string; readonly at: number; readonly value?: string; readonly failure?: Failure }
  | { readonly kind: "reset"; readonly to: string; readonly at: number; readonly reason?: string; readonly by?: string };

export type RunState = "created" | "running" | "paused" | "compensating" | Exclude<EndStatus, "continued">;

export type Entry = Command | Outcome | Note;

const COMMANDS: ReadonlySet<string> = new Set(["step", "undo", "timer", "child", "patch", "pivot", "attributes", "end"]);
const OUTCOMES: ReadonlySet<string> = new Set(["begin", "done", "failed", "fired", "given", "expired"]);

export function isCommand(entry: Entry): entry is Command {
  return COMMANDS.has(entry.kind);
}

export function isOutcome(entry: Entry): entry is Outcome {
  return OUTCOMES.has(entry.kind);
}

/** A run's stream, read. */
export interface History {
  readonly started: Started;
  /** As recorded; what a reset made void is left out. */
  readonly entries: Entry[];
  /** Requests that the code was not given yet, in order. */
  readonly requests: Request[];
  /** What the code is to be given first, after a reset. */
  redo: Outcome | undefined;
  /** Nothing came after a reset yet: what it cut off is to be done anew. */
  isReset: boolean;
  /** Of the stream. */
  version: number;
  /** Number of the stream that its older part is in; 0 for none. */
  past: number;
  /** Its past included. */
  length: Length;
  /** What it was made to by the last compaction. */
  compactedTo: Length;
}

/** Records, and their texts in characters. */
export interface Length {
  readonly records: number;
  readonly bytes: number;
}

/** What a compaction leaves, second in the stream. */
export interface Compacted {
  /** Number of the stream that has the entries until then; 0 when they follow in this one. */
  readonly past: number;
  /** How many records there count. */
  readonly records: number;
  readonly length: Length;
}

export const EVENT_TYPES = {
  started: "RunStarted",
  compacted: "RunCompacted",
  decided: "RunDecided",
  requested: "RunRequested",
} as const;

/** A run that nothing is recorded of yet. */
export function newHistory(started: Started): History {
  const nothing = { records: 0, bytes: 0 };
  const lengths = { version: 0, past: 0, length: nothing, compactedTo: nothing };
  return { started, entries: [], requests: [], redo: undefined, isReset: false, ...lengths };
}

export interface StreamRecord {
  readonly type: string;
  readonly data: string;
  readonly version: number;
}

/** Undefined for an empty stream. */
export function readHistory(records: readonly StreamRecord[]): History | undefined {
  const first = records[0];
  if (!first || first.type !== EVENT_TYPES.started) return undefined;
  const started = JSON.parse(first.data) as Started; // written by this package under this type's name
  const history = newHistory(started);
  for (const record of records) addRecord(history, record);
  return history;
}

/** Adds the next record of the stream. */
export function addRecord(history: History, { type, data, version }: StreamRecord): void {
  history.version = version;
  history.length = longer(history.length, 1, data.length);
  if (type === EVENT_TYPES.compacted) {
    const { past, length } = readCompacted(data);
    history.past = past;
    history.compactedTo = length;
  }
  if (type === EVENT_TYPES.requested) history.requests.push(JSON.parse(data) as Request); // by its type's name
  if (type !== EVENT_TYPES.decided) return;
  for (const entry of JSON.parse(data) as readonly Entry[]) addEntry(history, entry); // by its type's name
}

export function readCompacted(data: string): Compacted {
  return JSON.parse(data) as Compacted; // by its type's name
}

export function longer({ records, bytes }: Length, moreRecords: number, moreBytes: number): Length {
  return { records: records + moreRecords, bytes: bytes + moreBytes };
}

function addEntry(history: History, entry: Entry): void {
  if (entry.kind === "reset") return cutBack(history, entry);
  history.redo = undefined;
  history.isReset = false;
  history.entries.push(entry);
  if (entry.kind !== "given") return;
  const at = history.requests.findIndex((request) => request.id === entry.request.id);
  if (at >= 0) history.requests.splice(at, 1);
}

/**
 * Takes the run back to just before the outcome that led to the command: it is given again, and so are the requests that
 * came after it. Steps that were running then run again, under their keys.
 */
function cutBack(history: History, { to, at: resetAt, reason, by }: Note & { readonly kind: "reset" }): void {
  const { entries } = history;
  history.isReset = true;
  const command = entries.findIndex((entry) => isCommand(entry) && entry.id === to);
  const at = entries.findLastIndex((entry, index) => index < command && isOutcome(entry));
  if (at < 0) return;
  const removed = entries.splice(at);
  const first = removed[0];
  const messages = removed.flatMap((entry) => (entry.kind === "given" && isMessage(entry.request) ? [entry.request] : []));
  history.requests.unshift(...messages);
  if (first && isOutcome(first) && first.kind !== "given") history.redo = first;
  const why = `reset to ${to}${reason === undefined ? "" : `: ${reason}`}`;
  entries.push({ kind: "state", is: "running", at: resetAt, reason: why, ...(by !== undefined && { by }) });
}

/** What an operator asked for is not asked again by a reset. */
function isMessage({ kind }: Request): boolean {
  return kind === "signal" || kind === "update" || kind === "child";
}

/** The entries without what only the way to them needed; of the same meaning when replayed. */
export function compacted(entries: readonly Entry[]): readonly Entry[] {
  const settled = new Set(entries.flatMap((entry) => (entry.kind === "done" || entry.kind === "failed" ? [entry.id] : [])));
  return entries.flatMap((entry): readonly Entry[] => {
    if (entry.kind === "answer") return [];
    if ((entry.kind === "retry" || entry.kind === "begun") && settled.has(entry.id)) return [];
    if (entry.kind === "step" && settled.has(entry.id) && entry.undo === undefined) return [{ ...entry, input: "" }];
    if (entry.kind === "done" || entry.kind === "failed") {
      const { attempts: _, ...rest } = entry;
      return [rest];
    }
    return [entry];
  });
}
