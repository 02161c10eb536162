import { stayUp } from "@daybook/foundation/resilience/fence";
import type { Cancel } from "@daybook/kernel/clock";
import type { Change } from "@daybook/data/store";
import type { Started } from "../replay/history.ts";
import { Shard, type ShardOptions } from "./shard.ts";
import { shardOf, SHARDS } from "./run-stream.ts";

export type WorkerOptions = Omit<ShardOptions, "shard"> & {
  /** How long what the store tells of other writers is gathered before the queues are looked at. */
  readonly scanMs: number;
};

/** Owns runs of one task queue: those of the shards whose leases it holds. */
export class Worker {
  readonly taskQueue: string;
  private readonly options: WorkerOptions;
  private readonly shards: readonly Shard[];
  private readonly unwatch: () => void;
  /** Shards with something new in their queues. */
  private readonly touched = new Set<Shard>();
  private cancelScan: Cancel | undefined;

  constructor(options: WorkerOptions) {
    stayUp(process);
    this.options = options;
    this.taskQueue = options.taskQueue;
    const runsMax = Math.ceil(options.runsMax / SHARDS);
    this.shards = Array.from({ length: SHARDS }, (_, shard) => new Shard({ ...options, runsMax, shard }));
    this.unwatch = options.store.watch((change) => this.planScan(change));
    for (const shard of this.shards) void shard.scan();
  }

  /** Whether the run is in this process's memory. */
  has(id: string): boolean {
    return this.shardOf(id).active.has(id);
  }

  /** Runs in this process's memory. */
  get count(): number {
    return this.shards.reduce((sum, { active }) => sum + active.size, 0);
  }

  start(started: Started, version: number): Promise<"started" | "refused" | undefined> {
    return this.shardOf(started.id).start(started, version);
  }

  nudge(id: string): void {
    this.shardOf(id).nudge(id);
  }

  /** Drops what is under way; it goes on where its records end, here or elsewhere. */
  async stop(): Promise<void> {
    this.unwatch();
    this.cancelScan?.();
    await Promise.all(this.shards.map((shard) => shard.stop()));
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
