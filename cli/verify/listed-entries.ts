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
    const last = next ? undefined : await lastRow(store, list);
    if (last && last.row?.key !== row.key && (await hasMore(store, list, after))) continue;
    const entry = next?.entry ?? last?.entry ?? (await onlyEntry(store, list, row, expected(row)));
    yield { row, entry };
    if (!next) return;
    after = next;
  }
}

/** Whether the list has grown since its last page was read. */
async function hasMore(store: Store, list: List, after: RowCursor | undefined): Promise<boolean> {
  return (await store.listRows({ ...list, limit: 2, ...(after && { after }) })).rows.length > 1;
}

/** Read backwards, the last row has a cursor when others are before it. */
async function lastRow(store: Store, list: List): Promise<{ readonly row: Row | undefined; readonly entry: string | undefined }> {
  const { rows, next } = await store.listRows({ ...list, direction: "backwards", limit: 1 });
  return { row: rows[0], entry: next?.entry };
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
