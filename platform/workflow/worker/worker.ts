import { stayUp } from "@daybook/foundation/resilience/fence";
import type { Cancel } from "@daybook/kernel/clock";
import type { Change } from "@daybook/data/store";
import type { Started } from "../replay/history.ts";
import type { Remains } from "./compaction.ts";
import { Presence } from "./presence.ts";
import { Shard, type ShardOptions } from "./shard.ts";
import { shardOf, SHARDS } from "./run-stream.ts";

export type WorkerOptions = Omit<ShardOptions, "shard" | "isWanted"> & {
  /** How long what the store tells of other writers is gathered before the queues are looked at. */
  readonly scanMs: number;
  /** How long steps under way are waited for when their runs go to another process, or this one stops. */
  readonly drainMs: number;
};

/** Owns runs of one task queue: those of the shards whose leases it holds. It shares them with the other processes. */
export class Worker {
  readonly taskQueue: string;
  private readonly options: WorkerOptions;
  private readonly shards: readonly Shard[];
  private readonly presence: Presence;
  private readonly unwatch: () => void;
  /** Shards with something new in their queues. */
  private readonly touched = new Set<Shard>();
  private cancelScan: Cancel | undefined;

  constructor(options: WorkerOptions) {
    stayUp(process);
    this.options = options;
    this.taskQueue = options.taskQueue;
    const runsMax = Math.ceil(options.runsMax / SHARDS);
    this.presence = new Presence({ ...options, looked: () => this.tend() });
    const isWanted = (shard: number) => () => this.presence.has(shard);
    this.shards = Array.from(
      { length: SHARDS },
      (_, shard) => new Shard({ ...options, runsMax, shard, isWanted: isWanted(shard) }),
    );
    this.unwatch = options.store.watch((change) => this.planScan(change));
    this.presence.start();
  }

  /** Whether the run is in this process's memory. */
  has(id: string): boolean {
    return this.shardOf(id).active.has(id);
  }

  /** Runs in this process's memory. */
  get count(): number {
    return this.shards.reduce((sum, { active }) => sum + active.size, 0);
  }

  start(started: Started, remains: Remains): Promise<"started" | "refused" | undefined> {
    return this.shardOf(started.id).start(started, remains);
  }

  nudge(id: string): void {
    this.shardOf(id).nudge(id);
  }

  /** Gives the runs up; they go on where their records end, here or elsewhere. Nobody waits for the leases. */
  async stop(): Promise<void> {
    this.unwatch();
    this.cancelScan?.();
    const { promise, cancel } = this.limit();
    await Promise.all([this.presence, ...this.shards].map((each) => each.stop(promise)));
    cancel();
  }

  private tend(): void {
    for (const shard of this.shards) shard.tend(() => this.limit().promise);
  }

  private limit() {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { promise, cancel: this.options.deadlines.after(this.options.drainMs, resolve) };
  }

  private shardOf(id: string): Shard {
    return this.shards[shardOf(id)] as Shard; // there is one for each number
  }

  private planScan(change: Change): void {
    for (const shard of this.shards) if (change.touchesQueue(shard.queue)) this.touched.add(shard);
    if (this.touched.size === 0) return;
    this.cancelScan ??= this.options.deadlines.after(this.options.scanMs, () => {
      this.cancelScan = undefined;
      for (const shard of this.touched) void shard.scan();
      this.touched.clear();
    });
  }
}
