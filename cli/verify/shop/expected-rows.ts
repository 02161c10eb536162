import { hash } from "node:crypto";
import type { Head, Row, Store } from "@daybook/data/store";
import type { Findings } from "../findings.ts";
import { entriesOf, rowsOf } from "../listed-entries.ts";
import type { Meter } from "../progress.ts";

/** What a row must be, small enough to be kept for every stream. */
export interface ExpectedRow {
  readonly digest: string;
  /** Position and time of the last event that changed it. */
  readonly position: number;
  readonly recordedAt: number;
}

export function textDigest(text: string): string {
  return hash("sha256", text, "base64");
}

export interface Collection<Expected extends ExpectedRow> {
  readonly store: Store;
  readonly name: string;
  readonly expected: ReadonlyMap<string, Expected>;
  readonly head: Head;
  readonly findings: Findings;
  readonly meter: Meter;
  /** The text whose digest is compared, out of the row's. */
  readonly comparable?: (text: string) => string;
}

/** Compares every row of a collection with what was expected. Rows that changed after the head was read are passed over. */
export async function compareRows<Expected extends ExpectedRow>(collection: Collection<Expected>): Promise<void> {
  const { store, name, expected, head, findings, meter } = collection;
  const missing = new Set(expected.keys());
  meter.begin(name, expected.size);
  for await (const row of rowsOf(store, name)) {
    meter.step();
    findings.checked++;
    missing.delete(row.key);
    if (row.position <= head.position) compareRow(collection, row);
    else if (row.position > (await store.head()).position) {
      findings.violated("the row is of a position that the log does not have", { key: `${name}/${row.key}` });
    }
  }
  for (const key of missing) findings.violated("the stream has no row", { key: `${name}/${key}` });
}

function compareRow<Expected extends ExpectedRow>(collection: Collection<Expected>, row: Row): void {
  const { name, expected, findings, comparable = (text: string) => text } = collection;
  const key = `${name}/${row.key}`;
  const wanted = expected.get(row.key);
  if (!wanted) return findings.violated("the row has no stream", { key });
  if (textDigest(comparable(row.value)) !== wanted.digest) findings.violated("the row is not the fold of its stream", { key });
  if (row.position < wanted.position || row.recordedAt !== wanted.recordedAt) {
    findings.violated("the row was not put by the stream's last event", { key });
  }
}

/** The entry of a row in a list; undefined for a row that is not in it. */
export type EntryOf<Expected> = (key: string, expected: Expected) => string | undefined;

/** Checks that each list holds each expected row under exactly its entry, and that there are no other lists. */
export async function compareLists<Expected extends ExpectedRow>(
  collection: Collection<Expected>,
  lists: Readonly<Record<string, EntryOf<Expected>>>,
): Promise<void> {
  const { store, name, expected, findings, meter } = collection;
  const absent = new Set(Object.keys(lists));
  let missing = new Set<string>();
  let list = "";
  meter.begin(`${name}: lists`, expected.size * absent.size);
  for await (const { index, entry, key } of entriesOf(store, name)) {
    meter.step();
    findings.checked++;
    if (index !== list) {
      tellMissing(collection, list, missing, lists[list]);
      list = index;
      missing = new Set(expected.keys());
      absent.delete(index);
    }
    missing.delete(key);
    const wanted = expected.get(key);
    if ((wanted && lists[index]?.(key, wanted) === entry) || (await isChangedSince(collection, key))) continue;
    findings.violated(`an entry of the list "${index}" is not the row's`, { key: `${name}/${key}` });
  }
  tellMissing(collection, list, missing, lists[list]);
  for (const index of absent) tellMissing(collection, index, expected.keys(), lists[index]);
}

function tellMissing<Expected extends ExpectedRow>(
  { name, expected, findings }: Collection<Expected>,
  index: string,
  missing: Iterable<string>,
  entryOf: EntryOf<Expected> | undefined,
): void {
  for (const key of missing) {
    const wanted = expected.get(key);
    if (!wanted || entryOf?.(key, wanted) === undefined) continue;
    findings.violated(`the list "${index}" lacks the row`, { key: `${name}/${key}` });
  }
}

/** Whether the row was put after the head was read. */
async function isChangedSince({ store, name, head }: Collection<ExpectedRow>, key: string): Promise<boolean> {
  const row = await store.getRow(name, key);
  return row !== undefined && row.position > head.position;
}
