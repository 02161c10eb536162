import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { projection } from "@daybook/data/cqrs/projection";
import { runProjection, type RunningProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore } from "@daybook/data/event-store/event-store";
import type { Store } from "@daybook/data/store";
import { postgresStore } from "@daybook/data/store/postgres";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import { seededRandom, unit } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import type { Benchmark, Contender, Progress, Sample } from "./benchmark.ts";
import { benchFailed } from "./errors.ts";
import type { BenchOptions } from "./options.ts";
import { benchDatabase } from "./postgres-database.ts";
import { madeStreams, writeStreams } from "./read/stored-streams.ts";
import { percentile } from "./report.ts";
import { factSource, unitOf, type OneFact } from "./workload.ts";

const STREAMS = 1_000;
const EVENTS = 100;
const PER_SECOND = 400;
/** Rounds last this many times as long as those of other benchmarks: a percentile needs a thousand appends. */
const LONGER = 6;

/**
 * Appends at a steady rate while nothing else happens, and while a projection with a row for each event is built again in
 * the same process. Times count from the planned start; `p99Ratio` is that of the round before, without a rebuild.
 */
export const rebuildBench: Benchmark = {
  does: "appends while a projection is rebuilt",
  contenders: async (options, progress) => {
    await using started = new AsyncDisposableStack();
    const store = await openStore(options, started, progress);
    progress(`storing ${STREAMS * EVENTS} events`);
    await writeStreams(store, madeStreams(STREAMS, EVENTS));
    const trial = new Trial(store, options.roundMs * LONGER);
    started.defer(() => trial.close());
    const running = started.move();
    return { contenders: [trial.quiet(), trial.rebuilding()], references: [], close: () => running.disposeAsync() };
  },
};

async function openStore({ store: kind }: BenchOptions, started: AsyncDisposableStack, progress: Progress): Promise<Store> {
  if (kind === "postgres") {
    const database = await benchDatabase(progress);
    started.defer(() => database.close());
    const store = await postgresStore({ url: database.url });
    started.defer(() => store.close());
    return store;
  }
  const folder = mkdtempSync(join(tmpdir(), "daybook-bench-"));
  started.defer(() => rmSync(folder, { recursive: true }));
  const store = await sqliteStore({ file: join(folder, "daybook.db") });
  started.defer(() => store.close());
  return store;
}

const NO_KEYS: SubjectKeys = { get: async () => undefined, ensure: async () => new Map(), erase: async () => {} };
const ORDER = z.strictObject({ customer: z.string(), lines: z.array(z.unknown()), note: z.string(), total: z.number() });
const TYPES = { OrderPlaced: recordType({ name: "OrderPlaced", schema: ORDER }) };

/** A row for each event, listed by customer. */
const PLACINGS = projection<unknown, { readonly type: "OrderPlaced"; readonly data: z.infer<typeof ORDER> }>({
  name: "placings",
  version: 1,
  project: ({ id, event: { data } }, view) => view.put(id, { total: data.total }, { customer: [data.customer] }),
});

class Trial {
  private readonly store: Store;
  private readonly roundMs: number;
  private readonly random = seededRandom(8);
  private readonly fact = factSource("fresh");
  private readonly running: RunningProjection;
  private quietP99Ms = NaN;

  constructor(store: Store, roundMs: number) {
    this.store = store;
    this.roundMs = roundMs;
    const ids = idSource(systemClock, seededRandom(9));
    const events = eventStore(store, TYPES, NO_KEYS);
    this.running = runProjection(PLACINGS, { events, clock: systemClock, ids, owner: "bench", retireAfterMs: 0 });
  }

  quiet(): Contender {
    return this.contender("alone", async () => {
      await this.settled();
      const sample = await this.append();
      this.quietP99Ms = sample.further.p99Ms;
      return sample;
    });
  }

  rebuilding(): Contender {
    return this.contender("while a projection is rebuilt", async () => {
      await this.settled();
      const rebuild = await this.running.rebuild();
      const sample = await this.append();
      const { state, perSecond } = rebuild.progress();
      await rebuild.abandon();
      if (state !== "catching-up") throw benchFailed(`the rebuild is ${state} before the round is over`);
      const p99Ratio = sample.further.p99Ms / this.quietP99Ms;
      return { ...sample, further: { ...sample.further, p99Ratio, rebuiltPerSecond: perSecond } };
    });
  }

  close(): Promise<void> {
    return this.running.stop();
  }

  /** Resolves when the projection follows and what earlier rounds left is deleted. */
  private async settled(): Promise<void> {
    for (;;) {
      const left = await this.store.listKeys("projection-retired/");
      if (left.length === 0 && this.running.status().subscription?.state === "live") return;
      await pause(50);
    }
  }

  private async append(): Promise<Sample & { readonly further: { readonly p50Ms: number; readonly p99Ms: number } }> {
    const latencies: number[] = [];
    const under: Promise<void>[] = [];
    const cpu = process.cpuUsage();
    const started = performance.now();
    for (let planned = started; planned < started + this.roundMs;) {
      planned += (-Math.log(1 - unit(this.random)) * 1_000) / PER_SECOND;
      const at = planned;
      for (let waitMs = at - performance.now(); waitMs > 0; waitMs = at - performance.now()) await pause(waitMs);
      under.push(this.commit(this.fact()).then(() => void latencies.push(performance.now() - at)));
    }
    await Promise.all(under);
    const { user, system } = process.cpuUsage(cpu);
    const perSecond = (under.length / (performance.now() - started)) * 1_000;
    const further = { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
    return { perSecond, cpuMicros: (user + system) / under.length, further };
  }

  private async commit(fact: OneFact): Promise<void> {
    const { outcome } = await this.store.commit(unitOf(fact, true));
    if (outcome !== "committed") throw benchFailed(`a unit was ${outcome}`);
  }

  private contender(workload: string, measure: () => Promise<Sample>): Contender {
    return { name: "daybook", workload, callers: 1, open: async () => ({ measure, close: async () => {} }) };
  }
}
