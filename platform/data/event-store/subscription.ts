import { sleep, type Clock } from "@daybook/kernel/clock";
import { assert, errorCode, messageOf } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import { failedAttempt, NO_ATTEMPTS, withAttempt, type AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import { mayRetry, retryDelay, type AttemptPolicy } from "@daybook/foundation/resilience/policy";
import type { Change, LogPage, Store } from "@daybook/data/store";
import type { Effect, Unit, UnitCause } from "@daybook/data/store/unit";
import { bell, type Bell } from "./bell.ts";
import { checkpointAt, checkpointIs, putCheckpoint, readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { commitSettled } from "./commit-settled.ts";
import type { RecordedEvent } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { parkedName, parkEffects, unparkEffects, wantedEvent, type WantedEvent } from "./parked-events.ts";
import { stepsOf, type Step, type SubscriptionHandler } from "./subscription-handler.ts";
import { turn } from "./turn.ts";
import { workLease, type WorkLease } from "./work-lease.ts";

/** Attempts at one event. Without jitter: of all processes one tries. */
export type SubscriptionPolicy = Omit<AttemptPolicy, "jitter" | "timeoutMs" | "overallMs">;

/** Which events a subscription is about; everything unless given. */
export interface LogFilter {
  readonly categories?: readonly string[];
  readonly types?: readonly string[];
}

export type { SubscriptionHandler } from "./subscription-handler.ts";

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
  /** Over five attempts at one event, with pauses from 100 ms that double. */
  readonly policy?: Partial<SubscriptionPolicy>;
  /**
   * What becomes of an event whose handler fails for good, by the policy; `stall`: nothing behind it is handled, and it is
   * tried again until it succeeds. `park`: it is kept aside (`listParked`, `redriveParked`, `dropParked`) in the unit that
   * goes on behind it, so order holds for all others only. What this program cannot read at all always stalls: a newer one can.
   */
  readonly poison?: "stall" | "park";
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
  stalledMs: 30_000,
};

const POLICY: AttemptPolicy = { attemptsMax: 5, firstDelayMs: 100, factor: 2, delayMsMax: 30_000, jitter: 0 };
const NO_CHANCE = { word: () => 0 };

class Subscriber {
  status: SubscriptionStatus;
  private readonly options: SubscribeOptions;
  private readonly tuning: Required<SubscriptionTuning>;
  private readonly policy: AttemptPolicy;
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
  /** Since it last went on: at the event that holds it up, and at what needed no event. */
  private atEvent: { readonly id: string; readonly attempts: AttemptRecord } | undefined;
  private others = 0;

  constructor(options: SubscribeOptions) {
    const { name, clock, ids, owner, startAfter = 0 } = options;
    this.options = options;
    this.tuning = { ...TUNING, ...options.tuning };
    this.policy = { ...POLICY, ...options.policy };
    this.store = options.events.store;
    this.bell = bell(clock);
    this.lease = workLease({ store: this.store, clock, ids, owner, name: `subscription/${name}`, ttlMs: this.tuning.leaseMs });
    this.position = startAfter;
    this.size = this.tuning.pageSize;
    this.status = { name, position: startAfter, lag: 0, state: "catching-up" };
  }

  async run(): Promise<void> {
    const parked = parkedName(this.options.name);
    const { categories } = this.options;
    const isOfInterest = (change: Change) => (categories ? change.touchesCategory(categories) : change.hasFacts);
    const unwatch = this.store.watch((change) => (isOfInterest(change) || change.touchesQueue(parked)) && this.bell.ring());
    while (!this.isOver && !this.isStopping) {
      try {
        await this.round();
      } catch (error) {
        this.checkpoint = undefined;
        await this.trouble({ position: this.position, error: messageOf(error) }, ++this.others, error);
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
    if (this.options.poison === "park" && (await this.redrive())) return;
    const startedAt = this.options.clock.elapsed();
    const { position } = await this.store.head();
    const page = position > this.position ? await this.readPage() : { events: [], scannedTo: this.position };
    const head = Math.max(page.scannedTo, position);
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
    const startedAt = this.options.clock.now();
    let events: readonly RecordedEvent[] = [];
    let steps: readonly Step[];
    try {
      events = page.events.map((stored) => this.options.events.decode(stored));
      steps = await this.whileHeld(page, () => stepsOf(this.options, events, page.scannedTo));
    } catch (error) {
      return this.failed(page, { events, error, startedAt, checkpoint, head });
    }
    try {
      return await this.commit(steps, checkpoint, head);
    } catch (error) {
      if (!isOfUnit(error)) throw error;
      return this.failed(page, { events, error, startedAt, checkpoint, head });
    }
  }

  /** Extends the lease while `task` is under way, and says so: who waits long for a handler sees for which. */
  private async whileHeld<T>(page: LogPage, task: () => Promise<T>): Promise<T> {
    const done = new AbortController();
    const extending = this.extend(page, done.signal);
    try {
      return await task();
    } finally {
      done.abort("handled"); // without a reason an error with a stack is made
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

  private async holdsLease(head?: number): Promise<boolean> {
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
    this.atEvent = undefined;
    this.others = 0;
    this.endWhenReached();
    this.report(position >= head ? "live" : "catching-up", head);
  }

  /** A page that fails is tried again in halves, so that all before the event that fails gets done. */
  private async failed(page: LogPage, failure: PageFailure): Promise<boolean> {
    const [stored] = page.events;
    if (page.events.length > 1 || !stored) {
      this.size = half(page.events.length);
      return false;
    }
    const { error, startedAt, checkpoint, head } = failure;
    const attempts = this.withFailed(this.atEvent?.id === stored.id ? this.atEvent.attempts : NO_ATTEMPTS, error, startedAt);
    this.atEvent = { id: stored.id, attempts };
    const [event] = failure.events;
    if (this.options.poison === "park" && event && !mayRetry(this.policy, attempts.count, error)) {
      const effects = parkEffects(this.options.name, event, { error, at: this.options.clock.now(), attempts, redrives: 0 });
      return this.commit([{ effects, to: page.scannedTo, first: event }], checkpoint, head);
    }
    await this.trouble({ position: stored.position, id: stored.id, error: messageOf(error) }, attempts.count, error);
    return false;
  }

  private withFailed(record: AttemptRecord, error: unknown, startedAt: number): AttemptRecord {
    return withAttempt(record, failedAttempt(record.count + 1, startedAt, this.options.clock.now(), error));
  }

  private async trouble(blockedBy: NonNullable<SubscriptionStatus["blockedBy"]>, failed: number, error: unknown): Promise<void> {
    const isStalled = !mayRetry(this.policy, failed, error);
    this.report(isStalled ? "stalled" : this.status.state, undefined, blockedBy);
    await this.pause(isStalled ? this.tuning.stalledMs : retryDelay(this.policy, failed, NO_CHANCE));
  }

  /** Handles one parked event that somebody wants handled again, between two pages; false when there is none. */
  private async redrive(): Promise<boolean> {
    const { name, clock, events } = this.options;
    const wanted = await wantedEvent({ store: this.store, name });
    if (!wanted) return false;
    if (!(await this.holdsLease())) return true;
    const { position } = wanted.parked;
    const startedAt = clock.now();
    const page = await this.store.readLog({ after: position - 1, limit: 1 });
    const [event] = page.events.map((stored) => events.decode(stored));
    assert(event?.position === position, `the log keeps position ${position}`);
    const fail = (error: unknown) => this.commitWanted(wanted, event, this.parkedAgain(wanted, event, error, startedAt));
    let steps: readonly Step[];
    try {
      steps = await this.whileHeld(page, () => stepsOf(this.options, [event], position));
    } catch (error) {
      return fail(error);
    }
    try {
      return await this.commitWanted(wanted, event, [...steps.flatMap((step) => step.effects), ...unparkEffects(name, position)]);
    } catch (error) {
      if (!isOfUnit(error)) throw error;
      return fail(error);
    }
  }

  private async commitWanted({ condition }: WantedEvent, event: RecordedEvent, effects: readonly Effect[]): Promise<true> {
    const { name, ids, clock } = this.options;
    const unit = { id: ids("unt"), cause: causeOf(name, event), conditions: [this.lease.condition(), condition], effects };
    const { outcome } = await commitSettled(this.store, unit, { clock, signal: this.stopping.signal });
    if (outcome === "refused") this.lease.drop();
    this.report(this.status.state);
    return true;
  }

  private parkedAgain({ parked }: WantedEvent, event: RecordedEvent, error: unknown, startedAt: number): readonly Effect[] {
    const { name, clock } = this.options;
    const attempts = this.withFailed(parked.attempts, error, startedAt);
    return parkEffects(name, event, { error, at: clock.now(), attempts, redrives: parked.redrives + 1 });
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

function causeOf(name: string, first?: RecordedEvent): UnitCause {
  const actor = "sys_subscription";
  const source = `subscription/${name}`;
  if (!first) return { correlation: source, actor, tenant: "system", source };
  const { correlation, tenant, trace } = first.meta;
  return { correlation, causation: first.id, actor, tenant, source, ...(trace === undefined ? {} : { trace }) };
}

/** A page that failed, as far as it came: without `events` it could not be read. */
interface PageFailure {
  readonly events: readonly RecordedEvent[];
  readonly error: unknown;
  readonly startedAt: number;
  readonly checkpoint: Checkpoint;
  readonly head: number;
}

/** Whether the handler's effects are to blame, not the store. */
function isOfUnit(error: unknown): boolean {
  return ["limit-exceeded", "unit-invalid"].includes(errorCode(error) ?? "");
}

function half(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}
