import type { Row, RowCursor, Store } from "@daybook/data/store";
import type { Segments } from "@daybook/data/store/archive/segments";
import { readCheckpoint } from "./checkpoint.ts";
import { sealBrokenRange } from "./errors.ts";
import { FIRST_PREVIOUS, readSeal, sealKey, SEALS } from "./seal-format.ts";

/** When facts are old, and how many make a segment. */
export interface ArchiveRule {
  /** Facts that were sealed longer ago, in milliseconds. */
  readonly ageMs: number;
  /** Fewer stay where they are: a file for each handful serves nobody. */
  readonly factsLeast: number;
  /** At least the facts of a seal, 1,000. */
  readonly factsMax: number;
}

export const ARCHIVE_RULE: ArchiveRule = { ageMs: 90 * 24 * 60 * 60 * 1_000, factsLeast: 10_000, factsMax: 100_000 };

/** What would be archived next: whole seals. */
export interface ArchivePlan {
  readonly from: number;
  /** Below `from` when nothing is old enough. */
  readonly to: number;
  /** Hash of the seal before `from`, and of the last one. */
  readonly previous: string;
  readonly hash: string;
  readonly seals: readonly Row[];
  /** There is enough for a segment. */
  readonly isEnough: boolean;
}

/**
 * The next segment: old enough, and never the last seal, so that the head of the log stays where it is written. A subscription that
 * is so far behind reads segments. Throws `log-changed-after-sealing` when a seal cannot be read.
 */
export async function nextSegment(store: Store, segments: Segments, rule: ArchiveRule): Promise<ArchivePlan> {
  await segments.refresh();
  const from = segments.to + 1;
  const before = (await store.now()) - rule.ageMs;
  const { position: sealedTo } = await readCheckpoint(store, "sealer");
  const previous = segments.last?.hash ?? FIRST_PREVIOUS;
  const seals: Row[] = [];
  let [to, hash] = [from - 1, previous];
  for await (const row of sealsAfter(store, from - 1)) {
    const seal = readSeal(row);
    if (!seal) throw sealBrokenRange(`the seal up to ${row.key} cannot be read`);
    if (seal.to >= sealedTo || row.recordedAt > before || seal.to - from + 1 > rule.factsMax) break;
    seals.push(row);
    [to, hash] = [seal.to, seal.hash];
  }
  const isEnough = to - from + 1 >= Math.max(1, rule.factsLeast);
  return { from, to, previous, hash, seals, isEnough };
}

/** Rows of seals after a position, page by page. */
export async function* sealsAfter(store: Pick<Store, "listRows">, position: number): AsyncGenerator<Row> {
  const key = sealKey(position);
  for (let after: RowCursor | undefined = { entry: key, key }; after;) {
    const page = await store.listRows({ collection: SEALS, after });
    yield* page.rows;
    after = page.next;
  }
}
