import type { Store } from "@daybook/data/store";
import type { SegmentPlace } from "@daybook/data/store/archive/segment-place";
import type { EncodedUnit, Engine } from "@daybook/data/store/engine";
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
import type { ToldPosition } from "./position-checker.ts";
import { PlayedWorld } from "./played-world.ts";
import { startShopProcess, type ShopProcess } from "./shop-process.ts";

/** Faults of the place itself, whatever the engine. */
const SITE_FAULTS = {
  killed: { chance: 0.01, within: 40 },
  "stopped by a failure": { chance: 0 },
  "clock jumped": { chance: 0.01, within: 10 },
  halted: { chance: 0.004, within: 12 },
} as const;

/** Of the processes of a shared store. */
const PAIR_FAULTS = { "not started again": { chance: 0, within: 3 } } as const;

type SiteFault = keyof typeof SITE_FAULTS;

/** Where the shop runs: one process on a disk, or two on a database server. What dies is started again. */
export interface Site {
  readonly kind: "embedded" | "shared";
  readonly journal: Journal;
  readonly record: StoreRecord;
  readonly faults: FaultPlan;
  /** The world outside. */
  readonly outside: PlayedWorld;
  /** Told of products of which a movement is held up on its way. */
  onHeldUp: (productId: string) => void;
  /** A process that lives; waits for one. */
  process(): Promise<ShopProcess>;
  /** All processes live, and what is derived has reached the head of the log. */
  isDrained(): boolean;
  /** Faults strike from here on. */
  begin(): void;
  /** Faults end. */
  calm(): void;
  /** Faults strike again. */
  trouble(): void;
  /** Ends every process and opens what is durable once more. */
  reopen(): Promise<Engine>;
  /** How often a process has ended before `reopen`. */
  deaths(): number;
  /** What processes said of how far they had come. */
  readonly told: readonly ToldPosition[];
}

export interface SiteOptions {
  /** Makes an empty engine; one in memory unless given. */
  readonly makeEngine?: (clock: Clock) => Engine;
  /** Where old facts are, when they are archived. */
  readonly cold?: SegmentPlace;
}

export function openSite(world: World, options: SiteOptions = {}): Site {
  const random = world.random("site");
  const all = { makeEngine: (clock: Clock) => memoryEngine({ clock }), ...options };
  return oneIn(random, 2) ? embeddedSite(world, random, all) : sharedSite(world, random, all);
}

type AllOptions = SiteOptions & Required<Pick<SiteOptions, "makeEngine">>;

function embeddedSite(world: World, random: Random, { makeEngine, cold }: AllOptions): Site {
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
    cold,
  });
}

function sharedSite(world: World, random: Random, { makeEngine, cold }: AllOptions): Site {
  const faults = faultPlan(world.random("faults"), { ...SITE_FAULTS, ...PAIR_FAULTS, ...OUTSIDE_FAULTS, ...SERVER_FAULTS });
  const onHeldUp = ({ conditions }: EncodedUnit) => {
    for (const one of conditions) if (one.kind === "version") site.onHeldUp(one.stream.slice("stock-".length));
  };
  const server = simulatedServer({ world, faults, makeEngine, onHeldUp });
  const open = async (one: Life) => server.connect(one);
  const isGivenUp = () => faults.strikes("not started again");
  const parts = { world, random, faults, journal: server.journal, open, isGivenUp, cold };
  const site = new RunningSite({ kind: "shared", places: 2, ...parts });
  return site;
}

interface SiteParts {
  readonly kind: Site["kind"];
  readonly world: World;
  readonly random: Random;
  readonly faults: FaultPlan<SiteFault | OutsideFault>;
  readonly journal: Journal;
  readonly open: (one: Life) => Promise<Engine>;
  readonly places: number;
  readonly cold?: SegmentPlace | undefined;
  /** Whether a process that has ended is not started again. */
  readonly isGivenUp?: () => boolean;
}

/** Leases of 4 and of 30 seconds, messages that are held for 30, and leases that others have for 30 more. */
const HALTS_MS = [
  [0, 3_000],
  [5_000, 14_000],
  [5_000, 14_000],
  [31_000, 41_000],
  [62_000, 80_000],
] as const;
const LOOK_MS = 100;
const CALM_LOOK_MS = 500;

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
  /** Entries of the journal. */
  private lookedAt = 0;
  private ends = 0;
  private isCalm = true;
  private isClosing = false;
  /** Places whose process will not be started again. */
  private readonly givenUp = new Set<number>();
  readonly told: ToldPosition[] = [];
  onHeldUp: Site["onHeldUp"] = () => {};
  private readonly lastTold = new Map<string, number>();

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
    this.trouble();
    const { world, random } = this.parts;
    // Whatever the plan says, one process dies in every run: days are longer than this.
    world.clock.after(50 + below(random, 450), () => this.kill(this.living.get(1)));
    this.lookAround();
  }

  calm(): void {
    this.setCalm(true);
  }

  trouble(): void {
    this.setCalm(false);
  }

  private setCalm(isCalm: boolean): void {
    this.isCalm = isCalm;
    this.parts.faults.setActive(!isCalm);
  }

  deaths(): number {
    return this.ends;
  }

  isDrained(): boolean {
    if (this.living.size < this.parts.places - this.givenUp.size || this.recommitting > 0 || !this.outside.isQuiet) return false;
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
        cold: this.parts.cold,
      });
      world.trace.add(`${one.name} starts`);
      if (number > 1) void this.recommitUnknown(process);
      this.living.set(place, process);
      await one.ended;
      this.living.delete(place);
      world.trace.add(`${one.name} has ended`);
      if (this.isClosing) return;
      this.ends++;
      if (this.isGivenUp(place)) return;
      await world.delay(random, 20, 400);
    }
  }

  /** Whether this was the end of one of two processes: the other one has it all to do. */
  private isGivenUp(place: number): boolean {
    if (this.givenUp.size + 1 >= this.parts.places || !this.parts.isGivenUp?.()) return false;
    this.givenUp.add(place);
    return true;
  }

  private kill(process: ShopProcess | undefined): void {
    if (!process) return;
    this.parts.faults.note("killed");
    process.life.end();
  }

  /** For a moment, for longer than short leases last, than messages are held, or than others have long leases and leave them. */
  private halt({ life: one }: ShopProcess): void {
    const { world, random } = this.parts;
    const [least, most] = pick(random, HALTS_MS);
    const ms = least + below(random, most - least);
    world.trace.add(`${one.name} stands still for ${ms} ms`);
    one.halt();
    world.clock.after(ms, () => one.goOn());
  }

  /** Notes what is new of how far the projections say that they have come. */
  private ask({ life: one, projections }: ShopProcess): void {
    const entries = this.journal.entries.length;
    for (const { running, ...filter } of projections) {
      const { name, position } = running.status().subscription ?? {};
      if (name === undefined || position === undefined || this.lastTold.get(`${one.name} ${name}`) === position) continue;
      this.lastTold.set(`${one.name} ${name}`, position);
      this.told.push({ process: one.name, name, position, entries, ...filter });
    }
  }

  /** What is durably handed over, somebody has brought to the carrier. */
  private handOver(): void {
    for (const { units, verdicts } of this.journal.entries.slice(this.lookedAt)) {
      for (const [index, unit] of units.entries()) {
        const verdict = verdicts[index];
        if (verdict?.outcome === "committed" && !verdict.isRepeated)
          handedOver(unit).forEach((id) => this.outside.carrier.take(id));
      }
    }
    this.lookedAt = this.journal.entries.length;
  }

  /** Kills, halts, moves the clock, and ends what its store has stopped: an operator would restart it. */
  private lookAround(): void {
    const { world, faults, random } = this.parts;
    if (this.isClosing) return;
    for (const process of this.living.values()) {
      if (process.store.status().state === "stopped") {
        faults.note("stopped by a failure");
        process.life.end();
      } else if (faults.strikes("killed")) process.life.end();
      else if (!process.life.isHalted && faults.strikes("halted")) this.halt(process);
      this.ask(process);
    }
    this.handOver();
    if (faults.strikes("clock jumped")) world.clock.jump(below(random, 4_000) - 2_000);
    world.clock.after(this.isCalm ? CALM_LOOK_MS : LOOK_MS, () => this.lookAround());
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
    if (commit.rejected !== undefined || (commit.verdict && commit.verdict.outcome !== "unknown")) return false;
    if (this.recommitted.has(commit)) return false;
    if (commit.verdict) return true;
    return ![...this.living.values()].some(({ life: one }) => one.name === commit.process);
  }
}

/** Orders whose shipments the unit records as handed over. */
function handedOver({ effects }: EncodedUnit): readonly string[] {
  return effects.flatMap((effect) => {
    const isHandOver = effect.kind === "append" && effect.events.some(({ type }) => type === "ShipmentHandedOver");
    return isHandOver ? [effect.stream.slice("shipment-".length)] : [];
  });
}

/** How far each of what follows the log has come. */
function positionsOf({ projections, work, sealer }: ShopProcess): readonly number[] {
  const { subscriptions, notifications } = work;
  return [
    ...projections.map(({ running }) => running.status().subscription?.position ?? 0),
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
