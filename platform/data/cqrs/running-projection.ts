import { sleep, type Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import type { DomainEvent, RecordedEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import {
  subscribe,
  type Subscription,
  type SubscriptionStatus,
  type SubscriptionTuning,
} from "@daybook/data/event-store/subscription";
import type { Effect } from "@daybook/data/store/unit";
import { compareGenerations, type Comparison } from "./compare-generations.ts";
import { projectionMoved, rebuildAbandoned } from "./errors.ts";
import {
  abandonNext,
  collectionOf,
  deleteRetired,
  ensureLive,
  ensureNext,
  liveGeneration,
  nextGeneration,
  switchLive,
  type Generation,
  type GenerationTools,
} from "./generations.ts";
import { pageView } from "./page-view.ts";
import type { Projection } from "./projection.ts";
import { rebuildProgress, type RebuildProgress } from "./rebuild-progress.ts";

export interface ProjectionHost {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of leases: unique among processes, the same after a restart. */
  readonly owner: string;
  /** Whether a projection of a new version is rebuilt and switched by itself; true. */
  readonly isRebuiltByVersion?: boolean;
  /** How long readers may go on with a generation after the switch; 60,000 ms. Its rows are deleted then. */
  readonly retireAfterMs?: number;
  readonly tuning?: SubscriptionTuning;
}

/** A projection at work in this process. Several processes may run it; one of them applies. */
export interface RunningProjection {
  status(): ProjectionStatus;
  /** Builds a generation from zero beside the live one; goes on with one begun for this version. `onProgress`: after each page, until it has caught up. */
  rebuild(onProgress?: (progress: RebuildProgress) => void): Promise<Rebuild>;
  /** Drains what is under way. Idempotent. */
  stop(): Promise<void>;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** The generation that is read; undefined until it is known. */
  readonly live?: Generation;
  /**
   * `rebuilding`: the live rows are of an older version and stand still until the switch. `waiting`: the live rows are of
   * another version and this process does nothing about it.
   */
  readonly state: "following" | "rebuilding" | "waiting" | "stopped";
  /** Of the live generation, while this process follows it. */
  readonly subscription?: SubscriptionStatus;
  readonly rebuild?: RebuildProgress;
  /** Why the last try to begin did not succeed. */
  readonly error?: string;
}

/** A generation being built. */
export interface Rebuild {
  readonly generation: number;
  progress(): RebuildProgress;
  /** Resolves when it has come to the head of the log, or has ended; it goes on following. */
  readonly caughtUp: Promise<void>;
  /** All rows of both generations at one position; applying pauses meanwhile. Rejects with `projection-moved`. */
  compare(): Promise<Comparison>;
  /** Readers get this generation, in one unit. Rejects with `rebuild-abandoned` when it is no longer the next one. */
  switchTo(): Promise<void>;
  /** Gives it up; its rows are deleted in the background. */
  abandon(): Promise<void>;
}

const RETRY_MS = 1_000;

/** Of a generation that is being built: nobody waits for it, but whoever appends waits for the page under way. */
const BUILDING: SubscriptionTuning = { pageSize: 50, catchUpShare: 0.5 };

/** Starts a projection: follows the live generation, or, when its version is older, builds a new one and switches. */
export function runProjection<Value, Event extends DomainEvent>(
  projection: Projection<Value, Event>,
  host: ProjectionHost,
): RunningProjection {
  const runner = new Runner(projection, host);
  const ended = runner.run();
  return {
    status: () => runner.status(),
    rebuild: (onProgress) => runner.rebuild(onProgress),
    stop: () => runner.stop(ended),
  };
}

class Runner {
  private readonly projection: Projection;
  private readonly host: ProjectionHost;
  private readonly tools: GenerationTools;
  private readonly stopping = new AbortController();
  private readonly subscriptions = new Map<number, Subscription>();
  /** Rebuilds that have not caught up yet. */
  private readonly observers = new Set<(status: SubscriptionStatus) => void>();
  /** The run loop waits for it before it follows anything. */
  private gate: Promise<unknown> = Promise.resolve();
  private cleaning: Promise<unknown> = Promise.resolve();
  private live: Generation | undefined;
  private state: ProjectionStatus["state"] = "waiting";
  private progress: (() => RebuildProgress) | undefined;
  private error: string | undefined;

  constructor(projection: Projection, host: ProjectionHost) {
    this.projection = projection;
    this.host = host;
    this.tools = { store: host.events.store, clock: host.clock, ids: host.ids };
  }

  status(): ProjectionStatus {
    const { name, version } = this.projection;
    const subscription = this.live && this.subscriptions.get(this.live.generation)?.status();
    return {
      name,
      version,
      ...(this.live && { live: this.live }),
      state: this.state,
      ...(subscription && { subscription }),
      ...(this.progress && { rebuild: this.progress() }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  async run(): Promise<void> {
    this.cleanUp(this.host.retireAfterMs);
    while (!this.isStopping) {
      try {
        await this.gate;
        await this.step();
        this.error = undefined;
      } catch (error) {
        this.error = messageOf(error);
        await this.pause(RETRY_MS);
      }
    }
    this.state = "stopped";
  }

  async stop(ended: Promise<void>): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.subscriptions.values()].map((subscription) => subscription.stop()));
    await ended;
    await this.cleaning;
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async step(): Promise<void> {
    const { name, version } = this.projection;
    this.live = await ensureLive(this.tools, name, version);
    if (this.isStopping) return;
    if (this.live.version === version) {
      this.state = "following";
      await this.follow(this.live.generation).ended;
    } else if (this.live.version < version && this.host.isRebuiltByVersion !== false) {
      this.state = "rebuilding";
      const rebuild = await this.rebuild();
      await rebuild.caughtUp;
      if (!this.isStopping) await rebuild.switchTo();
    } else {
      this.state = "waiting";
      await this.pause(RETRY_MS);
    }
  }

  async rebuild(onProgress?: (progress: RebuildProgress) => void): Promise<Rebuild> {
    const { name, version } = this.projection;
    const next = await ensureNext(this.tools, name, version);
    const start = await readCheckpoint(this.tools.store, collectionOf(name, next.generation));
    const progressOf = rebuildProgress(this.host.clock, next.generation, start.position);
    let resolve: () => void = () => {};
    const live = new Promise<void>((done) => (resolve = done));
    const observe = (status: SubscriptionStatus) => {
      if (status.name !== collectionOf(name, next.generation)) return;
      onProgress?.(progressOf(status));
      if (status.state === "live") resolve();
      if (status.state === "live" || status.state === "stopped") this.observers.delete(observe);
    };
    this.observers.add(observe);
    const subscription = this.follow(next.generation);
    if (subscription.status().state === "live") observe(subscription.status());
    this.progress = () => progressOf((this.subscriptions.get(next.generation) ?? subscription).status());
    return {
      generation: next.generation,
      progress: this.progress,
      caughtUp: Promise.race([live, subscription.ended]),
      compare: () => this.whilePaused((current) => this.compare(current, next.generation)),
      switchTo: () => this.whilePaused(() => this.switchTo(next)),
      abandon: () => this.abandon(next),
    };
  }

  /** The subscription of a generation, started when it does not run. */
  private follow(generation: number): Subscription {
    const running = this.subscriptions.get(generation);
    if (running) return running;
    const subscription = this.apply(generation, {
      onStatus: (status) => {
        for (const observe of this.observers) observe(status);
      },
    });
    this.subscriptions.set(generation, subscription);
    if (this.isStopping) void subscription.stop();
    void this.forgetAtEnd(generation, subscription);
    return subscription;
  }

  private async forgetAtEnd(generation: number, subscription: Subscription): Promise<void> {
    await subscription.ended;
    if (this.subscriptions.get(generation) === subscription) this.subscriptions.delete(generation);
  }

  private apply(
    generation: number,
    more: { readonly until?: number; readonly onStatus?: (status: SubscriptionStatus) => void } = {},
  ): Subscription {
    const { name, categories, types } = this.projection;
    const { events, clock, ids, owner, tuning } = this.host;
    return subscribe({
      name: collectionOf(name, generation),
      events,
      clock,
      ids,
      owner,
      ...(categories && { categories }),
      ...(types && { types }),
      tuning: { ...(generation !== this.live?.generation && BUILDING), ...tuning },
      ...more,
      handle: (page) => this.effectsOf(page, collectionOf(name, generation)),
    });
  }

  private async effectsOf(page: readonly RecordedEvent[], collection: string): Promise<readonly Effect[]> {
    const view = pageView<unknown>(this.tools.store, collection);
    for (const event of page) await this.projection.project(event, view);
    return view.effects();
  }

  /** Runs `task` while this process applies no live events; the run loop goes on afterwards. */
  private async whilePaused<T>(task: (live: number) => Promise<T>): Promise<T> {
    const earlier = this.gate;
    let open: () => void = () => {};
    this.gate = new Promise<void>((done) => (open = done));
    try {
      await earlier;
      const live = await ensureLive(this.tools, this.projection.name, this.projection.version);
      await this.subscriptions.get(live.generation)?.stop();
      return await task(live.generation);
    } finally {
      open();
    }
  }

  /** Both generations stand still at one position: the one behind is brought to where the other is. */
  private async compare(live: number, next: number): Promise<Comparison> {
    const { name } = this.projection;
    const was = this.subscriptions.get(next);
    await was?.stop();
    try {
      const [one, other] = await Promise.all([this.positionOf(live), this.positionOf(next)]);
      if (one !== other) await this.apply(one < other ? live : next, { until: Math.max(one, other) }).ended;
      if (this.isStopping) throw projectionMoved(`${name} was stopped`);
      return await compareGenerations(this.tools.store, name, live, next);
    } finally {
      if (!this.isStopping) this.follow(next);
    }
  }

  private async positionOf(generation: number): Promise<number> {
    return (await readCheckpoint(this.tools.store, collectionOf(this.projection.name, generation))).position;
  }

  private async switchTo(next: Generation): Promise<void> {
    const { name } = this.projection;
    while (!(await switchLive(this.tools, name, this.projection, next))) {
      if (this.isStopping) return;
      const [live, planned] = await Promise.all([liveGeneration(this.tools.store, name), nextGeneration(this.tools.store, name)]);
      const isOurs = live?.generation === next.generation || planned?.generation === next.generation;
      if (!isOurs) throw rebuildAbandoned(`generation ${next.generation} of ${name} is no longer being built`);
      await this.pause(20);
    }
    this.live = next;
    this.progress = undefined;
    this.cleanUp(this.host.retireAfterMs);
  }

  private async abandon(next: Generation): Promise<void> {
    await this.subscriptions.get(next.generation)?.stop();
    await abandonNext(this.tools, this.projection.name, next);
    this.progress = undefined;
    this.cleanUp(0);
  }

  /** Deletes what retired generations left, after a while; what fails is done at the next start. */
  private cleanUp(afterMs = 60_000): void {
    const { signal } = this.stopping;
    const earlier = this.cleaning;
    const cleaned = async () => {
      await sleep(this.host.clock, afterMs, signal);
      await deleteRetired(this.tools, this.projection.name, signal);
    };
    this.cleaning = Promise.all([earlier, cleaned().catch(() => undefined)]);
  }

  private pause(ms: number): Promise<void> {
    return sleep(this.host.clock, ms, this.stopping.signal);
  }
}
