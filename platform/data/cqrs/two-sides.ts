import { positionBefore } from "@daybook/data/event-store/position-before";
import { streamName } from "@daybook/data/event-store/event";
import type { StoreReads } from "@daybook/data/store";

/** The streams of a category, and what somebody else's books have under a key for each of them, or for none of ours. */
export interface TwoSides<Entry extends BookEntry, View, Found extends Finding> {
  readonly store: Pick<StoreReads, "head" | "readLog">;
  readonly category: string;
  /** Entries that changed in a time (epoch milliseconds, `to` exclusive), as they are now, in pages. */
  readonly journal: (time: BookTime) => Promise<BookPage<Entry>>;
  /** Entries under some keys, at most 100; of a key that is not there none. */
  readonly booked: (keys: readonly string[]) => Promise<readonly Entry[]>;
  /** Under which the other side has a stream's. */
  readonly keyOf: (streamId: string) => string;
  /** The stream that an entry says it is of; undefined when it can be none of ours. */
  readonly streamOf: (entry: Entry) => string | undefined;
  readonly view: (streamId: string) => Promise<View | undefined>;
  /** When our side came to what it is, epoch milliseconds. */
  readonly changedAt: (view: View) => number;
  readonly differences: (entry: Entry, view: View | undefined) => readonly Found[] | Promise<readonly Found[]>;
  /** What it means that a stream has no entry. */
  readonly missing: (streamId: string, view: View | undefined) => readonly Found[];
}

export interface BookEntry {
  readonly key: string;
  readonly changedAt: number;
}

/** What is told of a difference, and what tells it from others. */
export interface Finding {
  readonly cause: string;
  readonly subject: string;
}

/** A difference that was found before. */
export interface Reopened extends Finding {
  readonly key?: string | undefined;
  readonly streamId?: string | undefined;
}

export interface BookTime {
  readonly from: number;
  readonly to: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface BookPage<Entry> {
  readonly entries: readonly Entry[];
  /** Undefined when this was the last. */
  readonly next?: string | undefined;
}

export interface ComparedPage<Difference> {
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Where the next page starts; undefined when this was the last. */
  readonly cursor?: string;
}

/** Where a comparison is: in the other side's journal, or in our log. */
type Cursor = { readonly there?: string } | { readonly here: number };

const PAGE = 100;

/**
 * A page of comparing both sides: first what changed there from `from` on, then what changed here, up to `to`. It holds a page
 * in memory, and may be asked for again.
 */
export async function compareSides<Entry extends BookEntry, View, Found extends Finding>(
  sides: TwoSides<Entry, View, Found>,
  { from, to, cursor }: { readonly from: number; readonly to: number; readonly cursor?: string | undefined },
): Promise<ComparedPage<Found>> {
  const at = (cursor === undefined ? {} : JSON.parse(cursor)) as Cursor; // written below
  const { next, ...page } = "here" in at ? await here(sides, to, at.here) : await there(sides, { from, to, after: at.there });
  return { ...page, ...(next && { cursor: JSON.stringify(next) }) };
}

/** Which of them are no longer so, by the entries under their keys; without a key nothing is known. */
export async function settledSides<Entry extends BookEntry, View, Found extends Finding, Question extends Reopened>(
  sides: TwoSides<Entry, View, Found>,
  questions: readonly Question[],
): Promise<readonly Question[]> {
  const keyed = questions.filter(({ key }) => key !== undefined);
  const booked = await sides.booked([...new Set(keyed.map(({ key = "" }) => key))]);
  const entries = Map.groupBy(booked, ({ key }) => key);
  const found = await Promise.all(keyed.map((each) => differencesNow(sides, each, entries.get(each.key ?? "") ?? [])));
  return keyed.filter(({ cause, subject }, at) => !found[at]?.some((each) => each.cause === cause && each.subject === subject));
}

async function differencesNow<Entry extends BookEntry, View, Found extends Finding>(
  sides: TwoSides<Entry, View, Found>,
  { streamId }: Reopened,
  entries: readonly Entry[],
): Promise<readonly Found[]> {
  if (entries.length === 0) return streamId === undefined ? [] : sides.missing(streamId, await sides.view(streamId));
  const found = await Promise.all(entries.map(async (entry) => sides.differences(entry, await viewOf(sides, entry))));
  return found.flat();
}

async function there<Entry extends BookEntry, View, Found extends Finding>(sides: TwoSides<Entry, View, Found>, time: BookTime) {
  const { entries, next } = await sides.journal(time);
  const differences = await Promise.all(entries.map((entry) => rested(sides, entry, time.to)));
  const following: Cursor = next === undefined ? { here: await positionBefore(sides.store, time.from) } : { there: next };
  return { compared: entries.length, differences: differences.flat(), next: following };
}

async function here<Entry extends BookEntry, View, Found extends Finding>(
  sides: TwoSides<Entry, View, Found>,
  to: number,
  after: number,
) {
  const { store, category, keyOf } = sides;
  const page = await store.readLog({ after, limit: PAGE, categories: [category] });
  const past = page.events.filter(({ recordedAt }) => recordedAt < to);
  const ids = [...new Set(past.map(({ stream }) => stream.slice(streamName(category, "").length)))];
  const entries = Map.groupBy(ids.length > 0 ? await sides.booked(ids.map(keyOf)) : [], ({ key }) => key);
  const differences = await Promise.all(
    ids.flatMap((id) => {
      const known = entries.get(keyOf(id));
      return known ? known.map((entry) => rested(sides, entry, to)) : [restedAlone(sides, id, to)];
    }),
  );
  const isOver = past.length < page.events.length || page.scannedTo >= (await store.head()).position;
  const next: Cursor | undefined = isOver ? undefined : { here: page.scannedTo };
  return { compared: ids.length, differences: differences.flat(), next };
}

/** In what an entry differs from its stream, when both have rested since before `to`. */
async function rested<Entry extends BookEntry, View, Found extends Finding>(
  sides: TwoSides<Entry, View, Found>,
  entry: Entry,
  to: number,
): Promise<readonly Found[]> {
  const view = await viewOf(sides, entry);
  const hasRested = entry.changedAt < to && (view === undefined || sides.changedAt(view) < to);
  return hasRested ? sides.differences(entry, view) : [];
}

async function restedAlone<Entry extends BookEntry, View, Found extends Finding>(
  sides: TwoSides<Entry, View, Found>,
  streamId: string,
  to: number,
): Promise<readonly Found[]> {
  const view = await sides.view(streamId);
  return view !== undefined && sides.changedAt(view) < to ? sides.missing(streamId, view) : [];
}

async function viewOf<Entry extends BookEntry, View, Found extends Finding>(
  { streamOf, view }: TwoSides<Entry, View, Found>,
  entry: Entry,
): Promise<View | undefined> {
  const streamId = streamOf(entry);
  return streamId === undefined ? undefined : view(streamId);
}
