import { LIMITS } from "../limits.ts";
import type { LogPage, Page, ReadLog, ReadStream, Store, StoredEvent } from "../port.ts";
import { nameOf } from "./segment.ts";
import type { Segments } from "./segments.ts";

/** How many facts a page of a filtered log looks at in segments, before it says how far it is. */
const SCAN_MAX = 10_000;

/**
 * Reads of facts over segments and the hot store. What is recorded to be in a segment is read there and nowhere else, whether it
 * was removed from the hot store already or not. The list of segments is looked at after each read of the hot store: what was
 * removed before that read is in it.
 */
export class ArchivedReads {
  private readonly hot: Store;
  private readonly segments: Segments;

  constructor(hot: Store, segments: Segments) {
    this.hot = hot;
    this.segments = segments;
  }

  async log(options: ReadLog): Promise<LogPage> {
    const limit = limitOf(options.limit);
    if (limit === 0 || options.categories?.length === 0 || options.types?.length === 0) return this.hot.readLog(options);
    const events: StoredEvent[] = [];
    const isFiltered = options.categories !== undefined || options.types !== undefined;
    for (let after = options.after; ;) {
      const page = await this.logPart({ ...options, after, limit: limit - events.length });
      events.push(...page.events);
      const isWhole = events.length === limit || after >= this.segments.to || page.scannedTo <= after;
      if (isWhole || (isFiltered && page.scannedTo - options.after >= SCAN_MAX)) return { events, scannedTo: page.scannedTo };
      after = page.scannedTo;
    }
  }

  /** Of one segment, or of the hot store. */
  private async logPart(options: ReadLog): Promise<LogPage> {
    const segment = this.segments.after(options.after);
    if (segment) return this.segments.read(segment, (reads) => reads.readLog(options));
    const page = await this.hot.readLog(options);
    await this.segments.fresh();
    return this.segments.after(options.after) ? this.logPart(options) : page;
  }

  async digests({ after = 0, limit }: Page<number>): Promise<readonly string[]> {
    const digests: string[] = [];
    for (let rest = limitOf(limit); rest > 0;) {
      const position = after + digests.length;
      const page = await this.digestsPart({ after: position, limit: rest });
      digests.push(...page);
      rest -= page.length;
      if (page.length === 0 || position >= this.segments.to) break;
    }
    return digests;
  }

  private async digestsPart(page: Page<number> & { readonly after: number }): Promise<readonly string[]> {
    const segment = this.segments.after(page.after);
    if (segment) return this.segments.read(segment, (reads) => reads.readDigests(page));
    const digests = await this.hot.readDigests(page);
    await this.segments.fresh();
    return this.segments.after(page.after) ? this.digestsPart(page) : digests;
  }

  async stream(stream: string, options: ReadStream): Promise<readonly StoredEvent[]> {
    const found = await this.hot.readStream(stream, options);
    await this.segments.fresh();
    return options.direction === "backwards" ? this.backwards(stream, options, found) : this.forwards(stream, options, found);
  }

  /** Of a stream the last fact or its marker is in the hot store: when nothing is found there, nothing is in a segment. */
  private async forwards(stream: string, options: ReadStream, found: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const from = Math.max(1, options.from ?? 1);
    const [first] = found;
    if (!first || (first.version === from && this.isHot(first))) return found;
    const { to } = this.segments;
    const limit = limitOf(options.limit);
    const events: StoredEvent[] = [];
    for (const segment of this.segments.having(nameOf.stream(stream))) {
      const page = { from, limit: limit - events.length };
      if (page.limit > 0) events.push(...(await this.segments.read(segment, (reads) => reads.readStream(stream, page))));
    }
    const rest = { from: (events.at(-1)?.version ?? from - 1) + 1, limit: limit - events.length };
    if (rest.limit === 0) return events;
    events.push(...(await this.hot.readStream(stream, rest)).filter((event) => this.isHot(event)));
    await this.segments.fresh();
    return this.segments.to === to ? events : this.stream(stream, options);
  }

  private async backwards(stream: string, options: ReadStream, found: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const limit = limitOf(options.limit);
    const events = found.filter((event) => this.isHot(event));
    const isAll = events.at(-1)?.version === 1 || (found.length === 0 && options.from === undefined);
    if (isAll || events.length === limit) return events;
    for (const segment of this.segments.having(nameOf.stream(stream)).toReversed()) {
      const last = events.at(-1);
      const from = last ? last.version - 1 : options.from;
      const page = { direction: "backwards", limit: limit - events.length, ...(from !== undefined && { from }) } as const;
      if (page.limit > 0) events.push(...(await this.segments.read(segment, (reads) => reads.readStream(stream, page))));
    }
    return events;
  }

  /** Facts first, so those in segments before all others. */
  async correlation(correlation: string, page: Page<number> = {}): Promise<readonly StoredEvent[]> {
    const { after = 0, limit } = page;
    const found = await this.hot.readCorrelation(correlation, page);
    await this.segments.fresh();
    const { to } = this.segments;
    const segments = this.segments.having(nameOf.correlation(correlation));
    if (segments.length === 0) return found;
    const wanted = after + limitOf(limit);
    const events: StoredEvent[] = [];
    for (const segment of segments) {
      if (events.length >= wanted) break;
      events.push(...(await this.segments.read(segment, (reads) => all((part) => reads.readCorrelation(correlation, part)))));
    }
    if (events.length < wanted) {
      const hot = await all((part) => this.hot.readCorrelation(correlation, part));
      events.push(...hot.filter((event) => event.position === 0 || this.isHot(event)));
    }
    await this.segments.fresh();
    return this.segments.to === to ? events.slice(after, wanted) : this.correlation(correlation, page);
  }

  private isHot({ position }: StoredEvent): boolean {
    return position > this.segments.to;
  }
}

/** Every record of a case. Begins again when one went meanwhile: then the next page would not begin where the last one ended. */
async function all(read: (page: Page<number>) => Promise<readonly StoredEvent[]>): Promise<readonly StoredEvent[]> {
  let events: readonly StoredEvent[] = [];
  for (;;) {
    const last = events.at(-1);
    const page = await read({ after: Math.max(0, events.length - 1) });
    const isNext = last === undefined || page[0]?.id === last.id;
    events = isNext ? [...events, ...page.slice(last ? 1 : 0)] : [];
    if (isNext && page.length < LIMITS.page) return events;
  }
}

function limitOf(limit: number | undefined): number {
  return Math.min(LIMITS.page, limit ?? LIMITS.page);
}
