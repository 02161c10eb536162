import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  added,
  faultyStore,
  removed,
  trialLog,
  type Fate,
  type TrialEvent,
  type TrialLog,
} from "@daybook/data/event-store/conformance/trial";
import { batchNotApplied, storeStopped } from "@daybook/data/store/errors";
import type { Store } from "@daybook/data/store";
import { liveGeneration } from "./generations.ts";
import { projection, type Projection } from "./projection.ts";
import { readModel, waitFor } from "./read-model.ts";
import { runProjection, type RunningProjection } from "./running-projection.ts";

interface Total {
  readonly total: number;
  /** Positions of the events, in the order of their application: tells loss, repetition and reordering apart. */
  readonly trail: readonly number[];
}

type Rows = Readonly<Record<string, Total>>;

/** Joins streams: a row for each stream and one over all; rows come and go. */
function change(rows: Record<string, Total>, key: string, position: number, event: TrialEvent, factor: number): void {
  const { total, trail } = rows[key] ?? { total: 0, trail: [] };
  const next = total + factor * (event.type === "Added" ? event.data.n : -event.data.n);
  if (next === 0 && key !== "all") delete rows[key];
  else rows[key] = { total: next, trail: [...trail, position] };
}

function totals(version: number): Projection<Total, TrialEvent> {
  return projection<Total, TrialEvent>({
    name: "totals",
    version,
    categories: ["sum", "more"],
    async project({ stream, position, event }, view) {
      for (const key of [stream, "all"]) {
        const row = await view.get(key);
        const rows: Record<string, Total> = row ? { [key]: row } : {};
        change(rows, key, position, event, version);
        if (rows[key]) view.put(key, rows[key], { total: [String(rows[key].total)] });
        else view.delete(key);
      }
    },
  });
}

/** The oracle: a loop over the whole log up to a position, of its own. */
async function foldOf(log: TrialLog, version: number, until: number): Promise<Rows> {
  const rows: Record<string, Total> = {};
  const { events } = await log.events.readLog({ after: 0 });
  for (const { stream, position, event } of events) {
    if (position > until || stream.startsWith("other-")) continue;
    for (const key of [stream, "all"]) change(rows, key, position, event as TrialEvent, version);
  }
  return rows;
}

const FATES: readonly Fate[] = ["commit", "commit", "commit", "reject", "lose", "vanish"];

type Step =
  | { readonly kind: "append"; readonly stream: string; readonly numbers: readonly number[] }
  | { readonly kind: "run"; readonly turns: number; readonly ms: number }
  /** The process dies with its next commit meeting this fate, and another one begins, with code of this version at least. */
  | { readonly kind: "crash"; readonly fate: Fate; readonly version: number }
  | { readonly kind: "fates"; readonly fates: readonly Fate[] }
  | { readonly kind: "rebuild" }
  | { readonly kind: "switch" };

const numbers = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append"),
      stream: fc.constantFrom("sum-a", "sum-b", "more-a", "other-a"),
      numbers,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("run"),
      turns: fc.integer({ min: 0, max: 12 }),
      ms: fc.integer({ min: 0, max: 400 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("crash"),
      fate: fc.constantFrom(...FATES),
      version: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("fates"), fates: fc.array(fc.constantFrom(...FATES), { maxLength: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rebuild") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("switch") }) },
);

interface Counts {
  checked: number;
  crashed: number;
  rebuilt: number;
  faulty: number;
}

/** A process that runs the projection on a faulty way to the log's store; it can be killed. */
class Process {
  readonly running: RunningProjection;
  fates: Fate[] = [];
  private readonly log: TrialLog;
  private dying: Fate | undefined;
  private isDead = false;

  constructor(log: TrialLog, version: number, counts: Counts, check: () => Promise<void>) {
    this.log = log;
    const store: Store = faultyStore(
      this.checking(log.store, check),
      () => this.fateOf(counts),
      () => this.rejection(),
    );
    this.running = runProjection(totals(version), {
      events: log.through(store),
      clock: log.clock,
      ids: log.ids,
      owner: "node",
      retireAfterMs: 200,
      tuning: { pageSize: 4, leaseMs: 1_000, skipsMax: 5, pollMs: 100, stalledMs: 500 },
    });
  }

  /** `store`, looked at after each commit. */
  private checking(store: Store, check: () => Promise<void>): Store {
    return {
      ...store,
      async commit(unit) {
        const verdict = await store.commit(unit);
        await check();
        return verdict;
      },
    };
  }

  private fateOf(counts: Counts): Fate {
    if (this.isDead) return "reject";
    if (this.dying) {
      this.isDead = true;
      return this.dying;
    }
    const fate = this.fates.shift() ?? "commit";
    if (fate !== "commit") counts.faulty++;
    return fate;
  }

  private rejection(): Error {
    return this.isDead ? storeStopped("the process is dead") : batchNotApplied("busy");
  }

  /** The next commit is the last. What still runs of it does nothing any more. */
  async kill(fate: Fate): Promise<void> {
    this.dying = fate;
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    this.isDead = true;
    await this.stop();
  }

  async stop(): Promise<void> {
    let isStopped = false;
    const stopping = this.running.stop().then(() => (isStopped = true));
    await this.log.until(() => isStopped);
    await stopping;
  }
}

/** Every generation is, at its checkpoint, the fold of its events. */
async function holds(log: TrialLog, versions: ReadonlyMap<number, number>, counts: Counts): Promise<void> {
  for (const [generation, version] of versions) {
    // Read in one turn of the memory store: nothing is committed in between.
    const [checkpoint, { rows }] = await Promise.all([
      log.store.getKey(`checkpoint/totals.${generation}`),
      log.store.listRows({ collection: `totals.${generation}` }),
    ]);
    if (checkpoint === "retired" || (checkpoint === undefined && rows.length === 0)) continue;
    const found = Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value) as Total]));
    assert.deepEqual(found, await foldOf(log, version, Number(checkpoint)));
    counts.checked++;
  }
}

async function follow(steps: readonly Step[], counts: Counts): Promise<void> {
  const log = trialLog();
  const versions = new Map<number, number>();
  const note = async () => {
    for (const { value } of [...(await log.store.listKeys("projection/")), ...(await log.store.listKeys("projection-next/"))]) {
      const { generation, version } = JSON.parse(value) as { generation: number; version: number };
      versions.set(generation, version);
    }
  };
  let shown = 0;
  /** What readers see never goes back, also by a switch. */
  const rises = async () => {
    const last = (await readModel<Total>(log.store, "totals").get("all"))?.value.trail.at(-1) ?? 0;
    assert.ok(last >= shown, `readers saw position ${shown}, now ${last}`);
    shown = last;
  };
  /** Not thrown where it is found: the subscription would take it for a failure of the store. */
  const broken: unknown[] = [];
  const check = async () => {
    await note();
    await holds(log, versions, counts)
      .then(rises)
      .catch((error: unknown) => broken.push(error));
  };
  let version = 1;
  let process = new Process(log, version, counts, check);
  for (const one of steps) {
    switch (one.kind) {
      case "append":
        await log.append(one.stream, ...one.numbers.map((n) => (n < 0 ? removed(-n) : added(n))));
        break;
      case "run":
        for (let turn = 0; turn < one.turns; turn++) await setImmediate();
        log.clock.advance(one.ms);
        break;
      case "fates":
        process.fates = [...one.fates];
        break;
      case "crash":
        await process.kill(one.fate);
        version = Math.max(version, one.version);
        process = new Process(log, version, counts, check);
        counts.crashed++;
        break;
      case "rebuild":
      case "switch": {
        const rebuild = process.running.rebuild().then((begun) => (one.kind === "switch" ? begun.switchTo() : undefined));
        void rebuild.then(() => counts.rebuilt++).catch(() => undefined);
        break;
      }
    }
  }
  process.fates = [];
  await isReached(log, version);
  await check();
  await process.stop();
  await log.store.close();
  if (broken.length > 0) throw broken[0];
}

/** In bounded time once writes and faults stop, the live rows are those of the newest code, of all events. */
async function isReached(log: TrialLog, version: number): Promise<void> {
  const { position } = await log.store.head();
  const from = log.clock.elapsed();
  await log.until(async () => {
    const live = await liveGeneration(log.store, "totals");
    return live?.version === version && (await waitFor(log.store, totals(version), position, 0, log.clock)).isReached;
  }, 50);
  assert.ok(log.clock.elapsed() - from < 60_000, "within a minute");
}

void describe("law 3", () => {
  void test(
    "a projection is the fold of its events, through crashes, faults, rebuilds and new versions",
    { timeout: 120_000 },
    async () => {
      const counts: Counts = { checked: 0, crashed: 0, rebuilt: 0, faulty: 0 };
      const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: "max" }), (steps) =>
        follow(steps, counts),
      );
      await fc.assert(property, { numRuns: 150 });
      assert.ok(
        counts.checked > 1_000 && counts.crashed > 50 && counts.rebuilt > 20 && counts.faulty > 50,
        JSON.stringify(counts),
      );
    },
  );
});
