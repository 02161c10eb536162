import { sleep, type Clock } from "@daybook/kernel/clock";
import { assert, errorCode, messageOf } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { LogPage, Store } from "@daybook/data/store";
import type { Effect, Unit, UnitCause } from "@daybook/data/store/unit";
import { bell, type Bell } from "./bell.ts";
import { checkpointAt, checkpointIs, putCheckpoint, readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { commitSettled } from "./commit-settled.ts";
import type { RecordedEvent } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { turn } from "./turn.ts";
import { workLease, type WorkLease } from "./work-lease.ts";

/** Which events a subscription is about; everything unless given. */
export interface LogFilter {
  readonly categories?: readonly string[];
  readonly types?: readonly string[];
}

/**
 * Says what events change. It may be asked again for the same events, in other pages, and must not change anything itself.
 * - `handle` takes a page of them, in order: its effects and the checkpoint are one unit. It appends nothing.
 * - `handleEach` takes one at a time: whatever it appends has that event as its cause. Effects of events that append
 *   nothing share a unit with those before. It is asked before what the events before it on the page did is committed.
 */
export type SubscriptionHandler = PageHandler | EventHandler;

interface PageHandler {
  handle(page: readonly RecordedEvent[]): Effects;
}

interface EventHandler {
  handleEach(event: RecordedEvent): Effects;
}

type Effects = readonly Effect[] | Promise<readonly Effect[]>;

export type SubscribeOptions = SubscriptionSettings & SubscriptionHandler;

export interface SubscriptionSettings extends LogFilter {
  /** Names the checkpoint (`checkpoint/{name}`) and the lease (`subscription/{name}`). */
  readonly name: string;
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of several subscribers of one name only the holder of the lease works. Unique among processes, kept over restarts. */
  readonly owner: string;
  /** Where a subscription without checkpoint begins, exclusive; 0. */
  readonly startAfter?: number;
  /** The subscription ends by itself when everything up to here is handled. */
  readonly until?: number;
  /** Called whenever the status may have changed. */
  readonly onStatus?: (status: SubscriptionStatus) => void;
  readonly tuning?: SubscriptionTuning;
}

export interface SubscriptionTuning {
  /** Events in a page at most; 200. */
  readonly pageSize?: number;
  /**
   * Least time from one page to the next while it keeps up; 0. What is recorded meanwhile is handled together: each page is
   * a commit. The first event after a pause is handled at once.
   */
  readonly gatherMs?: number;
  /** Share of the time that catching up may take, so that others of the process get theirs; 1. */
  readonly catchUpShare?: number;
  /** Skipped positions after which the checkpoint is written without an effect; 1,000. */
  readonly skipsMax?: number;
  /** How often the log is looked at when nothing rings; 1,000 ms. */
  readonly pollMs?: number;
  /** Time of the lease; 30,000 ms. It is extended while a page is handled. */
  readonly leaseMs?: number;
  /** Tries of one event before the subscription is called stalled; 5, with pauses of 100 ms × 2ⁿ. */
  readonly attempts?: number;
  /** How often a stalled subscription tries again; 30,000 ms. */
  readonly stalledMs?: number;
}

/** A durable reader of the global log: it catches up, then follows. */
export interface Subscription {
  status(): SubscriptionStatus;
  /** Finishes the page under way, writes the checkpoint, frees the lease. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended: stopped, retired, or `until` is reached. */
  readonly ended: Promise<void>;
}

export interface SubscriptionStatus {
  readonly name: string;
  /** Everything up to here is handled, or was passed over by the filter. */
  readonly position: number;
  /** Positions between it and the head of the log as last seen. */
  readonly lag: number;
  /** `standby`: another owner holds the lease. */
  readonly state: "catching-up" | "live" | "standby" | "stalled" | "stopped";
  /** What does not succeed, while that is so; `id` is missing when it is the store, not an event. */
  readonly blockedBy?: { readonly position: number; readonly id?: string; readonly error: string };
}

/** Starts a subscription. Each event's effect is committed exactly once, in the order of the log, whoever crashes. */
export function subscribe(options: SubscribeOptions): Subscription {
  const subscriber = new Subscriber(options);
  const ended = subscriber.run();
  return { status: () => subscriber.status, stop: () => subscriber.stop(ended), ended };
}

const TUNING: Required<SubscriptionTuning> = {
  pageSize: 200,
  gatherMs: 0,
  catchUpShare: 1,
  skipsMax: 1_000,
  pollMs: 1_000,
  leaseMs: 30_000,
  attempts: 5,
  stalledMs: 30_000,
};

class Subscriber {
  status: SubscriptionStatus;
  private readonly options: SubscribeOptions;
  private readonly tuning: Required<SubscriptionTuning>;
  private readonly store: Store;
  private readonly lease: WorkLease;
  private readonly bell: Bell;
  private readonly stopping = new AbortController();
  /** As last read or written; undefined when it must be read. */
  private checkpoint: Checkpoint | undefined;
  /** At or after the checkpoint: what the filter passed over is not written each time. */
  private position: number;
  private isOver = false;
  /** Events in the next page: halved by failures, down to the one that fails, and doubled by success. */
  private size: number;
  private failures = 0;

  constructor(options: SubscribeOptions) {
    const { name, clock, ids, owner, startAfter = 0 } = options;
    this.options = options;
    this.tuning = { ...TUNING, ...options.tuning };
    this.store = options.events.store;
    this.bell = bell(clock);
    this.lease = workLease({ store: this.store, clock, ids, owner, name: `subscription/${name}`, ttlMs: this.tuning.leaseMs });
    this.position = startAfter;
    this.size = this.tuning.pageSize;
    this.status = { name, position: startAfter, lag: 0, state: "catching-up" };
  }

  async run(): Promise<void> {
    const unwatch = this.store.watch(() => this.bell.ring());
    while (!this.isOver && !this.isStopping) {
      try {
        await this.round();
      } catch (error) {
        this.checkpoint = undefined;
        await this.trouble({ position: this.position, error: messageOf(error) });
      }
      await turn();
    }
    unwatch();
    await this.leave();
    this.report("stopped");
  }

  stop(ended: Promise<void>): Promise<void> {
    this.stopping.abort();
    return ended;
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** One page; at the head of the log, waits for more. */
  private async round(): Promise<void> {
    const checkpoint = await this.begin();
    if (!checkpoint) return;
    this.bell.hush();
    const startedAt = this.options.clock.elapsed();
    const page = await this.readPage();
    const head = Math.max(page.scannedTo, (await this.store.head()).position);
    const isDone =
      page.events.length > 0 ? await this.handle(page, checkpoint, head) : await this.pass(page.scannedTo, checkpoint, head);
    if (!isDone || this.isOver) return;
    const { pageSize, catchUpShare, gatherMs, pollMs } = this.tuning;
    const tookMs = this.options.clock.elapsed() - startedAt;
    if (head - this.position > pageSize) return this.rest(tookMs / catchUpShare - tookMs);
    if (this.position >= head) await this.bell.wait(pollMs, this.stopping.signal);
    return this.rest(startedAt + gatherMs - this.options.clock.elapsed());
  }

  private async rest(ms: number): Promise<void> {
    if (ms > 0) await this.pause(ms);
  }

  /** The checkpoint; undefined when the subscription is over. */
  private async begin(): Promise<Checkpoint | undefined> {
    if (!this.checkpoint) {
      this.checkpoint = await readCheckpoint(this.store, this.options.name, this.options.startAfter);
      this.position = this.checkpoint.position;
    }
    this.isOver ||= this.checkpoint.isRetired;
    this.endWhenReached();
    return this.isOver ? undefined : this.checkpoint;
  }

  private endWhenReached(): void {
    if (this.position >= (this.options.until ?? Infinity)) this.isOver = true;
  }

  private async readPage(): Promise<LogPage> {
    const { categories, types, until = Infinity } = this.options;
    const filter = { ...(categories && { categories }), ...(types && { types }) };
    const page = await this.store.readLog({ after: this.position, limit: this.size, ...filter });
    if (page.scannedTo <= until) return page;
    return { events: page.events.filter((event) => event.position <= until), scannedTo: until };
  }

  /** Handles and commits the page; false when it has to be looked at again. */
  private async handle(page: LogPage, checkpoint: Checkpoint, head: number): Promise<boolean> {
    if (!(await this.holdsLease(head))) return false;
    let steps: readonly Step[];
    try {
      const events = page.events.map((stored) => this.options.events.decode(stored));
      steps = await this.whileHeld(page, () => stepsOf(this.options, events, page.scannedTo));
    } catch (error) {
      return this.failed(page, error);
    }
    try {
      return await this.commit(steps, checkpoint, head);
    } catch (error) {
      if (!isOfUnit(error)) throw error;
      return this.failed(page, error);
    }
  }

  /** Extends the lease while `task` is under way, and says so: who waits long for a handler sees for which. */
  private async whileHeld<T>(page: LogPage, task: () => Promise<T>): Promise<T> {
    const done = new AbortController();
    const extending = this.extend(page, done.signal);
    try {
      return await task();
    } finally {
      done.abort();
      await extending;
    }
  }

  private async extend({ events: [first] }: LogPage, done: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const startedAt = clock.elapsed();
    for (;;) {
      await sleep(clock, this.tuning.leaseMs / 2, done);
      if (done.aborted) return;
      const error = `being handled for ${Math.round((clock.elapsed() - startedAt) / 1000)} s`;
      if (first) this.report(this.status.state, undefined, { position: first.position, id: first.id, error });
      // Without an answer the lease may run out; then the page's unit is refused.
      await this.lease.hold(done).catch(() => undefined);
    }
  }

  /** Passes over what the filter left out; written only when it is much. */
  private async pass(scannedTo: number, checkpoint: Checkpoint, head: number): Promise<boolean> {
    if (scannedTo - checkpoint.position < this.tuning.skipsMax) {
      this.advance(scannedTo, head);
      return true;
    }
    return (await this.holdsLease(head)) && this.commit([{ effects: [], to: scannedTo }], checkpoint, head);
  }

  private async holdsLease(head: number): Promise<boolean> {
    if ((await this.lease.hold(this.stopping.signal)) !== undefined) return true;
    this.checkpoint = undefined;
    this.report("standby", head);
    await this.pause(this.tuning.pollMs);
    return false;
  }

  /** Commits the steps one behind the other, without waiting in between: each is on condition of the one before. */
  private async commit(steps: readonly Step[], checkpoint: Checkpoint, head: number): Promise<boolean> {
    const { clock } = this.options;
    let before = checkpoint;
    const committing = steps.map((step) => {
      const unit = this.unitOf(step, before);
      before = checkpointAt(step.to);
      return commitSettled(this.store, unit, { clock, signal: this.stopping.signal });
    });
    for (const [index, settled] of (await Promise.allSettled(committing)).entries()) {
      if (settled.status === "rejected") throw settled.reason;
      if (settled.value.outcome === "refused") {
        // Somebody else went on, or this took longer than the lease: look again, with less at a time.
        this.checkpoint = undefined;
        this.lease.drop();
        this.size = half(this.size);
        return false;
      }
      this.reached(steps[index]?.to ?? this.position, head);
    }
    this.size = Math.min(this.tuning.pageSize, this.size * 2);
    return true;
  }

  private reached(position: number, head: number): void {
    this.checkpoint = checkpointAt(position);
    this.advance(position, head);
  }

  private unitOf({ effects, to, first }: Step, checkpoint: Checkpoint): Unit {
    const { name, ids } = this.options;
    return {
      id: ids("unt"),
      cause: causeOf(name, first),
      conditions: [this.lease.condition(), checkpointIs(name, checkpoint)],
      effects: [...effects, putCheckpoint(name, to)],
    };
  }

  private advance(position: number, head: number): void {
    this.position = position;
    this.failures = 0;
    this.endWhenReached();
    this.report(position >= head ? "live" : "catching-up", head);
  }

  /** A page that fails is tried again in halves, so that all before the event that fails gets done. */
  private async failed(page: LogPage, error: unknown): Promise<false> {
    const [first] = page.events;
    if (page.events.length > 1) this.size = half(page.events.length);
    else if (first) await this.trouble({ position: first.position, id: first.id, error: messageOf(error) });
    return false;
  }

  private async trouble(blockedBy: NonNullable<SubscriptionStatus["blockedBy"]>): Promise<void> {
    const { attempts, stalledMs } = this.tuning;
    this.failures++;
    const isStalled = this.failures >= attempts;
    this.report(isStalled ? "stalled" : this.status.state, undefined, blockedBy);
    await this.pause(isStalled ? stalledMs : 50 * 2 ** this.failures);
  }

  private pause(ms: number): Promise<void> {
    return sleep(this.options.clock, ms, this.stopping.signal);
  }

  private report(state: SubscriptionStatus["state"], head?: number, blockedBy?: SubscriptionStatus["blockedBy"]): void {
    const { name } = this.options;
    const lag = Math.max(0, (head ?? this.status.position + this.status.lag) - this.position);
    this.status = { name, position: this.position, lag, state, ...(blockedBy && { blockedBy }) };
    this.options.onStatus?.(this.status);
  }

  /** Best effort: what is not written now is passed over again, and the lease runs out by itself. */
  private async leave(): Promise<void> {
    const { name, ids, clock } = this.options;
    const written = this.checkpoint?.isRetired ? undefined : this.checkpoint;
    const isBehind = written !== undefined && this.position > written.position;
    const effects = [...this.lease.freeing(), ...(isBehind ? [putCheckpoint(name, this.position)] : [])];
    if (effects.length === 0) return;
    const conditions = [this.lease.condition(), ...(isBehind ? [checkpointIs(name, written)] : [])];
    const unit = { id: ids("unt"), cause: causeOf(name), conditions, effects };
    await commitSettled(this.store, unit, { clock, attempts: 1 }).catch(() => undefined);
  }
}

/** What one unit of a page does: its effects, how far the subscription has come with it, and the event that is its cause. */
interface Step {
  readonly effects: readonly Effect[];
  readonly to: number;
  readonly first?: RecordedEvent | undefined;
}

async function stepsOf(
  handler: SubscriptionHandler,
  events: readonly RecordedEvent[],
  scannedTo: number,
): Promise<readonly Step[]> {
  if ("handleEach" in handler) return eachStep(handler, events, scannedTo);
  const effects = await handler.handle(events);
  assert(!effects.some(isAppend), "what handles pages appends nothing: handleEach does");
  return [{ effects, to: scannedTo, first: events[0] }];
}

async function eachStep(handler: EventHandler, events: readonly RecordedEvent[], scannedTo: number): Promise<readonly Step[]> {
  const steps: Step[] = [];
  let isOpen = false;
  for (const event of events) {
    const effects = await handler.handleEach(event);
    const appends = effects.some(isAppend);
    const open = isOpen && !appends ? steps.pop() : undefined;
    steps.push({ effects: [...(open?.effects ?? []), ...effects], to: event.position, first: open?.first ?? event });
    isOpen = !appends;
  }
  return steps.map((step, index) => (index === steps.length - 1 ? { ...step, to: scannedTo } : step));
}

function isAppend(effect: Effect): boolean {
  return effect.kind === "append";
}

function causeOf(name: string, first?: RecordedEvent): UnitCause {
  const actor = "sys_subscription";
  const source = `subscription/${name}`;
  if (!first) return { correlation: source, actor, tenant: "system", source };
  const { correlation, tenant, trace } = first.meta;
  return { correlation, causation: first.id, actor, tenant, source, ...(trace === undefined ? {} : { trace }) };
}

/** Whether the handler's effects are to blame, not the store. */
function isOfUnit(error: unknown): boolean {
  return ["limit-exceeded", "unit-invalid"].includes(errorCode(error) ?? "");
}

function half(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}
