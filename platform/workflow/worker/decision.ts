import type { Condition, Effect, NewEvent, Unit } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Compacted, End, Entry, Request, Started } from "../replay/history.ts";
import { forgotten, pastForgotten, type Compaction } from "./compaction.ts";
import type { LiveRun } from "./live-run.ts";
import { rowOf } from "./run-info.ts";
import {
  appended,
  attend,
  causeOfRun,
  decidedEvents,
  exists,
  FOREVER,
  pastStreamOf,
  requestedEvent,
  requestEffects,
  startedEvent,
  streamOf,
  versionIs,
} from "./run-stream.ts";

/** One unit of a run: what was decided, and everything that must be true with it. */
export interface Decision {
  readonly unit: Unit;
  readonly entries: readonly Entry[];
  /** Events that the unit adds to the run's stream. */
  readonly recorded: number;
  /** In characters. */
  readonly bytes: number;
  readonly isRewritten: boolean;
  readonly compacted: Compacted | undefined;
  /** What the due item says after it, when that changes. */
  readonly scheduledAt: number | undefined;
  /** The run leaves memory until then. */
  readonly again: number | undefined;
}

export interface DecisionCircumstances {
  /** The run is stored by this very unit. */
  readonly isFirst?: boolean;
  /** Somebody sent something meanwhile: nothing that would overlook it. */
  readonly isContested?: boolean;
  /** Its parent is gone. */
  readonly isOrphan?: boolean;
  /** To be recorded instead of what the stream has. */
  readonly compaction?: Compaction | undefined;
}

const DEFAULT_RETENTION_MS = 7 * 86_400_000;

interface Parts {
  readonly conditions: Condition[];
  readonly effects: Effect[];
  recorded: number;
  bytes: number;
  isRewritten: boolean;
  compacted?: Compacted;
  scheduledAt?: number;
  again?: number;
}

export function decisionOf(run: LiveRun, entries: readonly Entry[], circumstances: DecisionCircumstances): Decision {
  const parts: Parts = { conditions: [run.host.owned()], effects: [], recorded: 0, bytes: 0, isRewritten: false };
  const end = run.core.end;
  const isReset = entries.at(-1)?.kind === "reset";
  if (end?.status === "continued" && !isReset) continueRun(run, end, parts);
  else {
    recordEntries(run, entries, parts, circumstances);
    if (run.info !== run.savedRow) parts.effects.push(rowOf(run.info));
    if (isReset) lookAgain(run, parts);
    else if (run.isOver) endRun(run, entries, parts, circumstances);
    else waitIfIdle(run, parts, circumstances);
  }
  const unit = {
    id: run.host.ids("unt"),
    cause: causeOfRun(run.history.started),
    conditions: parts.conditions,
    effects: parts.effects,
  };
  const { recorded, bytes, isRewritten, compacted, scheduledAt, again } = parts;
  return { unit, entries, recorded, bytes, isRewritten, compacted, scheduledAt, again };
}

/** That the id is free: never used, or the run under it is the one of that version, which has ended. */
export function unstarted(id: string, version: number): readonly Condition[] {
  return version === 0 ? [versionIs(id, 0), { kind: "keyAbsent", key: usedKey(id) }] : [versionIs(id, version)];
}

/** Says that the id was used when the history is deleted. */
export function usedKey(id: string): string {
  return `workflow/${id}`;
}

function recordEntries(
  run: LiveRun,
  entries: readonly Entry[],
  parts: Parts,
  { isFirst, isContested, compaction }: DecisionCircumstances,
): void {
  const { id, host, history } = run;
  if (isFirst) {
    parts.conditions.push(...unstarted(id, history.version));
    parts.effects.push(...forgotten(id, history));
    record(id, parts, [startedEvent(history.started), ...decidedEvents(entries)]);
    parts.isRewritten = true;
    schedule(run, parts, host.clock.now());
  } else if (compaction && !isContested) {
    rewrite(run, parts, id, compaction.events);
    parts.compacted = compaction.compacted;
    if (history.past > 0) parts.effects.push({ kind: "deleteWork", stream: pastStreamOf(id, history.past) });
  } else if (entries.length > 0) record(id, parts, decidedEvents(entries));
}

function continueRun(run: LiveRun, end: End, parts: Parts): void {
  const { id, host, history, core, info } = run;
  const { parent, ...before } = history.started;
  const started: Started = {
    ...before,
    ...(parent && { parent }),
    number: before.number + 1,
    input: end.value ?? "null",
    at: core.at,
    seed: host.random.word(),
    attributes: info.attributes,
  };
  rewrite(run, parts, id, [startedEvent(started), ...requested([...core.mailbox.waiting, ...history.requests])]);
  parts.effects.push(...pastForgotten(id, history));
  parts.effects.push(rowOf({ ...info, number: started.number, status: "running", since: core.at }));
  lookAgain(run, parts);
}

/** The run leaves memory and is read anew at once. */
function lookAgain(run: LiveRun, parts: Parts): void {
  parts.again = run.host.clock.now();
  schedule(run, parts, parts.again);
}

/** Replaces the stream, on the condition that nobody has sent anything that is not known here. */
function rewrite(run: LiveRun, parts: Parts, id: string, events: readonly NewEvent[]): void {
  parts.conditions.push(versionIs(id, run.history.version));
  parts.effects.push({ kind: "deleteWork", stream: streamOf(id) });
  record(id, parts, events);
  parts.isRewritten = true;
}

function requested(requests: readonly Request[]): readonly NewEvent[] {
  return requests.map(requestedEvent);
}

function endRun(run: LiveRun, entries: readonly Entry[], parts: Parts, { isOrphan }: DecisionCircumstances): void {
  const { info, host, core } = run;
  const isNews = info !== run.savedRow;
  if (isNews) {
    parts.effects.push(summaryOf(run));
    if (info.parent && !isOrphan) {
      const { id, number, command } = info.parent;
      const end = core.end ?? { status: "terminated" as const, failure: { code: "workflow-failed", message: info.reason ?? "" } };
      const notice = { kind: "child", id: `${info.id}/${info.number}`, number, command, end } as const;
      parts.conditions.push(exists(id));
      parts.effects.push(...requestEffects(info.parent, notice, host.clock.now()));
    }
  }
  const until = (info.endedAt ?? info.since) + (core.definition.policy.retentionMs ?? DEFAULT_RETENTION_MS);
  parts.again = until;
  if (run.scheduledAt !== until || entries.length > 0) schedule(run, parts, until);
}

/** What the life line keeps when the history is deleted. */
function summaryOf({ info, history }: LiveRun): Effect {
  const { id, workflow, version, number, status, reason, startedAt, endedAt } = info;
  const steps = history.entries.filter((entry) => entry.kind === "done").length;
  const data = canonical({ endedAt, id, number, reason, startedAt, status, steps, version, workflow });
  return { kind: "append", stream: `workflow-${id}`, events: [{ type: "WorkflowEnded", schemaVersion: 1, data }] };
}

/** Out of memory when nothing goes on here: on the condition that nobody has sent anything. */
function waitIfIdle(run: LiveRun, parts: Parts, { isFirst, isContested }: DecisionCircumstances): void {
  const next = Math.min(FOREVER, run.nextAt());
  if (isContested || run.isRetiring || !run.isIdle || next <= run.host.clock.now()) return;
  parts.again = next;
  if (run.scheduledAt === next) return;
  if (!isFirst && !parts.isRewritten) parts.conditions.push(versionIs(run.id, run.history.version));
  schedule(run, parts, next);
}

function record(id: string, parts: Parts, events: readonly NewEvent[]): void {
  parts.effects.push(appended(id, events));
  parts.recorded = events.length;
  parts.bytes = events.reduce((sum, { data }) => sum + data.length, 0);
}

function schedule(run: LiveRun, parts: Parts, at: number): void {
  parts.effects.push(attend(run.info, at));
  parts.scheduledAt = at;
}
