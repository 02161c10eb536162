import { ARCHIVE_RULE, nextSegment, type ArchiveRule } from "@daybook/data/event-store/archive-plan";
import { archive, type Archived, type ArchiverOptions } from "@daybook/data/event-store/archiver";
import { bell } from "@daybook/data/event-store/bell";
import { listSegments, segmentFile, type Segment } from "@daybook/data/store/archive/segment";
import type { Log } from "@daybook/foundation/log";
import { errorCode, messageOf } from "@daybook/kernel/errors";

/** A run of archiving as the last look shows it. */
export interface ArchiveState {
  readonly state: "archiving" | "archived" | "failed";
  readonly progress: Archived;
  readonly code?: string;
  readonly error?: string;
}

export interface ArchiveParts extends Omit<ArchiverOptions, "signal" | "onProgress" | "rule"> {
  readonly log: Log;
  /** Facts older than this, in milliseconds, are archived once a day; undefined: on request only. */
  readonly ageMs: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** After a start there is other work first. */
const FIRST_MS = 60_000;
const NOTHING: Archived = { segments: 0, archived: 0, removed: 0 };

/** Moves old facts to segments: once a day, and on request. One run at a time; what stopping interrupts the next goes on with. */
export class Archive {
  private readonly parts: ArchiveParts;
  private readonly stopping = new AbortController();
  private current: ArchiveState | undefined;
  private running: Promise<void> = Promise.resolve();
  private daily: Promise<void> = Promise.resolve();

  constructor(parts: ArchiveParts) {
    this.parts = parts;
  }

  /** Runs once a day from now on, unless it is told to run on request only. */
  startDaily(): void {
    if (this.parts.ageMs !== undefined) this.daily = this.everyDay();
  }

  /** Starts a run, or answers the one under way. */
  start(rule: Partial<ArchiveRule> = {}): ArchiveState {
    if (this.current?.state === "archiving") return this.current;
    const started: ArchiveState = { state: "archiving", progress: NOTHING };
    this.current = started;
    this.running = this.run(rule);
    return started;
  }

  /** The last one of this process. */
  state(): ArchiveState | undefined {
    return this.current;
  }

  /** What a run would begin with. */
  async next(rule: Partial<ArchiveRule> = {}) {
    const { store } = this.parts;
    const { from, to, isEnough } = await nextSegment(store, store.segments, this.ruleOf(rule));
    return { from, facts: to - from + 1, isEnough };
  }

  segments(): Promise<readonly Segment[]> {
    return listSegments(this.parts.store);
  }

  /** Where the file of a segment is. */
  shown(segment: Pick<Segment, "from" | "to">): string {
    return this.parts.store.segments.place.shown(segmentFile(segment));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.running, this.daily]);
  }

  private ruleOf(rule: Partial<ArchiveRule>): ArchiveRule {
    return { ...ARCHIVE_RULE, ...(this.parts.ageMs !== undefined && { ageMs: this.parts.ageMs }), ...rule };
  }

  private async everyDay(): Promise<void> {
    const { signal } = this.stopping;
    const woken = bell(this.parts.clock); // rung by nobody: a pause that stopping ends
    for (let pauseMs = FIRST_MS; ; pauseMs = DAY_MS) {
      await woken.wait(pauseMs, signal);
      if (signal.aborted) return;
      this.start();
      await this.running;
    }
  }

  private async run(rule: Partial<ArchiveRule>): Promise<void> {
    const { signal } = this.stopping;
    let progress = NOTHING;
    const onProgress = (now: Archived) => {
      progress = now;
      this.current = { state: "archiving", progress };
    };
    try {
      progress = await archive({ ...this.parts, rule: this.ruleOf(rule), signal, onProgress });
      this.current = { state: "archived", progress };
    } catch (error) {
      const code = errorCode(error);
      this.current = { state: "failed", progress, ...(code !== undefined && { code }), error: messageOf(error) };
      if (signal.aborted || code === "archive-busy") return; // the next run goes on, or the other process does
      this.parts.log.error({ code, error: messageOf(error) }, "old facts were not archived");
    }
  }
}
