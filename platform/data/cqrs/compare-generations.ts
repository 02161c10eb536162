import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import type { IndexEntry, Row, RowCursor, Store } from "@daybook/data/store";
import { projectionMoved } from "./errors.ts";
import { collectionOf } from "./generations.ts";

/** Two generations of a projection side by side, at one position of the log. */
export interface Comparison {
  readonly position: number;
  /** Keys that either has. */
  readonly keys: number;
  readonly differing: number;
  /** The first 1,000 of them, by key. */
  readonly differences: readonly RowDifference[];
  /** Index entries that only one of them has. */
  readonly differingEntries: number;
  /** The first 1,000 of them, by index, entry and key. */
  readonly entryDifferences: readonly EntryDifference[];
}

/** A row that is not the same in both; undefined where it is missing. */
export interface RowDifference {
  readonly key: string;
  readonly live: string | undefined;
  readonly next: string | undefined;
}

/** An index entry that only one of the two has. */
export interface EntryDifference extends IndexEntry {
  readonly in: "live" | "next";
}

const LISTED_MAX = 1_000;

/** Compares all rows and all index entries. Rejects with `projection-moved` when the generations are not, and stay, at the same position. */
export async function compareGenerations(store: Store, name: string, live: number, next: number): Promise<Comparison> {
  const position = await samePosition(store, name, live, next);
  const [one, other] = [collectionOf(name, live), collectionOf(name, next)];
  const compared = { ...(await compareRows(store, one, other)), ...(await compareEntries(store, one, other)) };
  if ((await samePosition(store, name, live, next)) !== position) throw moved(name);
  return { position, ...compared };
}

async function compareRows(store: Store, live: string, next: string) {
  const differences: RowDifference[] = [];
  let keys = 0;
  let differing = 0;
  for await (const [one, other] of merged(rowsOf(store, live), rowsOf(store, next), (row) => [row.key])) {
    keys++;
    if (one?.value === other?.value) continue;
    differing++;
    const key = (one ?? other)?.key ?? "";
    if (differences.length < LISTED_MAX) differences.push({ key, live: one?.value, next: other?.value });
  }
  return { keys, differing, differences };
}

async function compareEntries(store: Store, live: string, next: string) {
  const entryDifferences: EntryDifference[] = [];
  let differingEntries = 0;
  const textsOf = ({ index, entry, key }: IndexEntry) => [index, entry, key];
  for await (const [one, other] of merged(entriesOf(store, live), entriesOf(store, next), textsOf)) {
    const found = one ?? other;
    if (!found || (one && other)) continue;
    differingEntries++;
    if (entryDifferences.length < LISTED_MAX) entryDifferences.push({ ...found, in: one ? "live" : "next" });
  }
  return { differingEntries, entryDifferences };
}

async function samePosition(store: Store, name: string, live: number, next: number): Promise<number> {
  const [one, other] = await Promise.all([
    readCheckpoint(store, collectionOf(name, live)),
    readCheckpoint(store, collectionOf(name, next)),
  ]);
  if (one.isRetired || other.isRetired || one.position !== other.position) throw moved(name);
  return one.position;
}

function moved(name: string): Error {
  return projectionMoved(`the generations of ${name} are not at one position`, { details: { projection: name } });
}

/** Merges two listings that are in the order of `textsOf`, by the texts' bytes; what only one has stands alone. */
async function* merged<T>(
  lives: AsyncGenerator<T>,
  nexts: AsyncGenerator<T>,
  textsOf: (item: T) => readonly string[],
): AsyncGenerator<readonly [live: T | undefined, next: T | undefined]> {
  let one = await following(lives);
  let other = await following(nexts);
  while (one || other) {
    const order = one && other ? byBytes(textsOf(one), textsOf(other)) : one ? -1 : 1;
    const first: T | undefined = order <= 0 ? one : undefined;
    const second: T | undefined = order >= 0 ? other : undefined;
    yield [first, second];
    if (first) one = await following(lives);
    if (second) other = await following(nexts);
  }
}

function byBytes(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? "";
    if (text !== other) return Buffer.compare(Buffer.from(text), Buffer.from(other));
  }
  return 0;
}

async function following<T>(items: AsyncGenerator<T>): Promise<T | undefined> {
  const found = await items.next();
  return found.done ? undefined : found.value;
}

async function* entriesOf(store: Store, collection: string): AsyncGenerator<IndexEntry> {
  for (let after: IndexEntry | undefined; ;) {
    const page = await store.listEntries(collection, after ? { after } : {});
    yield* page;
    after = page.at(-1);
    if (!after) return;
  }
}

async function* rowsOf(store: Store, collection: string): AsyncGenerator<Row> {
  let after: RowCursor | undefined;
  do {
    const page = await store.listRows({ collection, ...(after && { after }) });
    yield* page.rows;
    after = page.next;
  } while (after);
}
