import { positionBefore } from "@daybook/data/event-store/position-before";
import { streamName } from "@daybook/data/event-store/event";
import type { StoreReads } from "@daybook/data/store";

/** The streams of a category, and what somebody else's books have under a key for each of them, or for none of ours. */
export interface TwoSides<Entry, Difference> {
  readonly store: Pick<StoreReads, "head" | "readLog">;
  readonly category: string;
  /** Entries that changed in a time (epoch milliseconds, `to` exclusive), as they are now, in pages. */
  readonly journal: (time: BookTime) => Promise<BookPage<Entry>>;
  /** Entries under some keys, at most 100; of a key that is not there none. */
  readonly booked: (keys: readonly string[]) => Promise<readonly Entry[]>;
  readonly keyIn: (entry: Entry) => string;
  /** Under which the other side has a stream's. */
  readonly keyOf: (streamId: string) => string;
  /** In what an entry differs from its stream, when both have rested since before `to`. */
  readonly ofEntry: (entry: Entry, to: number) => Promise<readonly Difference[]>;
  /** What it means that a stream has no entry. */
  readonly ofNone: (streamId: string, to: number) => Promise<readonly Difference[]>;
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
export async function compareSides<Entry, Difference>(
  sides: TwoSides<Entry, Difference>,
  { from, to, cursor }: { readonly from: number; readonly to: number; readonly cursor?: string | undefined },
): Promise<ComparedPage<Difference>> {
  const at = (cursor === undefined ? {} : JSON.parse(cursor)) as Cursor; // written below
  const { next, ...page } = "here" in at ? await here(sides, to, at.here) : await there(sides, { from, to, after: at.there });
  return { ...page, ...(next && { cursor: JSON.stringify(next) }) };
}

/** What `isSo` of each question, by the entries under its key. */
export async function recheckSides<Entry, Question extends { readonly key?: string | undefined }>(
  { booked, keyIn }: Pick<TwoSides<Entry, unknown>, "booked" | "keyIn">,
  questions: readonly Question[],
  isSo: (question: Question, entries: readonly Entry[]) => Promise<boolean>,
): Promise<readonly Question[]> {
  const keyed = questions.filter(({ key }) => key !== undefined);
  const entries = Map.groupBy(await booked([...new Set(keyed.map(({ key = "" }) => key))]), keyIn);
  const gone = await Promise.all(keyed.map(async (each) => !(await isSo(each, entries.get(each.key ?? "") ?? []))));
  return keyed.filter((_, at) => gone[at]);
}

async function there<Entry, Difference>(sides: TwoSides<Entry, Difference>, time: BookTime) {
  const { entries, next } = await sides.journal(time);
  const differences = await Promise.all(entries.map((entry) => sides.ofEntry(entry, time.to)));
  const following: Cursor = next === undefined ? { here: await positionBefore(sides.store, time.from) } : { there: next };
  return { compared: entries.length, differences: differences.flat(), next: following };
}

async function here<Entry, Difference>(sides: TwoSides<Entry, Difference>, to: number, after: number) {
  const { store, category, keyOf, keyIn } = sides;
  const page = await store.readLog({ after, limit: PAGE, categories: [category] });
  const rested = page.events.filter(({ recordedAt }) => recordedAt < to);
  const ids = [...new Set(rested.map(({ stream }) => stream.slice(streamName(category, "").length)))];
  const entries = Map.groupBy(ids.length > 0 ? await sides.booked(ids.map(keyOf)) : [], keyIn);
  const differences = await Promise.all(
    ids.flatMap((id) => {
      const known = entries.get(keyOf(id));
      return known ? known.map((entry) => sides.ofEntry(entry, to)) : [sides.ofNone(id, to)];
    }),
  );
  const isOver = rested.length < page.events.length || page.scannedTo >= (await store.head()).position;
  const next: Cursor | undefined = isOver ? undefined : { here: page.scannedTo };
  return { compared: ids.length, differences: differences.flat(), next };
}
