import type { Store } from "@daybook/data/store";
import type { Engine } from "@daybook/data/store/engine";
import type { Unit } from "@daybook/data/store/unit";
import { memoryEngine, memoryStore } from "@daybook/data/store/memory";
import { sleep, type Clock } from "@daybook/kernel/clock";
import { below, pick, type Random } from "@daybook/kernel/random";
import { faultPlan, type FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Journal } from "@daybook/testing/simulation/journal";
import { life, type Life } from "@daybook/testing/simulation/life";
import { storeRecord, type RecordedCommit, type StoreRecord } from "@daybook/testing/simulation/recorded-store";
import { DISK_FAULTS, simulatedDisk } from "@daybook/testing/simulation/simulated-disk";
import { SERVER_FAULTS, simulatedServer } from "@daybook/testing/simulation/simulated-server";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import { OUTSIDE_FAULTS, type OutsideFault } from "./outside-faults.ts";
import { PlayedWorld } from "./played-world.ts";
import { startShopProcess, type ShopProcess } from "./shop-process.ts";

/** Faults of the place itself, whatever the engine. */
const SITE_FAULTS = {
  killed: { chance: 0.01, within: 40 },
  "stopped by a failure": { chance: 0 },
  "clock jumped": { chance: 0.01, within: 10 },
} as const;

type SiteFault = keyof typeof SITE_FAULTS;

/** Where the shop runs: one process on a disk, or two on a database server. What dies is started again. */
export interface Site {
  readonly kind: "embedded" | "shared";
  readonly journal: Journal;
  readonly record: StoreRecord;
  readonly faults: FaultPlan;
  /** The world outside. */
  readonly outside: PlayedWorld;
  /** A process that lives; waits for one. */
  process(): Promise<ShopProcess>;
  /** All processes live, and what is derived has reached the head of the log. */
  isDrained(): boolean;
  /** Faults strike from here on. */
  begin(): void;
  /** Faults end. */
  calm(): void;
  /** Ends every process and opens what is durable once more. */
  reopen(): Promise<Engine>;
  /** How often a process has ended before `reopen`. */
  deaths(): number;
}

export function openSite(world: World): Site {
  const random = world.random("site");
  return oneIn(random, 2) ? embeddedSite(world, random) : sharedSite(world, random);
}

const makeEngine = (clock: Clock) => memoryEngine({ clock });

function embeddedSite(world: World, random: Random): Site {
  const faults = faultPlan(world.random("faults"), { ...SITE_FAULTS, ...OUTSIDE_FAULTS, ...DISK_FAULTS });
  const disk = simulatedDisk({ world, faults, makeEngine });
  return new RunningSite({
    kind: "embedded",
    world,
    random,
    faults,
    journal: disk.journal,
    open: (one) => disk.open(one),
    places: 1,
  });
}

function sharedSite(world: World, random: Random): Site {
  const faults = faultPlan(world.random("faults"), { ...SITE_FAULTS, ...OUTSIDE_FAULTS, ...SERVER_FAULTS });
  const server = simulatedServer({ world, faults, makeEngine });
  const open = async (one: Life) => server.connect(one);
  return new RunningSite({ kind: "shared", world, random, faults, journal: server.journal, open, places: 2 });
}

interface SiteParts {
  readonly kind: Site["kind"];
  readonly world: World;
  readonly random: Random;
  readonly faults: FaultPlan<SiteFault | OutsideFault>;
  readonly journal: Journal;
  readonly open: (one: Life) => Promise<Engine>;
  readonly places: number;
}

const LOOK_MS = 100;

class RunningSite implements Site {
  readonly kind: Site["kind"];
  readonly journal: Journal;
  readonly record: StoreRecord;
  readonly faults: FaultPlan;
  readonly outside: PlayedWorld;
  private readonly parts: SiteParts;
  private readonly keyStore: Store;
  private readonly living = new Map<number, ShopProcess>();
  private readonly recommitted = new Set<RecordedCommit>();
  private recommitting = 0;
  private ends = 0;
  private isClosing = false;

  constructor(parts: SiteParts) {
    this.parts = parts;
    this.kind = parts.kind;
    this.journal = parts.journal;
    this.faults = parts.faults;
    this.record = storeRecord(parts.journal);
    this.outside = new PlayedWorld(parts.world, parts.faults, () => this.process());
    this.keyStore = memoryStore({ clock: parts.world.clock });
    for (let place = 1; place <= parts.places; place++) void this.keepRunning(place);
  }

  async process(): Promise<ShopProcess> {
    for (;;) {
      const alive = [...this.living.values()];
      if (alive.length > 0) return pick(this.parts.random, alive);
      await sleep(this.parts.world.clock, 20);
    }
  }

  begin(): void {
    this.parts.faults.setActive(true);
    const { world, random } = this.parts;
    // Whatever the plan says, one process dies in every run: days are longer than this.
    world.clock.after(50 + below(random, 450), () => this.kill(this.living.get(1)));
    this.lookAround();
  }

  calm(): void {
    this.parts.faults.setActive(false);
  }

  deaths(): number {
    return this.ends;
  }

  isDrained(): boolean {
    if (this.living.size < this.parts.places || this.recommitting > 0 || this.outside.hooksOnTheWay > 0) return false;
    const head = this.journal.head;
    const processes = [...this.living.values()];
    const reached = processes.map((process) => positionsOf(process));
    return reached[0]?.every((_, which) => reached.some((positions) => (positions[which] ?? 0) >= head)) ?? false;
  }

  async reopen(): Promise<Engine> {
    this.isClosing = true;
    for (const process of this.living.values()) process.life.end();
    await sleep(this.parts.world.clock, 10);
    return this.parts.open(life("inspector"));
  }

  /** Starts a process at a place, and another one whenever it has died. */
  private async keepRunning(place: number): Promise<void> {
    const { world, random } = this.parts;
    for (let number = 1; !this.isClosing; number++) {
      const one = life(`p${place}.${number}`);
      const engine = await this.parts.open(one);
      const process = startShopProcess({
        world,
        life: one,
        engine,
        record: this.record,
        keyStore: this.keyStore,
        owner: this.kind === "shared" ? one.name : "embedded",
        outside: this.outside.outside(one),
      });
      world.trace.add(`${one.name} starts`);
      if (number > 1) void this.recommitUnknown(process);
      this.living.set(place, process);
      await one.ended;
      this.living.delete(place);
      world.trace.add(`${one.name} has ended`);
      if (this.isClosing) return;
      this.ends++;
      await world.delay(random, 20, 400);
    }
  }

  private kill(process: ShopProcess | undefined): void {
    if (!process) return;
    this.parts.faults.note("killed");
    process.life.end();
  }

  /** Kills, moves the clock, and ends what its store has stopped: an operator would restart it. */
  private lookAround(): void {
    const { world, faults, random } = this.parts;
    if (this.isClosing) return;
    for (const process of this.living.values()) {
      if (process.store.status().state === "stopped") {
        faults.note("stopped by a failure");
        process.life.end();
      } else if (faults.strikes("killed")) process.life.end();
    }
    if (faults.strikes("clock jumped")) world.clock.jump(below(random, 4_000) - 2_000);
    world.clock.after(LOOK_MS, () => this.lookAround());
  }

  /** Half of the units whose outcome nobody knows are committed again under their ids, by whoever comes up next. */
  private async recommitUnknown({ store, life: one }: ShopProcess): Promise<void> {
    const open = this.record.commits.filter((commit) => this.isUnknown(commit));
    for (const commit of open) this.recommitted.add(commit);
    const others = this.kind === "shared" ? open : open.filter(({ unit }) => !isOfOneProcess(unit));
    const chosen = others.filter(() => oneIn(this.parts.random, 2));
    this.recommitting++;
    await Promise.race([this.recommitAll(store, chosen), one.ended]);
    this.recommitting--;
  }

  private async recommitAll(store: Store, chosen: readonly RecordedCommit[]): Promise<void> {
    for (const { unit } of chosen) await store.commit(unit).catch(() => undefined); // recorded
  }

  private isUnknown(commit: RecordedCommit): boolean {
    if (this.recommitted.has(commit) || commit.rejected !== undefined) return false;
    if (commit.verdict) return commit.verdict.outcome === "unknown";
    return ![...this.living.values()].some(({ life: one }) => one.name === commit.process);
  }
}

/** How far each of what follows the log has come. */
function positionsOf({ projections, work, sealer }: ShopProcess): readonly number[] {
  const { subscriptions, notifications } = work;
  return [
    ...projections.map((projection) => projection.status().subscription?.position ?? 0),
    ...subscriptions.map((subscription) => subscription.status().position),
    notifications?.status().subscription.position ?? 0,
    sealer.status().position,
  ];
}

/**
 * What is done under a lease, and movements of stock, follow what their process has in memory: nobody commits them for one
 * that is dead. On a shared store tokens and marks would refuse them; an embedded store's only writer needs none.
 */
function isOfOneProcess({ conditions }: Unit): boolean {
  return conditions.some((one) => one.kind === "leaseHeld" || (one.kind === "version" && one.stream.startsWith("stock-")));
}
