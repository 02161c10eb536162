import type { Clock } from "@daybook/kernel/clock";
import { bell } from "@daybook/data/event-store/bell";
import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { ListRows, Row, RowCursor, Store } from "@daybook/data/store";
import { collectionOf, covers, liveGeneration } from "./generations.ts";

/** The rows of a projection's live generation; the order, pages and limits are the store's. */
export interface ReadModel<Value> {
  get(key: string): Promise<ReadRow<Value> | undefined>;
  /** By key, or by an index; a cursor stays good when the generation is switched. */
  list(options?: ListModel): Promise<ReadPage<Value>>;
  /** How many rows a listing has, counted up to `cap`. */
  count(options: Omit<ListModel, "limit" | "after">, cap: number): Promise<number>;
}

export type ListModel = Omit<ListRows, "collection">;

export interface ReadRow<Value> {
  readonly key: string;
  readonly value: Value;
  /** Head of the log, and time by the store, when the row was last changed. */
  readonly position: number;
  readonly recordedAt: number;
}

export interface ReadPage<Value> {
  readonly rows: readonly ReadRow<Value>[];
  readonly next?: RowCursor;
}

/** The read model of the projection `name`; empty before it has run. */
export function readModel<Value>(store: Store, name: string): ReadModel<Value> {
  // Looked up each time: rows of a retired generation are deleted a while after the switch.
  const collection = async () => collectionOf(name, (await liveGeneration(store, name))?.generation ?? 1);
  return {
    async get(key) {
      const row = await store.getRow(await collection(), key);
      return row && readRow<Value>(row);
    },
    async list(options = {}) {
      const { rows, next } = await store.listRows({ ...options, collection: await collection() });
      return { rows: rows.map((row) => readRow<Value>(row)), ...(next && { next }) };
    },
    async count(options, cap) {
      return store.countRows({ ...options, collection: await collection() }, cap);
    },
  };
}

function readRow<Value>(row: Row): ReadRow<Value> {
  const value = JSON.parse(row.value) as Value; // put by the projection of this name
  return { key: row.key, value, position: row.position, recordedAt: row.recordedAt };
}

/** Whether the read model shows a position, and how many positions its checkpoint is short of it. */
export interface Reached {
  readonly isReached: boolean;
  readonly lag: number;
}

const POLL_MS = 100;

/**
 * Waits until the live generation shows everything up to `position` (of a commit's verdict), at most `timeoutMs`: read
 * your writes. Works in every process that reads the store, whoever applies.
 */
export async function waitFor(
  store: Store,
  projection: LogFilter & { readonly name: string },
  position: number,
  timeoutMs: number,
  clock: Clock,
): Promise<Reached> {
  const until = clock.elapsed() + timeoutMs;
  const changed = bell(clock);
  const unwatch = store.watch(() => changed.ring());
  try {
    for (;;) {
      changed.hush();
      const reached = await reaches(store, projection, position);
      const leftMs = until - clock.elapsed();
      if (reached.isReached || leftMs <= 0) return reached;
      await changed.wait(Math.min(POLL_MS, leftMs));
    }
  } finally {
    unwatch();
  }
}

async function reaches(store: Store, projection: LogFilter & { readonly name: string }, position: number): Promise<Reached> {
  const live = await liveGeneration(store, projection.name);
  const checkpoint = await readCheckpoint(store, collectionOf(projection.name, live?.generation ?? 1));
  const isReached = !checkpoint.isRetired && (await covers(store, projection, checkpoint, position));
  return { isReached, lag: isReached ? 0 : Math.max(0, position - checkpoint.position) };
}
