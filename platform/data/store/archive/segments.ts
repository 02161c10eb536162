import type { Clock } from "@daybook/kernel/clock";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { segmentDamaged, storeCorrupt } from "../errors.ts";
import type { Store } from "../port.ts";
import { hashOf } from "./name-filter.ts";
import { listSegments, segmentFile, segmentKey, type Segment } from "./segment.ts";
import type { SegmentPlace, SegmentReads } from "./segment-place.ts";

export interface SegmentsOptions {
  /** Without its archive. */
  readonly hot: Store;
  readonly place: SegmentPlace;
  readonly clock: Clock;
  /**
   * How old the list of segments may be, in milliseconds: Infinity where this process alone makes them. Facts are removed from a
   * store not before everybody's list has their segment (`GRACE_MS`).
   */
  readonly ageMaxMs: number;
}

/** How long a segment is recorded before its facts are removed from a store that several processes share. */
export const GRACE_MS = 60_000;
const OPEN_MAX = 16;

/** The segments of a store, as this process knows them, and those of their files that were read last. */
export class Segments {
  readonly place: SegmentPlace;
  private readonly options: SegmentsOptions;
  private list: Segment[] = [];
  private refreshedAt = Number.NEGATIVE_INFINITY;
  private readonly open = new Map<string, OpenSegment>();

  constructor(options: SegmentsOptions) {
    this.options = options;
    this.place = options.place;
  }

  /** There are none, and nobody else makes any. */
  get isUnused(): boolean {
    return this.list.length === 0 && this.options.ageMaxMs === Number.POSITIVE_INFINITY;
  }

  /** Facts up to here are in segments. */
  get to(): number {
    return this.list.at(-1)?.to ?? 0;
  }

  get last(): Segment | undefined {
    return this.list.at(-1);
  }

  /** Looks for segments that were made since, when the list is too old for what has just been read. */
  async fresh(): Promise<void> {
    const { clock, ageMaxMs } = this.options;
    if (clock.elapsed() - this.refreshedAt >= ageMaxMs) await this.refresh();
  }

  async refresh(): Promise<void> {
    const { hot, clock } = this.options;
    const at = clock.elapsed();
    for (const segment of await listSegments(hot, segmentKey(this.to))) {
      if (segment.to > this.to) this.list.push(segment); // else another call was faster
    }
    this.refreshedAt = at;
  }

  /** The segment that holds the position after this one. */
  after(position: number): Segment | undefined {
    if (position >= this.to) return undefined;
    const found = this.list.find(({ to }) => to > position);
    if (!found || found.from > position + 1)
      throw storeCorrupt(`the record of the segment that holds ${position + 1} is missing`);
    return found;
  }

  /** Those that may hold the name, oldest first. */
  having(name: string): readonly Segment[] {
    const hash = hashOf(name);
    return this.list.filter(({ names }) => names.has(hash));
  }

  /** Reads a segment, which is opened for it. Rejects with `segment-unreachable` or `segment-damaged`. */
  async read<T>(segment: Segment, task: (reads: SegmentReads) => Promise<T>): Promise<T> {
    const file = segmentFile(segment);
    const opened = this.opened(file, segment);
    opened.users++;
    try {
      return await task(await opened.reads);
    } catch (error) {
      this.forget(file, opened);
      throw codedError(this.place.shown(file), error);
    } finally {
      opened.users--;
      await closeUnused(opened);
    }
  }

  /** Reads under way close their file when they end. */
  async close(): Promise<void> {
    for (const [file, opened] of this.open) {
      this.forget(file, opened);
      await closeUnused(opened);
    }
  }

  private opened(file: string, segment: Segment): OpenSegment {
    const found = this.open.get(file) ?? { reads: this.opening(file, segment), users: 0, isForgotten: false };
    this.open.delete(file);
    this.open.set(file, found);
    const [oldest] = this.open;
    if (this.open.size > OPEN_MAX && oldest) {
      this.forget(...oldest);
      void closeUnused(oldest[1]);
    }
    return found;
  }

  private async opening(file: string, { from, to }: Segment): Promise<SegmentReads> {
    const reads = await this.place.open(file);
    const [first] = (await reads.readLog({ after: from - 1, limit: 1 })).events;
    const last = (await reads.head()).position;
    if (first?.position === from && last === to) return reads;
    await reads.close();
    throw segmentDamaged(`${this.place.shown(file)} holds ${first?.position} to ${last}`);
  }

  private forget(file: string, opened: OpenSegment): void {
    opened.isForgotten = true;
    if (this.open.get(file) === opened) this.open.delete(file);
  }
}

interface OpenSegment {
  readonly reads: Promise<SegmentReads>;
  /** Reads under way. */
  users: number;
  isForgotten: boolean;
}

async function closeUnused(opened: OpenSegment): Promise<void> {
  if (!opened.isForgotten || opened.users > 0) return;
  await opened.reads.then(
    (reads) => reads.close(),
    () => undefined, // it was never open
  );
}

/** What of a segment cannot be read is damaged, whatever the engine calls it. */
function codedError(shown: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code !== undefined && code !== "store-corrupt") return error;
  return segmentDamaged(`${shown} cannot be read: ${messageOf(error)}`, { cause: error });
}
