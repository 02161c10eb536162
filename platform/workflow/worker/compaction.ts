import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Effect, NewEvent } from "@daybook/data/store/unit";
import { compacted, type Compacted, type History } from "../replay/history.ts";
import type { RunHost } from "./run-host.ts";
import {
  causeOfRun,
  compactedEvent,
  decidedEvents,
  pastStreamOf,
  requestedEvent,
  startedEvent,
  streamOf,
  workAppended,
  workVersionIs,
} from "./run-stream.ts";

/** A shorter form of a history: what its stream is to hold instead. */
export interface Compaction {
  readonly events: readonly NewEvent[];
  readonly compacted: Compacted;
}

/** What is left of a run: of its stream, and of that of its past. */
export type Remains = Pick<History, "version" | "past" | "length">;

export const NO_REMAINS: Remains = { version: 0, past: 0, length: { records: 0, bytes: 0 } };

/** What one unit writes at most, with room for the rest of it. */
const UNIT_BYTES = 3 * 1024 * 1024;

/** Whether it is time to make it shorter: again only when it is twice as long as that made it. */
export function isLong({ length, compactedTo }: History, { compactAfter, compactBytes }: RunHost): boolean {
  const isOf = (measure: "records" | "bytes", max: number) => length[measure] > Math.max(max, 2 * compactedTo[measure]);
  return isOf("records", compactAfter) || isOf("bytes", compactBytes);
}

/**
 * The shorter form, with what is decided and not recorded yet. What is too much for one unit is written in several to a
 * stream of its own, which counts from when the run's stream names it: a kill leaves the run as it was, and what was written
 * in vain is overwritten. Undefined when it can not be made now.
 */
export async function compactionOf(host: RunHost, history: History): Promise<Compaction | undefined> {
  const entries = decidedEvents(compacted(history.entries));
  const requests = history.requests.map(requestedEvent);
  const started = startedEvent(history.started);
  const bytes = bytesOf([started, ...entries, ...requests]);
  if (bytesOf(requests) > UNIT_BYTES / 2) return undefined; // they are given first
  const isOne = bytes <= UNIT_BYTES;
  const kept = isOne ? [...entries, ...requests] : requests;
  const place = isOne ? { past: 0, records: 0 } : { past: history.past + 1, records: entries.length };
  const mark = { ...place, length: { records: entries.length + requests.length, bytes } };
  if (!isOne && !(await isWritten(host, history, entries))) return undefined;
  return { events: [started, compactedEvent(mark), ...kept], compacted: mark };
}

/** Deletes the past of a run, also one that was written in vain. */
export function pastForgotten(id: string, { past, length }: Remains): readonly Effect[] {
  if (past === 0 && length.bytes <= UNIT_BYTES / 2) return [];
  return [past, past + 1].map((number) => ({ kind: "deleteWork", stream: pastStreamOf(id, number) }));
}

/** Deletes what is left of a run. */
export function forgotten(id: string, remains: Remains): readonly Effect[] {
  if (remains.version === 0) return [];
  return [{ kind: "deleteWork", stream: streamOf(id) }, ...pastForgotten(id, remains)];
}

/** False when the run is not this process's any more. */
async function isWritten(host: RunHost, { started, past }: History, events: readonly NewEvent[]): Promise<boolean> {
  const stream = pastStreamOf(started.id, past + 1);
  let version = 0;
  for (const page of pagesOf(events)) {
    const unit = {
      id: host.ids("unt"),
      cause: causeOfRun(started),
      conditions: [host.owned(), ...(version > 0 ? [workVersionIs(stream, version)] : [])],
      effects: [...(version === 0 ? [{ kind: "deleteWork", stream } as const] : []), workAppended(stream, page)],
    };
    if ((await commitSettled(host.store, unit, { clock: host.clock })).outcome === "refused") return false;
    version += page.length;
  }
  return true;
}

function* pagesOf(events: readonly NewEvent[]): Generator<readonly NewEvent[]> {
  let page: NewEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = bytesOf([event]);
    if (page.length > 0 && bytes + size > UNIT_BYTES) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(event);
    bytes += size;
  }
  yield page;
}

function bytesOf(events: readonly NewEvent[]): number {
  return events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
}
