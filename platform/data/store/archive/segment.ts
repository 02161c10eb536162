import { canonical } from "@daybook/kernel/canonical";
import { storeCorrupt } from "../errors.ts";
import type { Row, RowCursor, StoreReads } from "../port.ts";
import type { Effect } from "../unit.ts";
import { NameFilter } from "./name-filter.ts";

/** A file of old facts, with their cases and seals: the range `from` … `to` of the log. It is never changed. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Times of recording of its first and last fact. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** Hash of the seal before its first, and of its last seal. */
  readonly previous: string;
  readonly hash: string;
  /** The streams and correlations in it: wrong hits are possible, misses are not. */
  readonly names: NameFilter;
  /** Its facts and seals are in the file only. */
  readonly isRemoved: boolean;
}

/** The collection of the segments' records. */
export const SEGMENTS = "segments";

/** The file of a segment, in the folder of segments. */
export function segmentFile({ from, to }: Pick<Segment, "from" | "to">): string {
  return `${from}-${to}.db`;
}

/** The key of a segment's record: its last position in 16 digits, so that records are listed in order. */
export function segmentKey(to: number): string {
  return String(to).padStart(16, "0");
}

/** The effect that records a segment. */
export function putSegment(segment: Segment): Effect & { readonly kind: "putRow" } {
  const value = canonical({ ...segment, names: segment.names.text });
  return { kind: "putRow", collection: SEGMENTS, key: segmentKey(segment.to), value };
}

/** The segment that a record tells of. Throws `store-corrupt`. */
export function segmentOf({ key, value }: Pick<Row, "key" | "value">): Segment {
  try {
    const { names, ...rest } = JSON.parse(value) as Omit<Segment, "names"> & { readonly names: string }; // checked right below
    if (segmentKey(rest.to) === key && rest.from >= 1 && rest.from <= rest.to) return { ...rest, names: new NameFilter(names) };
  } catch (cause) {
    throw storeCorrupt(`the record of the segment up to ${key} cannot be read`, { cause });
  }
  throw storeCorrupt(`the record of the segment up to ${key} is of another segment`);
}

/** The segments that are recorded with keys after `key`, oldest first. */
export async function listSegments(store: Pick<StoreReads, "listRows">, key = ""): Promise<readonly Segment[]> {
  const found: Segment[] = [];
  for (let after: RowCursor | undefined = { entry: key, key }; after;) {
    const page = await store.listRows({ collection: SEGMENTS, after });
    found.push(...page.rows.map(segmentOf));
    after = page.next;
  }
  return found;
}

/** What the filter of a segment holds of a stream, and of a correlation. */
export const nameOf = {
  stream: (stream: string) => `s ${stream}`,
  correlation: (correlation: string) => `c ${correlation}`,
} as const;
