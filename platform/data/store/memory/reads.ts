import type { Clock } from "@daybook/kernel/clock";
import { categoryOf } from "../encode.ts";
import { LIMITS } from "../limits.ts";
import type {
  DueCursor,
  ListRows,
  LogPage,
  ReadLog,
  ReadStream,
  RowCursor,
  RowPage,
  StoreReads,
  StoredEvent,
  IndexEntry,
  NameKind,
} from "../port.ts";
import { leaseAt, liveKey, type MemoryRow, type MemoryState } from "./state.ts";

export function memoryReads(state: MemoryState, clock: Clock): StoreReads {
  return {
    head: async () => ({ epoch: state.epoch, position: state.log.length, recordedAt: state.log.at(-1)?.recordedAt ?? 0 }),
    outcome: async (unitId) => {
      const committed = state.units.get(unitId);
      return committed && { ...committed, versions: [], tokens: [], isRepeated: true };
    },
    readStream: async (stream, options) => readStream(state, stream, options ?? {}),
    streamVersion: async (stream, as = "fact") => state.streams[as].get(stream)?.length ?? 0,
    readLog: async (options) => readLog(state, options),
    readDigests: async ({ after = 0, limit }) => state.digests.slice(after, after + limitOf(limit)),
    readCorrelation: async (correlation, page) => {
      const start = page?.after ?? 0;
      return ofCorrelation(state, correlation).slice(start, start + limitOf(page?.limit));
    },
    getKey: async (key) => liveKey(state, key, clock.now()),
    listKeys: async (prefix, page) =>
      [...state.keys.keys()]
        .filter((key) => key.startsWith(prefix) && liveKey(state, key, clock.now()) !== undefined)
        .filter((key) => page?.after === undefined || byCodePoint(key, page.after) > 0)
        .sort(byCodePoint)
        .slice(0, limitOf(page?.limit))
        .map((key) => ({ key, value: liveKey(state, key, clock.now()) ?? "" })),
    getRow: async (collection, key) => withoutIndex(state.rows.get(collection)?.get(key)),
    listRows: async (options) => listRows(state, options),
    countRows: async (options, cap) => Math.min(cap, entriesOf(state, options).length),
    listEntries: async (collection, { after, limit } = {}) =>
      allEntries(state, collection)
        .filter((entry) => !after || byEntry(entry, after) > 0)
        .slice(0, limitOf(limit)),
    getDue: async (queue, id) => state.due.get(queue)?.get(id),
    listDue: async (queue, until, page) =>
      [...(state.due.get(queue)?.values() ?? [])]
        .filter((item) => item.at <= until && (page?.after === undefined || byTime(item, page.after) > 0))
        .sort(byTime)
        .slice(0, limitOf(page?.limit)),
    getLease: async (name) => leaseAt(state, name, clock.now()),
    listNames: async (of, { after = "", limit } = {}) =>
      namesOf(state, of)
        .filter((name) => byCodePoint(name, after) > 0)
        .sort(byCodePoint)
        .slice(0, limitOf(limit)),
    now: async () => clock.now(),
    check: async () => [],
  };
}

function byTime(a: DueCursor, b: DueCursor): number {
  return a.at - b.at || byCodePoint(a.id, b.id);
}

/** Code-point order: that of UTF-8's bytes, of SQLite's BINARY and of PostgreSQL's "C". */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

function limitOf(limit: number | undefined): number {
  return Math.min(LIMITS.page, limit ?? LIMITS.page);
}

function readStream(state: MemoryState, stream: string, options: ReadStream): readonly StoredEvent[] {
  const events = state.streams[options.as ?? "fact"].get(stream) ?? [];
  const limit = limitOf(options.limit);
  if (options.direction !== "backwards") {
    const start = Math.max(1, options.from ?? 1) - 1;
    return events.slice(start, start + limit);
  }
  const end = Math.min(events.length, options.from ?? events.length);
  return events.slice(Math.max(0, end - limit), end).reverse();
}

function readLog(state: MemoryState, options: ReadLog): LogPage {
  const limit = limitOf(options.limit);
  const events: StoredEvent[] = [];
  let scannedTo = options.after;
  for (const event of state.log.slice(options.after)) {
    if (events.length === limit) break;
    scannedTo = event.position;
    if (options.categories && !options.categories.includes(categoryOf(event.stream))) continue;
    if (options.types && !options.types.includes(event.type)) continue;
    events.push(event);
  }
  return { events, scannedTo };
}

function ofCorrelation(state: MemoryState, correlation: string): readonly StoredEvent[] {
  const mark = `"correlation":${JSON.stringify(correlation)}`;
  const isOfIt = (event: StoredEvent) => event.meta.includes(mark);
  const work = [...state.streams.work.values()].flat().filter(isOfIt);
  work.sort((a, b) => byCodePoint(a.stream, b.stream) || a.version - b.version);
  return [...state.log.filter(isOfIt), ...work];
}

interface Listed {
  readonly at: RowCursor;
  readonly row: MemoryRow;
}

function entriesOf(state: MemoryState, options: Omit<ListRows, "limit" | "after">): Listed[] {
  const rows = [...(state.rows.get(options.collection)?.values() ?? [])];
  const { index, prefix = "" } = options;
  return rows
    .flatMap((row) =>
      [...new Set(index === undefined ? [row.key] : row.index[index])].map((entry) => ({ at: { entry, key: row.key }, row })),
    )
    .filter(({ at }) => at.entry.startsWith(prefix))
    .sort((a, b) => compare(a.at, b.at));
}

function allEntries(state: MemoryState, collection: string): IndexEntry[] {
  const rows = [...(state.rows.get(collection)?.values() ?? [])];
  return rows
    .flatMap(({ index: entries, key }) =>
      Object.entries(entries).flatMap(([index, texts]) => [...new Set(texts)].map((entry) => ({ index, entry, key }))),
    )
    .sort(byEntry);
}

function byEntry(a: IndexEntry, b: IndexEntry): number {
  return byCodePoint(a.index, b.index) || compare(a, b);
}

function namesOf(state: MemoryState, of: NameKind): string[] {
  switch (of) {
    case "work":
      return [...state.streams.work].filter(([, events]) => events.length > 0).map(([name]) => name);
    case "queue":
      return [...state.due].filter(([, items]) => items.size > 0).map(([name]) => name);
    case "lease":
      return [...state.leases.keys()];
  }
}

function compare(a: RowCursor, b: RowCursor): number {
  return byCodePoint(a.entry, b.entry) || byCodePoint(a.key, b.key);
}

function listRows(state: MemoryState, options: ListRows): RowPage {
  const { after } = options;
  const sign = options.direction === "backwards" ? -1 : 1;
  const entries = entriesOf(state, options);
  if (sign < 0) entries.reverse();
  const rest = after ? entries.filter(({ at }) => compare(at, after) * sign > 0) : entries;
  const page = rest.slice(0, limitOf(options.limit));
  const last = page.at(-1);
  const rows = page.flatMap(({ row }) => withoutIndex(row) ?? []);
  return rest.length > page.length && last ? { rows, next: last.at } : { rows };
}

function withoutIndex(row: MemoryRow | undefined) {
  if (!row) return undefined;
  const { index: _, ...rest } = row;
  return rest;
}
