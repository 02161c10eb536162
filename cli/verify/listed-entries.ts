import type { Row, RowCursor, Store } from "@daybook/data/store";

/** Rows by key, page by page. */
export async function* rowsOf(store: Store, collection: string): AsyncGenerator<Row> {
  let after: RowCursor | undefined;
  do {
    const page = await store.listRows({ collection, ...(after && { after }) });
    yield* page.rows;
    after = page.next;
  } while (after);
}

/** A row as one list has it. `entry` is undefined when it is none of those that were expected. */
export interface ListedRow {
  readonly row: Row;
  readonly entry: string | undefined;
}

interface List {
  readonly collection: string;
  readonly index: string;
}

/**
 * Every entry of a list with its exact text. A page does not say the entries of its rows, but its cursor says that of its
 * last one: pages are of one row. `expected`: entries that the row may be under, for a list of a single row, which has no cursor.
 */
export async function* listedRows(
  store: Store,
  list: List,
  expected: (row: Row) => readonly string[],
): AsyncGenerator<ListedRow> {
  let after: RowCursor | undefined;
  for (;;) {
    const { rows, next } = await store.listRows({ ...list, limit: 1, ...(after && { after }) });
    const [row] = rows;
    if (!row) return;
    if (!next) {
      yield { row, entry: (await lastEntry(store, list)) ?? (await onlyEntry(store, list, row, expected(row))) };
      return;
    }
    yield { row, entry: next.entry };
    after = next;
  }
}

/** Read backwards, the last entry has a cursor when others are before it. */
async function lastEntry(store: Store, list: List): Promise<string | undefined> {
  return (await store.listRows({ ...list, direction: "backwards", limit: 1 })).next?.entry;
}

/** The one of `expected` that is the only entry of the list: the row is found by it, and nothing comes after it. */
async function onlyEntry(store: Store, list: List, row: Row, expected: readonly string[]): Promise<string | undefined> {
  for (const entry of expected) {
    const found = await store.listRows({ ...list, prefix: entry, limit: 1 });
    const beyond = await store.listRows({ ...list, after: { entry, key: row.key }, limit: 1 });
    if (found.rows.length === 1 && beyond.rows.length === 0) return entry;
  }
  return undefined;
}
