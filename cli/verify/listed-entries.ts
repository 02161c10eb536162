import type { IndexEntry, KeyRecord, Row, RowCursor, Store } from "@daybook/data/store";

/** Rows by key, page by page. */
export async function* rowsOf(store: Store, collection: string): AsyncGenerator<Row> {
  let after: RowCursor | undefined;
  do {
    const page = await store.listRows({ collection, ...(after && { after }) });
    yield* page.rows;
    after = page.next;
  } while (after);
}

/** Entries of all lists of a collection, by list and entry, page by page. */
export async function* entriesOf(store: Store, collection: string): AsyncGenerator<IndexEntry> {
  yield* paged((after: IndexEntry | undefined) => store.listEntries(collection, after ? { after } : {}));
}

/** Keys that start with `prefix`, page by page. */
export async function* keysOf(store: Store, prefix: string): AsyncGenerator<KeyRecord> {
  yield* paged((after: KeyRecord | undefined) => store.listKeys(prefix, after ? { after: after.key } : {}));
}

/** Names in use, page by page. */
export async function* namesOf(store: Store, of: Parameters<Store["listNames"]>[0]): AsyncGenerator<string> {
  yield* paged((after: string | undefined) => store.listNames(of, after === undefined ? {} : { after }));
}

/** What `read` answers, a page after another, each behind the last record of the one before. */
export async function* paged<T>(read: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T> {
  for (let after: T | undefined; ;) {
    const page = await read(after);
    yield* page;
    after = page.at(-1);
    if (after === undefined) return;
  }
}
