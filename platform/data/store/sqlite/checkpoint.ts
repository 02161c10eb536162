import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileWorker } from "./file-worker.ts";

export interface CheckpointOptions {
  /** The log's length at which a checkpoint starts. */
  readonly bytesMax: number;
  /** Whether all syncs of the log succeeded: else its pages must not be copied, for they may not be on the disk. */
  readonly isSound: () => boolean;
}

/** How often the log's length is looked at, in bytes of units committed. */
const LOOK_EVERY = 256 * 1024;
/** What a small unit costs in the log beyond its own bytes: pages are written whole. */
const UNIT_COST = 4_096;

/**
 * Keeps the write-ahead log short. When it has grown past its limit, a worker thread copies it into the database while
 * commits go on; what they added meanwhile is copied by a second, short pass that the next batch waits for. After that
 * SQLite starts the log again from the front with the next commit (and then syncs its header on the main thread, once a log).
 */
export class Checkpointer {
  private readonly worker: FileWorker;
  private readonly options: CheckpointOptions;
  private readonly length: StatementSync;
  private readonly pageBytes: number;
  private sinceLook = 0;
  private running: Promise<void> | undefined;
  private secondPass: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(db: DatabaseSync, worker: FileWorker, options: CheckpointOptions) {
    this.worker = worker;
    this.options = options;
    this.length = db.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.pageBytes = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
  }

  /** Before a batch: waits for a second pass under way. Throws what made a checkpoint fail: the log must not go on. */
  async ready(): Promise<void> {
    if (this.secondPass) await this.secondPass;
    if (this.failure) throw this.failure.error;
  }

  /** After a batch of `bytes` in `units`: starts a checkpoint when it is time. */
  committed(bytes: number, units: number): void {
    this.sinceLook += bytes + units * UNIT_COST;
    if (this.running || this.failure || this.sinceLook < Math.min(LOOK_EVERY, this.options.bytesMax)) return;
    this.sinceLook = 0;
    if (this.frames() * this.pageBytes < this.options.bytesMax) return;
    this.running = this.run().finally(() => (this.running = undefined));
  }

  /** Resolves when no checkpoint is under way. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Frames in the log that the database does not hold yet. */
  private frames(): number {
    const found = this.length.get();
    return Number(found?.["log"]) - Number(found?.["checkpointed"]);
  }

  private async run(): Promise<void> {
    try {
      await this.worker.checkpoint();
      if (this.frames() === 0 || !this.options.isSound()) return;
      this.secondPass = this.worker.checkpoint();
      await this.secondPass;
    } catch (error) {
      this.failure = { error };
    } finally {
      this.secondPass = undefined;
    }
  }
}
