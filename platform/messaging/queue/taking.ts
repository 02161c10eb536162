import { withAttempt, type Attempt } from "@daybook/foundation/resilience/attempt-record";
import type { DueItem, Store } from "@daybook/data/store";
import { LIMITS } from "@daybook/data/store/limits";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { deliveriesUsedUp, messageExpired, messageUnreadable } from "./errors.ts";
import { levelName, type AnyQueue, type QueueSettings } from "./queue.ts";
import { messageText, readMessage, type Header, type StoredMessage } from "./stored-message.ts";

/** A message as it was found: to be taken, or to be parked. */
export interface FoundMessage {
  readonly item: DueItem;
  readonly stored: StoredMessage;
}

export interface FoundDead {
  readonly item: DueItem;
  /** Undefined when it cannot be read. */
  readonly stored: StoredMessage | undefined;
  readonly cause: Error;
}

export interface Found {
  /** The store's time at which they were looked for. */
  readonly now: number;
  readonly ready: readonly FoundMessage[];
  readonly dead: readonly FoundDead[];
  /** When the next message is due, epoch milliseconds; Infinity when none is. */
  readonly nextAt: number;
}

/** Bytes of text that one unit takes at most: a unit's limit, with room for what taking adds. */
const TAKE_BYTES = LIMITS.unitBytes / 2;
/** Messages that wait for others of their key are passed over: this many a round at most. */
const LOOKED_AT_MAX = 10_000;

export interface Search {
  readonly settings: QueueSettings;
  readonly max: number;
  /** The look before found nothing that was due: so may this one, and of what waits for its time one item is read. */
  readonly isQuiet: boolean;
}

/** Looks for up to `max` messages that can be taken at `now`, by priority, then time, then id. `now` is the store's. */
export async function findMessages(store: Store, queue: AnyQueue, { settings, max, isQuiet }: Search): Promise<Found> {
  const limit = isQuiet ? 1 : fullLook(max);
  // Side by side: both are read before anything is taken, so nothing is taken early.
  const [now, first] = await Promise.all([store.now(), store.listDue(levelName(queue, 0), Infinity, { limit })]);
  const finder = new Finder(store, queue, settings, max, now);
  await finder.search(0, first, limit);
  for (let level = 1; level < queue.priorities && !finder.isFull; level++) {
    await finder.search(level, await store.listDue(levelName(queue, level), Infinity, { limit }), limit);
  }
  return finder;
}

/** One more tells when the next is due. */
function fullLook(max: number): number {
  return Math.min(LIMITS.page, max + 1);
}

class Finder implements Found {
  readonly ready: FoundMessage[] = [];
  readonly dead: FoundDead[] = [];
  nextAt = Infinity;
  private bytes = 0;
  private lookedAt = 0;
  /** Keys of which a message is under way, or was found before. */
  private busyKeys: Set<string> | undefined;
  private readonly store: Store;
  private readonly queue: AnyQueue;
  private readonly settings: QueueSettings;
  private readonly max: number;
  readonly now: number;

  constructor(store: Store, queue: AnyQueue, settings: QueueSettings, max: number, now: number) {
    this.store = store;
    this.queue = queue;
    this.settings = settings;
    this.max = max;
    this.now = now;
  }

  get isFull(): boolean {
    return this.ready.length + this.dead.length >= this.max || this.bytes >= TAKE_BYTES;
  }

  async search(level: number, first: readonly DueItem[], firstLimit: number): Promise<void> {
    let page = first;
    for (let limit = firstLimit; ;) {
      for (const item of page) {
        if (item.at > this.now || this.isFull) return this.comes(Math.max(item.at, this.now));
        await this.look(item);
      }
      const after = page.at(-1);
      if (page.length < limit || !after || this.isFull || this.lookedAt >= LOOKED_AT_MAX) return;
      // Few are passed over, as a rule: a whole page would be read for one more message.
      limit = Math.min(LIMITS.page, Math.max(fullLook(this.max), 2 * limit));
      page = await this.store.listDue(levelName(this.queue, level), Infinity, { limit, after });
    }
  }

  private comes(at: number): void {
    this.nextAt = Math.min(this.nextAt, at);
  }

  private async look(item: DueItem): Promise<void> {
    this.lookedAt++;
    const stored = readMessage(item.payload);
    if (!stored) {
      this.dead.push({ item, stored, cause: messageUnreadable("its header cannot be read") });
      return;
    }
    const { key, deliveries } = stored.header;
    // Once taken it holds its key itself.
    if (key !== undefined && deliveries === 0 && (await this.isBusy(key))) return;
    if (key !== undefined) this.busyKeys?.add(key);
    const cause = this.endOf(stored.header);
    if (cause) this.dead.push({ item, stored: withLost(stored, this.now), cause });
    else this.take({ item, stored: withLost(stored, this.now) });
  }

  private take(found: FoundMessage): void {
    const bytes = Buffer.byteLength(found.item.payload);
    if (this.ready.length > 0 && this.bytes + bytes > TAKE_BYTES) this.comes(this.now);
    else this.ready.push(found);
    this.bytes += bytes;
  }

  /** Why it is not delivered any more. */
  private endOf({ expiresAt, deliveries }: Header): Error | undefined {
    if (expiresAt !== undefined && expiresAt <= this.now) return messageExpired("its time was over before it was delivered");
    if (deliveries < this.settings.policy.attemptsMax) return undefined;
    return deliveriesUsedUp(`it was taken ${deliveries} times`);
  }

  private async isBusy(key: string): Promise<boolean> {
    this.busyKeys ??= await keysUnderWay(this.store, this.queue);
    return this.busyKeys.has(key);
  }
}

/** A delivery that never came to an end is one of the attempts. */
function withLost(stored: StoredMessage, now: number): StoredMessage {
  const { takenAt, opening: _, ...header } = stored.header;
  if (takenAt === undefined) return stored;
  const lost: Attempt = { number: header.deliveries, startedAt: takenAt, endedAt: now, outcome: "lost" };
  return { ...stored, header: { ...header, attempts: withAttempt(header.attempts, lost) } };
}

async function keysUnderWay(store: Store, queue: AnyQueue): Promise<Set<string>> {
  const prefix = keyMarker(queue, "");
  const keys = new Set<string>();
  for (let page = await store.listKeys(prefix); page.length > 0;) {
    for (const { key } of page) keys.add(key.slice(prefix.length));
    const last = page.at(-1);
    page = last && page.length === LIMITS.page ? await store.listKeys(prefix, { after: last.key }) : [];
  }
  return keys;
}

/** Holds the due id of the key's message that was taken, until that is finished: over its retries, too. */
export function keyMarker(queue: AnyQueue, key: string): string {
  return `fifo/${queue.name}/${key}`;
}

/** A message that was taken, and how it lay before. */
export interface TakenMessage extends FoundMessage {
  readonly before: FoundMessage;
}

/** Conditions and effects of taking one message at `now`, in this opening of the store. */
export function takingOf(
  queue: AnyQueue,
  before: FoundMessage,
  { now, visibilityMs, opening }: { readonly now: number; readonly visibilityMs: number; readonly opening: number | undefined },
): { readonly taken: TakenMessage; readonly conditions: readonly Condition[]; readonly effects: readonly Effect[] } {
  const { item, stored } = before;
  const { header } = stored;
  const by = opening === undefined ? {} : { opening };
  const message = { ...stored, header: { ...header, deliveries: header.deliveries + 1, takenAt: now, ...by } };
  const held = { ...item, at: now + visibilityMs, payload: messageText(message), revision: item.revision + 1 };
  const schedule: Effect = { kind: "schedule", queue: item.queue, id: item.id, at: held.at, payload: held.payload };
  const isDue: Condition = { kind: "due", queue: item.queue, id: item.id, revision: item.revision };
  const taken = { item: held, stored: message, before };
  if (header.key === undefined) return { taken, conditions: [isDue], effects: [schedule] };
  const key = keyMarker(queue, header.key);
  const isFree: Condition = header.deliveries > 0 ? { kind: "keyValue", key, value: item.id } : { kind: "keyAbsent", key };
  return { taken, conditions: [isDue, isFree], effects: [schedule, { kind: "putKey", key, value: item.id }] };
}
