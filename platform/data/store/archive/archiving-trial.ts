import { below, type Random } from "@daybook/kernel/random";
import type { Store } from "../port.ts";
import type { ArchivedStore } from "./archived-store.ts";
import { putSegment, segmentFile } from "./segment.ts";
import { SegmentCensus, segmentContent } from "./segment-content.ts";
import type { FactRemoval } from "./segment-place.ts";

export interface ArchivingParts {
  readonly store: ArchivedStore;
  readonly removal: FactRemoval;
  readonly random: Random;
}

/** A store that after some of its commits archives what it holds, up to some fact before the last, and removes a part of that. */
export type ArchivingStore = Store & { readonly archived: () => number };

const CAUSE = { correlation: "archive", actor: "sys_archive", tenant: "system" };

/** For conformance: the place of what is read must not matter. */
export function archiving({ store, removal, random }: ArchivingParts): ArchivingStore {
  let count = 0;
  async function archive(): Promise<void> {
    const from = store.segments.to + 1;
    const { position: head } = await store.head();
    if (head <= from || store.status().state === "stopped") return;
    const to = from + below(random, head - from);
    const file = segmentFile({ from, to });
    const { place } = store.segments;
    await place.write(file, segmentContent(store, { from, to }, []));
    const census = new SegmentCensus();
    for (let after = from - 1; after < to;) {
      const { events, scannedTo } = await store.readLog({ after, limit: Math.min(1_000, to - after) });
      census.add(events);
      after = scannedTo;
    }
    const seals = { previous: "", hash: "" };
    const segment = { from, to, ...census.result(), ...seals, ...(await place.describe(file)), isRemoved: false };
    await store.commit({ id: `zzz-${from}`, cause: CAUSE, conditions: [], effects: [putSegment(segment)] });
    await store.segments.refresh();
    await removal.remove(1, from + below(random, to - from + 1)); // what is removed already stays so
    count++;
  }

  let last: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all([store.close(), last.catch(() => undefined)]);
    await removal.close();
    await store.segments.close();
  }

  async function unlessClosed(): Promise<void> {
    await archive().catch((error: unknown) => {
      if (!closed) throw error;
    });
  }

  return {
    ...store,
    archived: () => count,
    async commit(unit) {
      const verdict = await store.commit(unit);
      if (!closed && below(random, 3 + count * count) === 0) await (last = last.then(unlessClosed));
      return verdict;
    },
    async readLog(options) {
      await new Promise((resolve) => void setImmediate(resolve)); // a reader who never waits would keep it from being archived
      return store.readLog(options);
    },
    close: () => (closed ??= close()),
  };
}
