import type { Store, StoredEvent } from "@daybook/data/store";
import type { Condition, Effect, NewEvent, UnitCause } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import {
  addRecord,
  EVENT_TYPES,
  readCompacted,
  readHistory,
  type Compacted,
  type Entry,
  type History,
  type Request,
  type Started,
} from "../replay/history.ts";

/** Runs are owned by shards, not one by one: an owner holds the lease of the shard, whose name is its queue's. */
export const SHARDS = 16;

/** The due time of what waits for others only. */
export const FOREVER = 8_640_000_000_000_000;

const EVENT_BYTES = 200 * 1024;

export function streamOf(id: string): string {
  return `run-${id}`;
}

/** FNV-1a. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

/** What a compaction of the run could not leave in its own stream. */
export function pastStreamOf(id: string, number: number): string {
  return `runpast-${id}.${number}`;
}

export function shardQueue(taskQueue: string, shard: number): string {
  return `workflow/${taskQueue}/${shard}`;
}

export function startedEvent(started: Started): NewEvent {
  return { type: EVENT_TYPES.started, schemaVersion: 1, data: canonical(started) };
}

export function compactedEvent(mark: Compacted): NewEvent {
  return { type: EVENT_TYPES.compacted, schemaVersion: 1, data: canonical(mark) };
}

export function requestedEvent(request: Request): NewEvent {
  return { type: EVENT_TYPES.requested, schemaVersion: 1, data: canonical(request) };
}

/** As few events as their sizes allow. */
export function decidedEvents(entries: readonly Entry[]): readonly NewEvent[] {
  const events: NewEvent[] = [];
  let texts: string[] = [];
  let bytes = 0;
  const flush = () => {
    if (texts.length > 0) events.push({ type: EVENT_TYPES.decided, schemaVersion: 1, data: `[${texts.join(",")}]` });
    texts = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const text = canonical(entry);
    const size = text.length < EVENT_BYTES / 3 ? text.length : Buffer.byteLength(text);
    if (bytes + size > EVENT_BYTES) flush();
    texts.push(text);
    bytes += size;
  }
  flush();
  return events;
}

export function appended(id: string, events: readonly NewEvent[]): Effect {
  return workAppended(streamOf(id), events);
}

export function workAppended(stream: string, events: readonly NewEvent[]): Effect {
  return { kind: "append", stream, as: "work", events };
}

export function exists(id: string): Condition {
  return { kind: "exists", stream: streamOf(id), as: "work" };
}

export function versionIs(id: string, version: number): Condition {
  return workVersionIs(streamOf(id), version);
}

export function workVersionIs(stream: string, version: number): Condition {
  return { kind: "version", stream, as: "work", is: version };
}

/** A request to a run, and the due item that makes its owner look. */
export function requestEffects(
  run: { readonly id: string; readonly queue: string },
  request: Request,
  now: number,
): readonly Effect[] {
  return [appended(run.id, [requestedEvent(request)]), attend(run, now)];
}

/** Has the run's owner look at it from `at` on. */
export function attend(run: { readonly id: string; readonly queue: string }, at: number): Effect {
  return { kind: "schedule", queue: shardQueue(run.queue, shardOf(run.id)), id: run.id, at, payload: "" };
}

/** How the run was started, of its stream's first record. */
export function readStarted({ data }: { readonly data: string }): Started {
  return JSON.parse(data) as Started; // the first record of a run's stream is always its start
}

/** Undefined when there is none. */
export async function loadHistory(store: Store, id: string): Promise<History | undefined> {
  for (;;) {
    const records = await readWork(store, streamOf(id));
    const [started, mark, ...rest] = records;
    const compacted = mark?.type === EVENT_TYPES.compacted ? readCompacted(mark.data) : undefined;
    if (!started || !mark || !compacted?.past) return readHistory(records);
    const past = await readWork(store, pastStreamOf(id, compacted.past));
    if (past.length < compacted.records) continue; // compacted once more meanwhile
    const history = readHistory([started, mark, ...past.slice(0, compacted.records), ...rest]);
    if (history) history.version = records.at(-1)?.version ?? 0;
    return history;
  }
}

async function readWork(store: Store, stream: string): Promise<readonly StoredEvent[]> {
  const records: StoredEvent[] = [];
  for (let from = 1; ;) {
    const page = await store.readStream(stream, { as: "work", from });
    records.push(...page);
    const last = page.at(-1);
    if (!last || page.length < 1_000) return records;
    from = last.version + 1;
  }
}

export function causeOfRun({ correlation, actor, tenant, trace, workflow }: Started): UnitCause {
  return { correlation, actor, tenant, source: `workflow/${workflow}`, ...(trace !== undefined && { trace }) };
}

/** Reads what others sent since; own records are known already. */
export async function loadNewRequests(store: Store, history: History): Promise<void> {
  for (;;) {
    const page = await store.readStream(streamOf(history.started.id), { as: "work", from: history.version + 1 });
    for (const record of page) {
      if (record.type === EVENT_TYPES.requested) addRecord(history, record);
      history.version = record.version;
    }
    if (page.length < 1_000) return;
  }
}
