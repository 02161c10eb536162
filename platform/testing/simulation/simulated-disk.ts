import type { Clock } from "@daybook/kernel/clock";
import { below, type Random } from "@daybook/kernel/random";
import type { EncodedUnit, Engine } from "@daybook/data/store/engine";
import { batchNotApplied, storeIoFailed, storeStopped } from "@daybook/data/store/errors";
import type { Verdict } from "@daybook/data/store/unit";
import type { FaultPlan, FaultRate } from "@daybook/testing/faults/fault-plan";
import { wrappedReads } from "@daybook/testing/faults/wrapped-reads";
import { GrowingJournal, type JournalEntry } from "./journal.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** Faults of a disk under an embedded store. The `tail` is what was written and not synced when the process died. */
export const DISK_FAULTS = {
  "batch refused": { chance: 0.003, within: 60 },
  "sync failed": { chance: 0.003, within: 60 },
  "sync stalled": { chance: 0.02, within: 20 },
  "died at a sync": { chance: 0.004, within: 60 },
  "died before an answer": { chance: 0.004, within: 60 },
  "read stalled": { chance: 0.004, within: 60 },
  "tail lost": { chance: 0 },
  "tail kept": { chance: 0 },
  "tail cut": { chance: 0 },
} as const satisfies Record<string, FaultRate>;

export type DiskFault = keyof typeof DISK_FAULTS;

export interface SimulatedDiskOptions {
  readonly world: World;
  readonly faults: FaultPlan<DiskFault>;
  /** Makes an empty engine on a clock; its `apply` must not wait for anything. */
  readonly makeEngine: (clock: Clock) => Engine;
}

/** The deterministic twin of a file under an embedded engine: it outlives the processes that open it, one at a time. */
export interface SimulatedDisk {
  readonly journal: GrowingJournal;
  /** Opens what is durable, for a process whose predecessor is dead. Which part of an un-synced tail survived is seeded. */
  open(life: Life): Promise<Engine>;
}

export function simulatedDisk(options: SimulatedDiskOptions): SimulatedDisk {
  const journal = new GrowingJournal();
  const random = options.world.random("disk");
  let last: OpenDisk | undefined;
  let opening = 0;
  return {
    journal,
    async open(life) {
      for (const entry of survivors(last?.unsynced ?? [], options, random)) journal.add(entry);
      const clock = pinnedClock(options.world.clock);
      const engine = options.makeEngine(clock);
      for (const entry of journal.entries) await clock.pinned(entry.at, () => engine.apply(entry.units));
      last = new OpenDisk({ ...options, journal, random, engine, life, opening: ++opening });
      return last.asEngine();
    },
  };
}

interface PinnedClock extends Clock {
  pinned<T>(at: number, task: () => Promise<T>): Promise<T>;
}

/** A clock that can be held at a time, so that what is replayed is recorded as of then. */
function pinnedClock(clock: Clock): PinnedClock {
  let pin: number | undefined;
  return {
    now: () => pin ?? clock.now(),
    elapsed: () => clock.elapsed(),
    after: (delayMs, run) => clock.after(delayMs, run),
    async pinned(at, task) {
      pin = at;
      try {
        return await task();
      } finally {
        pin = undefined;
      }
    },
  };
}

/** A tail survives wholly, not at all, or up to some unit: the disk writes in order. */
function survivors(
  tail: readonly JournalEntry[],
  { world, faults }: SimulatedDiskOptions,
  random: Random,
): readonly JournalEntry[] {
  const count = tail.reduce((sum, entry) => sum + entry.units.length, 0);
  if (count === 0) return [];
  let rest = below(random, count + 1);
  faults.note(rest === 0 ? "tail lost" : rest === count ? "tail kept" : "tail cut");
  world.trace.add(`tail: ${rest} of ${count} units survived`);
  const kept: JournalEntry[] = [];
  for (const { at, units, verdicts } of tail) {
    if (rest > 0) kept.push({ at, units: units.slice(0, rest), verdicts: verdicts.slice(0, rest) });
    rest = Math.max(0, rest - units.length);
  }
  return kept;
}

interface OpenDiskParts extends SimulatedDiskOptions {
  readonly journal: GrowingJournal;
  readonly random: Random;
  readonly engine: Engine;
  readonly life: Life;
  readonly opening: number;
}

class OpenDisk {
  readonly unsynced: JournalEntry[] = [];
  private readonly parts: OpenDiskParts;
  private inFlight: Promise<void> | undefined;
  private failure: Error | undefined;

  constructor(parts: OpenDiskParts) {
    this.parts = parts;
  }

  asEngine(): Engine {
    const { engine, life, opening } = this.parts;
    return {
      capabilities: { ...engine.capabilities, isDurable: true },
      opening,
      apply: (units) => life.through(() => this.apply(units)),
      ...wrappedReads(engine, (_, __, query) => life.through(() => this.read(query))),
      close: async () => {},
    };
  }

  private async apply(units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const { world, faults, random, engine } = this.parts;
    await world.delay(random, 0, 1);
    this.assertAlive();
    if (faults.strikes("batch refused")) throw batchNotApplied("the simulated disk refused the batch");
    const at = world.clock.now();
    const verdicts = await engine.apply(units);
    this.unsynced.push({ at, units, verdicts });
    world.trace.add(
      `${this.parts.life.name} apply ${units.map(({ id }, index) => `${id} ${verdicts[index]?.outcome}`).join(", ")}`,
    );
    await this.sync();
    if (faults.strikes("died before an answer")) this.die("before an answer");
    return verdicts;
  }

  /** Everything written so far is durable when it resolves. */
  private async sync(): Promise<void> {
    const syncing = this.synced(this.unsynced.length);
    this.inFlight = syncing.catch(() => undefined);
    await syncing;
    this.inFlight = undefined;
  }

  private async synced(count: number): Promise<void> {
    const { world, faults, random, journal } = this.parts;
    const [least, most] = faults.strikes("sync stalled") ? [200, 3_000] : [0.25, 4];
    await world.delay(random, least, most);
    this.assertAlive();
    if (faults.strikes("died at a sync")) this.die("at a sync");
    if (faults.strikes("sync failed")) {
      this.failure = storeIoFailed("a simulated sync failed");
      throw this.failure;
    }
    for (const entry of this.unsynced.splice(0, count)) journal.add(entry);
  }

  /** A reader waits for the sync under way: what it is told must not be lost. */
  private async read<T>(query: () => Promise<T>): Promise<T> {
    const { world, faults, random } = this.parts;
    if (faults.strikes("read stalled")) await world.delay(random, 50, 2_000);
    else if (below(random, 4) === 0) await world.delay(random, 0, 2);
    const result = await query();
    await this.inFlight;
    if (this.failure) throw storeStopped("a simulated sync failed", { cause: this.failure });
    return result;
  }

  private die(where: string): never {
    this.parts.world.trace.add(`${this.parts.life.name} dies ${where}`);
    this.parts.life.end();
    return this.throwDead();
  }

  private assertAlive(): void {
    if (!this.parts.life.isAlive) this.throwDead();
  }

  /** Heard by nobody: the caller is dead. */
  private throwDead(): never {
    throw storeStopped(`${this.parts.life.name} is dead`);
  }
}
