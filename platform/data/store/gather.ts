import { systemClock, sleep, type Clock } from "@daybook/kernel/clock";
import { assert, errorCode, messageOf } from "@daybook/kernel/errors";
import { encodeUnit, type CategoryOwners } from "./encode.ts";
import type { EncodedUnit, Engine } from "./engine.ts";
import { storeBusy, storeStopped } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { changeOf, FOREIGN_CHANGE } from "./change.ts";
import type { Change, Store, StoreStatus } from "./port.ts";
import type { Unit, Verdict } from "./unit.ts";

export interface GatherOptions {
  readonly owners?: CategoryOwners;
  readonly clock?: Clock;
  /** How long an unknown outcome on a shared engine is tried to be resolved before the caller is told; 5,000. */
  readonly resolveWithinMs?: number;
}

interface Waiting {
  readonly unit: EncodedUnit;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The store over an engine. What gathers while a batch is under way goes into the next one: no timer, one sync for
 * many callers, answered only after the sync. An embedded engine that fails stops the store; on a shared engine the
 * batch is committed again under the same unit ids until the outcome is known.
 */
export function gatheredStore(engine: Engine, options: GatherOptions = {}): Store {
  const gatherer = new Gatherer(engine, options);
  const reads = engine;
  return {
    capabilities: engine.capabilities,
    opening: engine.opening,
    commit: (unit) => gatherer.commit(unit),
    status: () => gatherer.status,
    watch: (listener) => gatherer.watch(listener),
    close: () => gatherer.close(),
    head: () => reads.head(),
    outcome: (unitId) => reads.outcome(unitId),
    readStream: (stream, read) => reads.readStream(stream, read),
    streamVersion: (stream, as) => reads.streamVersion(stream, as),
    readLog: (read) => reads.readLog(read),
    readDigests: (page) => reads.readDigests(page),
    readCorrelation: (correlation, page) => reads.readCorrelation(correlation, page),
    getKey: (key) => reads.getKey(key),
    listKeys: (prefix, page) => reads.listKeys(prefix, page),
    getRow: (collection, key) => reads.getRow(collection, key),
    listRows: (list) => reads.listRows(list),
    countRows: (list, cap) => reads.countRows(list, cap),
    listEntries: (collection, page) => reads.listEntries(collection, page),
    getDue: (queue, id) => reads.getDue(queue, id),
    listDue: (queue, until, page) => reads.listDue(queue, until, page),
    getLease: (name) => reads.getLease(name),
    listNames: (of, page) => reads.listNames(of, page),
    now: () => reads.now(),
    check: () => reads.check(),
  };
}

class Gatherer {
  status: StoreStatus = { state: "accepting" };
  private readonly engine: Engine;
  private readonly options: GatherOptions;
  private readonly clock: Clock;
  private readonly listeners = new Set<(change: Change) => void>();
  /** While there are listeners. */
  private stopForeign: (() => void) | undefined;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private running = 0;
  private retrying = 0;
  /** Settles when every batch under way is done. */
  private runs: Promise<unknown> = Promise.resolve();
  private isPumpPlanned = false;
  private closed: Promise<void> | undefined;

  constructor(engine: Engine, options: GatherOptions) {
    this.engine = engine;
    this.options = options;
    this.clock = options.clock ?? systemClock;
  }

  commit(unit: Unit): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const encoded = encodeUnit(unit, this.options.owners); // what is thrown here rejects
      this.checkAdmission(encoded);
      this.waiting.push({ unit: encoded, resolve, reject });
      this.waitingBytes += encoded.bytes;
      this.planPump();
    });
  }

  private checkAdmission(unit: EncodedUnit): void {
    if (this.closed) throw storeStopped("the store is closed");
    if (this.status.state === "stopped") throw stoppedError(this.status);
    if (this.waiting.length >= LIMITS.waitingUnits || this.waitingBytes + unit.bytes > LIMITS.waitingBytes) {
      throw storeBusy(`${this.waiting.length} units are waiting`);
    }
  }

  watch(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    this.stopForeign ??= this.engine.onForeignCommit?.(() => this.notify(FOREIGN_CHANGE));
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stopForeign?.();
      this.stopForeign = undefined;
    };
  }

  close(): Promise<void> {
    this.closed ??= this.drain().then(() => this.engine.close());
    return this.closed;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0 || this.running > 0) {
      this.pump();
      await this.runs;
    }
  }

  /** Once a turn, so that callers of the same turn share the first batch. */
  private planPump(): void {
    if (this.isPumpPlanned || this.running >= this.engine.capabilities.batchesInFlight) return;
    this.isPumpPlanned = true;
    queueMicrotask(() => {
      this.isPumpPlanned = false;
      this.pump();
    });
  }

  /** Nothing new starts beside a batch that is tried again: it would overtake it. */
  private pump(): void {
    while (this.waiting.length > 0 && this.retrying === 0 && this.running < this.engine.capabilities.batchesInFlight) {
      const earlier = this.runs;
      this.running++;
      const run = this.run(this.takeBatch(), earlier).finally(() => {
        this.running--;
        this.pump();
      });
      this.runs = Promise.all([earlier, run]);
    }
  }

  private takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { unit } of this.waiting) {
      if (count === LIMITS.batchUnits || (count > 0 && bytes + unit.bytes > LIMITS.batchBytes)) break;
      bytes += unit.bytes;
      count++;
    }
    const batch = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    this.waitingBytes -= bytes;
    return batch;
  }

  /** Never rejects: each caller gets a verdict or an error. */
  private async run(batch: readonly Waiting[], earlier: Promise<unknown>): Promise<void> {
    try {
      const units = batch.map((waiting) => waiting.unit);
      const verdicts = await this.apply(units, earlier);
      for (const [index, waiting] of batch.entries()) waiting.resolve(verdicts[index] as Verdict); // one each, asserted
      this.notify(changeOf(units));
    } catch (error) {
      this.fail(batch, error);
    }
  }

  private async apply(units: readonly EncodedUnit[], earlier: Promise<unknown>): Promise<readonly Verdict[]> {
    try {
      return await this.attempt(units);
    } catch (error) {
      if (!this.engine.capabilities.isShared) throw error;
      this.retrying++;
      return await this.applyAgain(units, earlier, error).finally(() => this.retrying--);
    }
  }

  /** Commits the same ids again, in the order of batches. What one attempt left open stays open until one is answered. */
  private async applyAgain(
    units: readonly EncodedUnit[],
    earlier: Promise<unknown>,
    first: unknown,
  ): Promise<readonly Verdict[]> {
    const until = this.clock.elapsed() + (this.options.resolveWithinMs ?? 5_000);
    let cause = first;
    for (let pauseMs = 10; this.clock.elapsed() + pauseMs <= until; pauseMs = Math.min(500, pauseMs * 2)) {
      await earlier;
      await sleep(this.clock, pauseMs);
      try {
        return await this.attempt(units);
      } catch (error) {
        if (isHarmless(cause)) cause = error;
      }
    }
    throw cause;
  }

  private async attempt(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const verdicts = await this.engine.apply(units);
    assert(verdicts.length === units.length, "an engine answers one verdict a unit");
    return verdicts;
  }

  private fail(batch: readonly Waiting[], error: unknown): void {
    if (!this.engine.capabilities.isShared) this.stop(error);
    for (const waiting of batch) {
      if (!isHarmless(error)) waiting.resolve({ outcome: "unknown", cause: error });
      else waiting.reject(this.status.state === "stopped" ? stoppedError(this.status) : error);
    }
  }

  private stop(error: unknown): void {
    if (this.status.state === "stopped") return;
    this.status = { state: "stopped", reason: messageOf(error), cause: error };
    const refused = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    for (const waiting of refused) waiting.reject(stoppedError(this.status));
  }

  private notify(change: Change): void {
    for (const listener of this.listeners) queueMicrotask(() => this.listeners.has(listener) && listener(change));
  }
}

function isHarmless(error: unknown): boolean {
  return errorCode(error) === "batch-not-applied";
}

function stoppedError(status: StoreStatus & { state: "stopped" }): Error {
  return storeStopped(`the store accepts no writes: ${status.reason}`, { cause: status.cause });
}
