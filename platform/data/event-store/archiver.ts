import { sleep, type Clock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Row } from "@daybook/data/store";
import type { ArchivedStore } from "@daybook/data/store/archive/archived-store";
import { putSegment, segmentFile, segmentOf, SEGMENTS, type Segment } from "@daybook/data/store/archive/segment";
import { SegmentCensus, segmentContent } from "@daybook/data/store/archive/segment-content";
import type { FactRemoval, SegmentReads } from "@daybook/data/store/archive/segment-place";
import { GRACE_MS } from "@daybook/data/store/archive/segments";
import { segmentDamaged, segmentTaken } from "@daybook/data/store/errors";
import type { Effect } from "@daybook/data/store/unit";
import { ARCHIVE_RULE, nextSegment, sealsAfter, type ArchivePlan, type ArchiveRule } from "./archive-plan.ts";
import { commitSettled } from "./commit-settled.ts";
import { archiveBusy, sealBrokenRange } from "./errors.ts";
import { turn } from "./turn.ts";
import { verifySeals } from "./verify-seals.ts";
import { workLease, type WorkLease } from "./work-lease.ts";

export interface ArchiverOptions {
  readonly store: ArchivedStore;
  /** Opened when there is something to remove, and closed. */
  readonly openRemoval: () => FactRemoval | Promise<FactRemoval>;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the lease `archiver`: unique among processes, the same after a restart. */
  readonly owner: string;
  readonly rule?: Partial<ArchiveRule> | undefined;
  /** How long a segment is recorded before its facts are removed, where processes share the store; `GRACE_MS` in life. */
  readonly graceMs?: number;
  /** Ends it between two bites: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Archived) => void) | undefined;
}

/** What was done, in facts. */
export interface Archived {
  readonly segments: number;
  readonly archived: number;
  /** From the hot store, those of segments that earlier runs made included. */
  readonly removed: number;
}

const NAME = "archiver";
const LEASE_MS = 30_000;
const CAUSE = { correlation: NAME, actor: "sys_archiver", tenant: "system" };
/** Facts that are removed in one turn. */
const BITE = 250;
const SEALS_A_UNIT = 1_000;
const WAIT_MS = 5_000;

/**
 * Moves old facts and their seals from the store to segments, and goes on with what an earlier run left. A segment is written,
 * read again and compared with its seals; then it is recorded, and from there on readers go to it; then its facts are removed
 * from the store. So each fact is always in one of the two places, and in both it is the same. Rejects with `archive-busy` while
 * another process does it, with `log-changed-after-sealing` when facts are not those that were sealed, with `segment-taken` when the
 * folder is another store's, and with what segments reject with: nothing is removed then.
 */
export async function archive(options: ArchiverOptions): Promise<Archived> {
  const { store, clock, ids, owner } = options;
  const lease = workLease({ store, clock, ids, owner, name: NAME, ttlMs: LEASE_MS });
  const run = new ArchiveRun(options, lease);
  try {
    return await run.all();
  } finally {
    await run.free();
  }
}

class ArchiveRun {
  private done: Archived = { segments: 0, archived: 0, removed: 0 };
  private readonly options: ArchiverOptions;
  private readonly lease: WorkLease;

  constructor(options: ArchiverOptions, lease: WorkLease) {
    this.options = options;
    this.lease = lease;
  }

  async all(): Promise<Archived> {
    const { store, rule } = this.options;
    for (;;) {
      await this.hold();
      for (const row of await notRemoved(store)) await this.remove(segmentOf(row), row);
      const plan = await nextSegment(store, store.segments, { ...ARCHIVE_RULE, ...rule });
      if (!plan.isEnough) return this.done;
      await this.commit([putSegment(await this.made(plan))]);
      await store.segments.refresh();
      const { segments, archived } = this.done;
      this.tell({ segments: segments + 1, archived: archived + plan.to - plan.from + 1 });
    }
  }

  async free(): Promise<void> {
    const effects = this.lease.freeing();
    if (effects.length > 0) await this.commit(effects).catch(() => undefined); // it runs out by itself
    this.lease.drop();
  }

  /** A file that a killed run left without a record is taken when it is right; what is not, is somebody else's. */
  private async made(plan: ArchivePlan): Promise<Segment> {
    const { store } = this.options;
    const { place, last } = store.segments;
    if (last) await store.segments.read(last, (reads) => reads.head()); // all are in one place
    const file = segmentFile(plan);
    const isThere = place.has(file);
    if (!isThere) await place.write(file, this.holding(segmentContent(store, plan, plan.seals)));
    try {
      return await this.examined(file, plan);
    } catch (cause) {
      const isBroken = ["log-changed-after-sealing", "segment-damaged", "store-corrupt"].includes(errorCode(cause) ?? "");
      throw isThere && isBroken ? segmentTaken(`${place.shown(file)} holds other facts`, { cause }) : cause;
    }
  }

  /** What a record says of a file, once every fact in it was compared with its digest and its seal. */
  private async examined(file: string, plan: ArchivePlan): Promise<Segment> {
    const { from, to, previous, hash } = plan;
    const { place } = this.options.store.segments;
    const reads = await place.open(file);
    try {
      const census = new SegmentCensus();
      await this.verify(reads, plan, census);
      const description = await place.describe(file);
      return { from, to, previous, hash, ...census.result(), ...description, isRemoved: false };
    } finally {
      await reads.close();
    }
  }

  private async verify(reads: SegmentReads, { from, to, previous, seals }: ArchivePlan, census: SegmentCensus): Promise<void> {
    const readFacts = async (after: number, limit: number) => {
      const page = { after, limit: Math.min(BITE, limit) };
      const [{ events }, digests] = await Promise.all([reads.readLog(page), reads.readDigests(page)]);
      census.add(events);
      await this.hold();
      return events.map((event, index) => ({ ...event, digest: digests[index] ?? "" }));
    };
    const { checked, violations } = await verifySeals(readFacts, seals, { sealedTo: to, start: { after: from - 1, previous } });
    const isSame = await holdsSeals(reads, seals);
    if (violations.length > 0 || checked !== to - from + 1 || !isSame) {
      const [first] = violations;
      throw sealBrokenRange(`the facts ${from} to ${to} are not those that were sealed`, { details: { ...first } });
    }
  }

  private async remove(segment: Segment, row: Row): Promise<void> {
    const { store, openRemoval } = this.options;
    const { place } = store.segments;
    await this.graceOf(row);
    const file = segmentFile(segment);
    const { bytes, digest } = await place.describe(file);
    if (bytes !== segment.bytes || digest !== segment.digest)
      throw segmentDamaged(`${place.shown(file)} is not what was recorded`);
    const removal = await openRemoval();
    try {
      for (let from = segment.from; from <= segment.to; from += BITE) {
        const to = Math.min(from + BITE - 1, segment.to);
        await removal.remove(from, to);
        this.tell({ removed: this.done.removed + to - from + 1 });
        await this.hold();
      }
    } finally {
      await removal.close();
    }
    await this.removeSeals(segment);
    await this.commit([putSegment({ ...segment, isRemoved: true })]);
  }

  private async removeSeals({ from, to }: Segment): Promise<void> {
    const effects: Effect[] = [];
    for await (const { collection, key } of sealsAfter(this.options.store, from - 1)) {
      if (Number(key) > to) break;
      effects.push({ kind: "deleteRow", collection, key });
      if (effects.length === SEALS_A_UNIT) await this.commit(effects.splice(0));
    }
    if (effects.length > 0) await this.commit(effects);
  }

  /** Until every process has looked for segments since it was recorded. */
  private async graceOf(row: Row): Promise<void> {
    const { store, clock, signal, graceMs = GRACE_MS } = this.options;
    if (!store.capabilities.isShared) return;
    while ((await store.now()) < row.recordedAt + graceMs) {
      await sleep(clock, Math.min(WAIT_MS, graceMs), signal);
      await this.hold();
    }
  }

  private async *holding<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const page of pages) {
      yield page;
      await this.hold();
    }
  }

  /** Goes on as holder of the lease only, and lets others of this process run. */
  private async hold(): Promise<void> {
    const { signal } = this.options;
    await turn();
    signal?.throwIfAborted();
    if ((await this.lease.hold(signal)) === undefined) throw archiveBusy("another process archives");
  }

  private async commit(effects: readonly Effect[]): Promise<void> {
    const { store, clock, ids } = this.options;
    const unit = { id: ids("unt"), cause: CAUSE, conditions: [this.lease.condition()], effects };
    const verdict = await commitSettled(store, unit, { clock });
    if (verdict.outcome === "refused") throw archiveBusy("another process took over");
  }

  private tell(progress: Partial<Archived>): void {
    this.done = { ...this.done, ...progress };
    this.options.onProgress?.(this.done);
  }
}

/** Records of segments whose facts are in the store yet, oldest first: the newest are the last that were removed. */
async function notRemoved(store: ArchivedStore): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let cursor: Row | undefined; ;) {
    const after = cursor && { after: { entry: cursor.key, key: cursor.key } };
    const { rows } = await store.listRows({ collection: SEGMENTS, direction: "backwards", limit: 1, ...after });
    [cursor] = rows;
    if (!cursor || segmentOf(cursor).isRemoved) return found.reverse();
    found.push(cursor);
  }
}

async function holdsSeals(reads: SegmentReads, seals: readonly Row[]): Promise<boolean> {
  let count = 0;
  for await (const { key, value } of sealsAfter(reads, 0)) {
    const seal = seals[count++];
    if (seal?.key !== key || seal.value !== value) return false;
  }
  return count === seals.length;
}
