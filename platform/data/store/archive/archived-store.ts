import type { Clock } from "@daybook/kernel/clock";
import type { Store } from "../port.ts";
import { ArchivedReads } from "./archived-reads.ts";
import type { SegmentPlace } from "./segment-place.ts";
import { GRACE_MS, Segments } from "./segments.ts";

export interface ArchivedStoreOptions {
  readonly hot: Store;
  readonly place: SegmentPlace;
  readonly clock: Clock;
}

/** A store whose old facts are in segments. What is read is the same, wherever it lies. */
export interface ArchivedStore extends Store {
  readonly segments: Segments;
}

/** Closes `hot` with it. A fact in a segment that cannot be read is `segment-unreachable` or `segment-damaged`; all others are read. */
export async function archivedStore({ hot, place, clock }: ArchivedStoreOptions): Promise<ArchivedStore> {
  const segments = new Segments({ hot, place, clock, ageMaxMs: ageMaxOf(hot) });
  await segments.refresh();
  return overSegments(hot, segments);
}

/** The same over segments that are known, or that are looked for with the first read. */
export function overSegments(hot: Store, segments: Segments): ArchivedStore {
  const reads = new ArchivedReads(hot, segments);
  return {
    ...hot,
    segments,
    readLog: (options) => (segments.isUnused ? hot.readLog(options) : reads.log(options)),
    readDigests: (page) => (segments.isUnused ? hot.readDigests(page) : reads.digests(page)),
    readStream: (stream, options = {}) =>
      segments.isUnused || options.as === "work" ? hot.readStream(stream, options) : reads.stream(stream, options),
    readCorrelation: (correlation, page) =>
      segments.isUnused ? hot.readCorrelation(correlation, page) : reads.correlation(correlation, page),
    async close() {
      await hot.close();
      await segments.close();
    },
  };
}

/** Who alone writes makes the segments, too; a reader beside it looks every time. */
function ageMaxOf({ opening, capabilities }: Store): number {
  if (opening !== undefined) return Number.POSITIVE_INFINITY;
  return capabilities.isShared ? GRACE_MS / 2 : 0;
}
