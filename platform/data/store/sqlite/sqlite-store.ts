import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import type { EncodedUnit, Engine } from "../engine.ts";
import { batchNotApplied, storeReadOnly } from "../errors.ts";
import { gatheredStore, type GatherOptions } from "../gather.ts";
import type { Capabilities, Store } from "../port.ts";
import type { Verdict } from "../unit.ts";
import { applyUnit } from "./apply.ts";
import { Checkpointer } from "./checkpoint.ts";
import { holdFile } from "./data-lock.ts";
import { Durability, rewriteLog } from "./durability.ts";
import { FileWorker } from "./file-worker.ts";
import { codedError, openFile } from "./open-file.ts";
import { sqliteReads } from "./reads.ts";
import { SqliteState } from "./state.ts";
import { insertsInto, writeStatements, type Inserts, type WriteStatements } from "./statements.ts";

export interface SqliteEngineOptions {
  /** The database file, made when missing; its folder must exist. */
  readonly file: string;
  readonly clock?: Clock;
  /** Reads only, also beside the process that owns the file; commits are refused with `store-read-only`. */
  readonly readOnly?: boolean;
  /** Overwrites what is deleted, so that no copy of it stays in the file: for keys of data subjects. */
  readonly secureDelete?: boolean;
  /** Length of the write-ahead log at which it is copied into the database; 16 MiB. */
  readonly checkpointBytes?: number;
}

const CAPABILITIES: Capabilities = { engine: "sqlite", isDurable: true, isShared: false, batchesInFlight: 1 };

/**
 * An engine on one SQLite file, with this process as its only writer. Refuses a file that another process writes
 * (`data-folder-locked`), that is not a store, has a newer format or is damaged.
 */
export async function sqliteEngine(options: SqliteEngineOptions): Promise<Engine> {
  const file = resolve(options.file);
  const clock = options.clock ?? systemClock;
  const lock = options.readOnly ? undefined : holdFile(`${file}-lock`);
  try {
    const db = openFile({ ...options, file, now: clock.now() });
    return options.readOnly ? readOnlyEngine(db, file, clock) : writingEngine(db, file, clock, options, () => lock?.close());
  } catch (error) {
    lock?.close();
    throw error;
  }
}

/** A store in one SQLite file. */
export async function sqliteStore(options: SqliteEngineOptions & GatherOptions): Promise<Store> {
  const store = gatheredStore(await sqliteEngine(options), options);
  return options.readOnly ? { ...store, commit: () => Promise.reject(readOnly()) } : store;
}

function readOnly(): Error {
  return storeReadOnly("the store was opened read-only");
}

function writingEngine(db: DatabaseSync, file: string, clock: Clock, options: SqliteEngineOptions, unlock: () => void): Engine {
  const opening = queried(() => Number(db.prepare("SELECT value FROM meta WHERE name = 'opening'").get()?.["value"]));
  const durability = new Durability(file);
  const worker = new FileWorker(file, false);
  const checkpointer = new Checkpointer(db, worker, {
    bytesMax: options.checkpointBytes ?? 16 * 1024 * 1024,
    isSound: () => durability.isSound,
  });
  const batches = new Batches(db, clock, durability, checkpointer);
  return {
    capabilities: CAPABILITIES,
    opening,
    apply: (batch) => batches.apply(batch),
    ...sqliteReads({ db, clock, worker, durable: durableRead(durability) }),
    async close() {
      await checkpointer.idle();
      await worker.close();
      durability.close();
      // Closing copies the log into the database: after a failed sync it is made durable once more before that.
      if (!durability.isSound) rewriteLog(file);
      db.close();
      unlock();
    },
  };
}

/** A reader beside the owner may see what the owner has not synced yet: it syncs for itself. */
function readOnlyEngine(db: DatabaseSync, file: string, clock: Clock): Engine {
  const worker = new FileWorker(file, true);
  let durability: Durability | undefined;
  const seen = db.prepare("PRAGMA data_version"); // another number after every commit of another connection
  let synced: unknown;
  const durable = async <T>(query: () => T): Promise<T> => {
    const result = queried(query);
    const version = seen.get()?.["data_version"];
    if (version === synced) return result;
    if (!durability && existsSync(`${file}-wal`)) durability = new Durability(file); // without a log nobody writes
    await durability?.sync();
    synced = version;
    return result;
  };
  return {
    capabilities: CAPABILITIES,
    apply: async () => {
      throw batchNotApplied("nothing was written", { cause: readOnly() });
    },
    ...sqliteReads({ db, clock, worker, durable }),
    async close() {
      await worker.close();
      durability?.close();
      db.close();
    },
  };
}

function durableRead(durability: Durability): <T>(query: () => T) => Promise<T> {
  return async (query) => {
    const result = queried(query);
    await durability.settled();
    return result;
  };
}

function queried<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    throw codedError(error);
  }
}

const SWEEP_EVERY_MS = 1_000;
/** Keys stay a while after they ran out, so that a clock set back finds them as they were. */
const SWEEP_AFTER_MS = 60_000;
const SWEEP_KEYS = 100;

class Batches {
  private readonly db: DatabaseSync;
  private readonly clock: Clock;
  private readonly durability: Durability;
  private readonly checkpointer: Checkpointer;
  private readonly sql: WriteStatements;
  private readonly inserts: Inserts;
  private readonly state: SqliteState;
  private sweptAt = 0;
  private hasMoreToSweep = false;

  constructor(db: DatabaseSync, clock: Clock, durability: Durability, checkpointer: Checkpointer) {
    this.db = db;
    this.clock = clock;
    this.durability = durability;
    this.checkpointer = checkpointer;
    this.sql = writeStatements(db);
    this.inserts = insertsInto(db);
    this.state = new SqliteState(this.sql, this.inserts);
  }

  async apply(batch: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    await this.checkpointer.ready();
    const verdicts = this.write(batch);
    if (!verdicts.some(isNew)) return verdicts; // what was found is durable: batches wait for each other
    await this.durability.sync();
    this.checkpointer.committed(bytesOf(batch), batch.length);
    return verdicts;
  }

  private write(batch: readonly EncodedUnit[]): readonly Verdict[] {
    const verdicts = this.transaction(batch);
    try {
      this.sql.commit.run();
    } catch (error) {
      // The commit's last frame may have reached the log whole: what became of the batch is known after a restart.
      this.durability.fail(error);
      throw codedError(error);
    }
    return verdicts;
  }

  /** Leaves the transaction open; after an error it is rolled back, and surely nothing happened. */
  private transaction(batch: readonly EncodedUnit[]): readonly Verdict[] {
    const { sql, inserts, state } = this;
    try {
      sql.begin.run();
      state.start(this.clock.now());
      const before = state.position;
      const verdicts = batch.map((unit) => applyUnit({ sql, inserts, state }, unit));
      for (const insert of Object.values(inserts)) insert.flush();
      state.finish(state.position > before);
      this.sweep();
      return verdicts;
    } catch (error) {
      for (const insert of Object.values(inserts)) insert.discard();
      if (this.db.isTransaction) sql.rollback.run();
      state.load();
      throw batchNotApplied("SQLite refused the batch", { cause: codedError(error) });
    }
  }

  /** Removes some keys that ran out, in small bites beside other work; with every batch as long as there are more. */
  private sweep(): void {
    const { now } = this.state;
    if (!this.hasMoreToSweep && Math.abs(now - this.sweptAt) < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    const { changes } = this.sql.deleteExpired.run(now - SWEEP_AFTER_MS, SWEEP_KEYS);
    this.hasMoreToSweep = Number(changes) === SWEEP_KEYS;
  }
}

function isNew(verdict: Verdict): boolean {
  return verdict.outcome === "committed" && !verdict.isRepeated;
}

function bytesOf(batch: readonly EncodedUnit[]): number {
  let bytes = 0;
  for (const unit of batch) bytes += unit.bytes;
  return bytes;
}
