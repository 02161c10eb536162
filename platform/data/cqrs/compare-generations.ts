import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import type { Row, RowCursor, Store } from "@daybook/data/store";
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
}

/** A row that is not the same in both; undefined where it is missing. */
export interface RowDifference {
  readonly key: string;
  readonly live: string | undefined;
  readonly next: string | undefined;
}

const LISTED_MAX = 1_000;

/** Compares all rows. Rejects with `projection-moved` when the generations are not, and stay, at the same position. */
export async function compareGenerations(store: Store, name: string, live: number, next: number): Promise<Comparison> {
  const position = await samePosition(store, name, live, next);
  const differences: RowDifference[] = [];
  let keys = 0;
  let differing = 0;
  for await (const { key, ...pair } of pairs(store, collectionOf(name, live), collectionOf(name, next))) {
    keys++;
    if (pair.live === pair.next) continue;
    differing++;
    if (differences.length < LISTED_MAX) differences.push({ key, ...pair });
  }
  if ((await samePosition(store, name, live, next)) !== position) throw moved(name);
  return { position, keys, differing, differences };
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

/** Merges two listings by key: both are in the order of the keys' bytes. */
async function* pairs(store: Store, live: string, next: string): AsyncGenerator<RowDifference> {
  const rowsOfLive = rowsOf(store, live);
  const rowsOfNext = rowsOf(store, next);
  let one = await following(rowsOfLive);
  let other = await following(rowsOfNext);
  while (one || other) {
    const order = one && other ? byBytes(one.key, other.key) : one ? -1 : 1;
    const first: Row | undefined = order <= 0 ? one : undefined;
    const second: Row | undefined = order >= 0 ? other : undefined;
    yield { key: (first ?? second)?.key ?? "", live: first?.value, next: second?.value };
    if (first) one = await following(rowsOfLive);
    if (second) other = await following(rowsOfNext);
  }
}

function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function following(rows: AsyncGenerator<Row>): Promise<Row | undefined> {
  const found = await rows.next();
  return found.done ? undefined : found.value;
}

async function* rowsOf(store: Store, collection: string): AsyncGenerator<Row> {
  let after: RowCursor | undefined;
  do {
    const page = await store.listRows({ collection, ...(after && { after }) });
    yield* page.rows;
    after = page.next;
  } while (after);
}
