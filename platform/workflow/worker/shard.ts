import { commitSettled } from "@daybook/data/event-store/commit-settled";
import { workLease } from "@daybook/data/event-store/work-lease";
import type { DueItem } from "@daybook/data/store";
import type { Committed, Condition, Effect, Unit } from "@daybook/data/store/unit";
import type { Cancel } from "@daybook/kernel/clock";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { workflowNotRegistered } from "../errors.ts";
import { newHistory, type History, type Started } from "../replay/history.ts";
import { replay } from "../replay/replay.ts";
import { RunCore } from "../replay/run-core.ts";
import { forgotten, type Remains } from "./compaction.ts";
import { usedKey } from "./decision.ts";
import { LiveRun } from "./live-run.ts";
import type { RunHost } from "./run-host.ts";
import { advanced, infoOf, isOver, rowOf, type RunInfo } from "./run-info.ts";
import { ShardLease } from "./shard-lease.ts";
import { isScheduleItem, runSchedule, type Schedule } from "./scheduled.ts";
import { FOREVER, loadHistory, shardQueue, versionIs } from "./run-stream.ts";

export interface ShardOptions extends Omit<RunHost, "owned" | "release" | "lost" | "failed"> {
  /** Told of a run that its code can not go on with. */
  stuck(info: RunInfo, error: unknown): void;
  startScheduled(schedule: Schedule, at: number): Promise<void>;
  readonly taskQueue: string;
  readonly shard: number;
  readonly owner: string;
  readonly leaseMs: number;
  /** Runs in memory at once. */
  readonly runsMax: number;
  /** Whether the shard should be this process's. */
  readonly isWanted: () => boolean;
}

const PAGE = 200;
/** How long a run that its code can not go on with is left alone. */
const PARKED_MS = 60_000;
const TROUBLE_MS = 1_000;
/** After every id. */
const LAST_ID = "~";

/** A share of a task queue's runs, owned under one lease by one process at a time. */
export class Shard implements RunHost {
  readonly options: ShardOptions;
  readonly active = new Map<string, LiveRun>();
  /** Of its runs that need attention. */
  readonly queue: string;
  private readonly lease: ShardLease;
  private readonly loading = new Set<string>();
  /** Runs that are left alone until a time, or until something new is sent to them. */
  private readonly parked = new Map<string, { readonly until: number; readonly revision: number | undefined }>();
  private readonly seen = new Map<string, number>();
  private scanning: Promise<void> | undefined;
  private mustScan = false;
  private leaving: Promise<void> | undefined;
  private isStopped = false;
  /** Raised whenever what was read of runs before may be out of date. */
  private era = 0;
  private wakeAt = Infinity;
  private cancelWake: Cancel | undefined;

  constructor(options: ShardOptions) {
    const { store, clock, ids, deadlines, owner, taskQueue, shard, leaseMs } = options;
    this.options = options;
    this.queue = shardQueue(taskQueue, shard);
    const lease = workLease({ store, clock, ids, owner, name: this.queue, ttlMs: leaseMs });
    const isNeeded = () => this.active.size > 0;
    const told = { lost: () => this.lost(), retaken: () => this.forget(0) };
    this.lease = new ShardLease({ lease, deadlines, leaseMs, isNeeded, ...told });
  }

  get store() {
    return this.options.store;
  }
  get clock() {
    return this.options.clock;
  }
  get ids() {
    return this.options.ids;
  }
  get random() {
    return this.options.random;
  }
  get deadlines() {
    return this.options.deadlines;
  }
  get programs() {
    return this.options.programs;
  }
  get compactAfter() {
    return this.options.compactAfter;
  }
  get compactBytes() {
    return this.options.compactBytes;
  }
  startChild: RunHost["startChild"] = (child) => this.options.startChild(child);
  cancelChild: RunHost["cancelChild"] = (id, reason) => this.options.cancelChild(id, reason);
  changed: RunHost["changed"] = (info) => this.options.changed(info);
  answered: RunHost["answered"] = (answer) => this.options.answered(answer);

  owned(): Condition {
    return this.lease.condition();
  }

  release(id: string, again: number): void {
    this.active.delete(id);
    this.seen.delete(id);
    if (again <= this.clock.now()) void this.load(id);
    else this.wakeBy(again);
  }

  lost(): void {
    this.lease.drop();
    this.forget(TROUBLE_MS);
  }

  /** Others may have gone on with the runs in memory: they are read again. */
  private forget(againInMs: number): void {
    this.era++;
    for (const run of this.active.values()) run.drop();
    this.active.clear();
    this.wakeBy(this.clock.now() + againInMs);
  }

  failed(info: RunInfo, error: unknown): void {
    const { id } = info;
    this.active.get(id)?.drop();
    this.active.delete(id);
    const isOfCode = errorCode(error) === "workflow-diverged" || errorCode(error) === "workflow-not-registered";
    const until = this.clock.now() + (isOfCode ? PARKED_MS : TROUBLE_MS);
    this.parked.set(id, { until, revision: this.seen.get(id) });
    this.wakeBy(until);
    if (!isOfCode) return;
    this.options.stuck(info, error);
    const row = rowOf({ ...info, attention: messageOf(error) });
    void this.commit(id, info, [], [row]).catch(() => undefined); // it is looked at again anyway
  }

  /** Starts a run and makes its first decision in one unit; undefined when another process owns the shard. */
  async start(started: Started, remains: Remains): Promise<"started" | "refused" | undefined> {
    const definition = this.programs.workflow(started.workflow, started.version);
    const { id } = started;
    if (!definition || this.active.size >= this.options.runsMax || !(await this.hold())) return undefined;
    if (this.active.has(id) || this.loading.has(id)) return undefined; // in memory it is one run, whoever starts it again
    const history: History = { ...newHistory(started), ...remains };
    const run = new LiveRun(this, history, new RunCore(definition, started), false);
    this.active.set(id, run);
    this.seen.set(id, 1);
    let isOwned = true;
    const forget = () => void (this.active.get(id) === run && this.active.delete(id));
    const isStarted = await run
      .begin(async (unit) => {
        const verdict = await commitSettled(this.store, unit, { clock: this.clock });
        if (verdict.outcome === "committed") return verdict;
        isOwned = unit.conditions[verdict.condition]?.kind !== "leaseHeld";
        return undefined;
      })
      .catch((error: unknown) => {
        forget();
        throw error;
      });
    if (!isStarted) forget();
    if (!isOwned) this.lost();
    else if (!isStarted) void this.scan(); // who looked for the run that is there found this one
    return isStarted ? "started" : isOwned ? "refused" : undefined;
  }

  /** Something was sent to the run. */
  nudge(id: string): void {
    this.parked.delete(id);
    const run = this.active.get(id);
    if (run) run.poke();
    else void this.load(id);
  }

  /** Looks for runs that need attention, and sets out when to look next. */
  scan(): Promise<void> {
    this.mustScan = true;
    if (!this.isOpen) return Promise.resolve();
    this.scanning ??= this.scanAll();
    return this.scanning;
  }

  /** Sees to it that the shard is worked on here when it should be, and left to others when not. */
  tend(limit: () => Promise<void>): void {
    if (this.options.isWanted()) void this.scan();
    else if (this.lease.isHeld) void this.leave(limit());
  }

  async stop(limit: Promise<void>): Promise<void> {
    this.isStopped = true;
    this.cancelWake?.();
    await this.leave(limit);
    this.lease.stop();
  }

  /** Begins nothing more, waits until `limit` for what is under way, then frees the lease. */
  private leave(limit: Promise<void>): Promise<void> {
    this.leaving ??= this.leaveNow(limit).finally(() => {
      this.leaving = undefined;
      if (this.options.isWanted()) void this.scan();
    });
    return this.leaving;
  }

  private async leaveNow(limit: Promise<void>): Promise<void> {
    await Promise.all([...this.active.values()].map((run) => run.retire(limit)));
    this.active.clear();
    this.seen.clear();
    await this.scanning;
    const unit = this.unit({ correlation: this.queue, actor: "sys_workflow", tenant: "system" }, [this.lease.condition()]);
    const effects = this.lease.freeing();
    this.lease.drop();
    if (effects.length > 0)
      await commitSettled(this.store, { ...unit, effects }, { clock: this.clock, attempts: 1 }).catch(() => undefined);
  }

  /** Whether runs may be taken up here, or begun. */
  private get isOpen(): boolean {
    return !this.isStopped && !this.leaving && this.options.isWanted();
  }

  /** False while the shard is not this process's. */
  private async hold(): Promise<boolean> {
    if (!this.isOpen) return false;
    return (await this.lease.hold()) && this.isOpen;
  }

  private async scanAll(): Promise<void> {
    try {
      while (this.mustScan && this.isOpen) {
        this.mustScan = false;
        await this.scanOnce();
      }
    } catch {
      this.wakeBy(this.clock.now() + TROUBLE_MS); // the store says why elsewhere
    } finally {
      this.scanning = undefined; // at once: who asks from here on begins another one
    }
  }

  private async scanOnce(): Promise<void> {
    const now = this.clock.now();
    this.wakeAt = Infinity;
    let after: { readonly at: number; readonly id: string } | undefined;
    for (;;) {
      const page: readonly DueItem[] = await this.store.listDue(this.queue, now, { limit: PAGE, ...(after && { after }) });
      const fresh = page.filter((item) => this.isFresh(item, now));
      if (fresh.length > 0 && !(await this.hold())) return this.wakeBy(now + this.options.leaseMs / 3);
      for (const item of fresh) await this.attendTo(item);
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      after = last;
      if (this.active.size >= this.options.runsMax) return this.wakeBy(now + TROUBLE_MS);
    }
    const [next] = await this.store.listDue(this.queue, FOREVER - 1, { limit: 1, after: { at: now, id: LAST_ID } });
    this.wakeBy(next?.at ?? Infinity);
    for (const { until } of this.parked.values()) this.wakeBy(until);
  }

  private isFresh({ id, revision }: DueItem, now: number): boolean {
    const parked = this.parked.get(id);
    if (parked && parked.until > now && (parked.revision ?? revision) === revision) return false;
    this.parked.delete(id);
    return !(this.active.has(id) && this.seen.get(id) === revision);
  }

  private async attendTo({ id, revision, at }: DueItem): Promise<void> {
    this.seen.set(id, revision);
    const run = this.active.get(id);
    if (run) run.poke();
    else await this.load(id, at);
  }

  private async load(id: string, scheduledAt?: number): Promise<void> {
    if (!this.isOpen || this.active.has(id) || this.loading.has(id)) return;
    this.loading.add(id);
    try {
      if (!(await this.hold())) return this.wakeBy(this.clock.now() + this.options.leaseMs / 3);
      if (isScheduleItem(id)) return await this.runSchedule(id);
      const { era } = this;
      const history = await loadHistory(this.store, id);
      if (history) await this.resume(history, era, scheduledAt);
      else await this.tidy(id);
    } catch {
      this.wakeBy(this.clock.now() + TROUBLE_MS);
    } finally {
      this.loading.delete(id);
    }
  }

  private async runSchedule(id: string): Promise<void> {
    const host = { ...this.options, owned: () => this.owned() };
    await runSchedule(host, this.queue, id);
    void this.scan();
  }

  private async resume(history: History, era: number, scheduledAt: number | undefined): Promise<void> {
    const { started } = history;
    const info = history.entries.reduce(advanced, infoOf(started));
    const definition = this.programs.workflow(started.workflow, started.version);
    if (await this.isForgotten(history, info, definition?.policy.retentionMs)) return;
    try {
      if (!definition) throw workflowNotRegistered(`workflow ${started.workflow} is not registered in this process`);
      const run = new LiveRun(this, history, await replay(definition, history), true);
      run.scheduledAt = scheduledAt;
      if (!this.isOpen) return;
      if (this.era !== era) return this.wakeBy(this.clock.now());
      this.active.set(started.id, run);
      void run.pump();
    } catch (error) {
      this.failed(info, error);
    }
  }

  /** Deletes the history of a run whose time after the end is over. */
  private async isForgotten(history: History, info: RunInfo, retentionMs = 7 * 86_400_000): Promise<boolean> {
    const { started, requests, version } = history;
    const { id } = started;
    if (!isOver(info.status) || requests.length > 0) return false;
    if ((info.endedAt ?? info.since) + retentionMs > this.clock.now()) return false;
    const used: Effect = { kind: "putKey", key: usedKey(id), value: String(info.number) };
    const effects: readonly Effect[] = [...forgotten(id, history), used, this.finished(id)];
    await this.commit(id, info, [versionIs(id, version)], effects);
    return true;
  }

  /** A due item without a run. */
  private async tidy(id: string): Promise<void> {
    await this.commit(id, undefined, [versionIs(id, 0)], [this.finished(id)]);
  }

  private finished(id: string): Effect {
    return { kind: "finish", queue: this.queue, id };
  }

  private commit(
    id: string,
    info: RunInfo | undefined,
    conditions: readonly Condition[],
    effects: readonly Effect[],
  ): Promise<Committed | { readonly outcome: "refused" }> {
    const cause = {
      correlation: id,
      actor: "sys_workflow",
      tenant: "system",
      source: `workflow/${info?.workflow ?? this.queue}`,
    };
    const unit = { ...this.unit(cause, [this.owned(), ...conditions]), effects };
    return commitSettled(this.store, unit, { clock: this.clock });
  }

  private unit(cause: Unit["cause"], conditions: readonly Condition[]): Unit {
    return { id: this.ids("unt"), cause, conditions, effects: [] };
  }

  private wakeBy(at: number): void {
    if (at >= this.wakeAt || this.isStopped) return;
    this.wakeAt = at;
    this.cancelWake?.();
    this.cancelWake = this.deadlines.after(Math.max(0, at - this.clock.now()), () => {
      this.wakeAt = Infinity;
      void this.scan();
    });
  }
}
