import type { Clock } from "@daybook/kernel/clock";
import { below, type Random } from "@daybook/kernel/random";
import type { EncodedUnit, Engine } from "@daybook/data/store/engine";
import { batchNotApplied, storeIoFailed, storeStopped } from "@daybook/data/store/errors";
import type { Verdict } from "@daybook/data/store/unit";
import type { FaultPlan, FaultRate } from "@daybook/testing/faults/fault-plan";
import { wrappedReads } from "@daybook/testing/faults/wrapped-reads";
import { GrowingJournal } from "./journal.ts";
import type { Life } from "./life.ts";
import { oneIn, type World } from "./world.ts";

/** Faults of the way to a database that several processes share, and of these processes. */
export const SERVER_FAULTS = {
  "connection refused": { chance: 0.006, within: 60 },
  "connection lost before a commit": { chance: 0.006, within: 60 },
  "connection lost after a commit": { chance: 0.012, within: 20 },
  "server down": { chance: 0.002, within: 120 },
  "commit stalled": { chance: 0.002, within: 60 },
  "chained commit stalled": { chance: 0.04, within: 6 },
  "answer stalled": { chance: 0.01, within: 20 },
  "died before a commit": { chance: 0.002, within: 80 },
  "died after a commit": { chance: 0.003, within: 80 },
  "read stalled": { chance: 0.004, within: 60 },
  "read failed": { chance: 0.007, within: 60 },
} as const satisfies Record<string, FaultRate>;

export type ServerFault = keyof typeof SERVER_FAULTS;

export interface SimulatedServerOptions {
  readonly world: World;
  readonly faults: FaultPlan<ServerFault>;
  /** Makes an empty engine on a clock; its `apply` must not wait for anything. */
  readonly makeEngine: (clock: Clock) => Engine;
  /** Told of a unit that is held up on its way while others of its process follow it: the time for others to come in between. */
  readonly onHeldUp?: (unit: EncodedUnit) => void;
}

/** The deterministic twin of a database server: processes connect, and what they committed outlives them. */
export interface SimulatedServer {
  readonly journal: GrowingJournal;
  connect(life: Life): Engine;
}

export function simulatedServer(options: SimulatedServerOptions): SimulatedServer {
  const server = new Server(options);
  return { journal: server.journal, connect: (life) => server.connect(life) };
}

/** A process's connection. Its batches arrive in their order; when one is lost, those behind it are, too. */
interface Session {
  readonly life: Life;
  number: number;
  /** For a moment after a loss there is none: the process learns of the loss before it has another one. */
  isConnected: boolean;
  arrivals: Promise<void>;
  /** Who is told when another session has committed. */
  readonly listeners: Set<() => void>;
  isNewsUnderWay: boolean;
}

/** As the PostgreSQL engine notices what others commit: some time later, once for all of that time. */
const NEWS_AFTER_MS = 75;
const RECONNECT_MS = 1;

class Server {
  readonly journal = new GrowingJournal();
  private readonly world: World;
  private readonly faults: FaultPlan<ServerFault>;
  private readonly engine: Engine;
  private readonly random: Random;
  private readonly sessions = new Set<Session>();
  private downUntil = 0;
  private readonly onHeldUp: SimulatedServerOptions["onHeldUp"];

  constructor({ world, faults, makeEngine, onHeldUp }: SimulatedServerOptions) {
    this.onHeldUp = onHeldUp;
    this.world = world;
    this.faults = faults;
    this.engine = makeEngine(world.clock);
    this.random = world.random("server");
  }

  connect(life: Life): Engine {
    const listeners = new Set<() => void>();
    const session = { life, number: 0, isConnected: true, arrivals: Promise.resolve(), listeners, isNewsUnderWay: false };
    this.sessions.add(session);
    void life.ended.then(() => this.sessions.delete(session));
    return {
      capabilities: { ...this.engine.capabilities, isDurable: true, isShared: true, batchesInFlight: 4 },
      apply: (units) => life.through(() => this.apply(session, units)),
      ...wrappedReads(this.engine, (_, __, query) => life.through(() => this.read(query))),
      onForeignCommit(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      close: async () => {},
    };
  }

  private async apply(session: Session, units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const { faults } = this;
    if (!session.isConnected) throw batchNotApplied("the simulated connection is lost");
    const { number, arrivals } = session;
    let arrived: () => void = () => {};
    session.arrivals = new Promise((resolve) => (arrived = resolve));
    let verdicts: readonly Verdict[];
    try {
      await this.world.delay(this.random, 0.25, 3);
      await arrivals;
      // On the way for longer than leases last: meanwhile somebody else may take over.
      if (faults.strikes("commit stalled")) await this.world.delay(this.random, 5_000, oneIn(this.random, 3) ? 40_000 : 12_000);
      const chained = units.find(isChained);
      if (chained && faults.strikes("chained commit stalled")) {
        this.onHeldUp?.(chained);
        await this.world.delay(this.random, 50, 1_500);
      }
      verdicts = await this.arrive(session, number, units);
    } finally {
      arrived();
    }
    await this.travel();
    return verdicts;
  }

  private async arrive(session: Session, number: number, units: readonly EncodedUnit[]): Promise<readonly Verdict[]> {
    const { faults } = this;
    if (!session.life.isAlive) throw storeStopped(`${session.life.name} is dead`); // heard by nobody
    if (session.number !== number) throw batchNotApplied("the simulated connection had been lost");
    if (this.isDown() || faults.strikes("connection refused")) {
      this.disconnect(session);
      throw batchNotApplied("the simulated server cannot be reached");
    }
    if (faults.strikes("died before a commit")) this.die(session, "before a commit");
    if (faults.strikes("connection lost before a commit")) this.lose(session, "before a commit");
    const at = this.world.clock.now();
    const verdicts = await this.engine.apply(units);
    this.journal.add({ at, units, verdicts });
    for (const other of this.sessions) if (other !== session) this.tell(other);
    this.world.trace.add(
      `${session.life.name} apply ${units.map(({ id }, index) => `${id} ${verdicts[index]?.outcome}`).join(", ")}`,
    );
    if (faults.strikes("died after a commit")) this.die(session, "after a commit");
    if (faults.strikes("connection lost after a commit")) {
      if (oneIn(this.random, 2)) this.goDown(700, 3_500); // mostly longer than a store goes on trying
      this.lose(session, "after a commit");
    }
    return verdicts;
  }

  private tell(session: Session): void {
    if (session.isNewsUnderWay) return;
    session.isNewsUnderWay = true;
    session.life.clock(this.world.clock).after(NEWS_AFTER_MS, () => {
      session.isNewsUnderWay = false;
      for (const listener of session.listeners) listener();
    });
  }

  private isDown(): boolean {
    if (this.faults.strikes("server down")) this.goDown(200, 4_000);
    return this.world.clock.elapsed() < this.downUntil;
  }

  private goDown(leastMs: number, mostMs: number): void {
    this.downUntil = this.world.clock.elapsed() + leastMs + below(this.random, mostMs - leastMs);
  }

  private async travel(): Promise<void> {
    const [least, most] = this.faults.strikes("answer stalled") ? [500, 4_000] : [0.25, 3];
    await this.world.delay(this.random, least, most);
  }

  private async read<T>(query: () => Promise<T>): Promise<T> {
    if (this.faults.strikes("read stalled")) await this.world.delay(this.random, 50, 2_000);
    else if (oneIn(this.random, 3)) await this.world.delay(this.random, 0, 2);
    if (this.faults.strikes("read failed")) throw storeIoFailed("the simulated connection was lost at a read");
    const result = await query();
    if (oneIn(this.random, 3)) await this.world.delay(this.random, 0, 2);
    return result;
  }

  /** By the process's own time: once to learn of the loss, which may be when it is no longer halted, and once to connect. */
  private disconnect(session: Session): void {
    const clock = session.life.clock(this.world.clock);
    session.number++;
    session.isConnected = false;
    clock.after(RECONNECT_MS, () => clock.after(RECONNECT_MS, () => (session.isConnected = true)));
  }

  private lose(session: Session, where: string): never {
    this.disconnect(session);
    this.world.trace.add(`${session.life.name} loses its connection ${where}`);
    throw storeIoFailed(`the simulated connection was lost ${where}`);
  }

  private die(session: Session, where: string): never {
    this.world.trace.add(`${session.life.name} dies ${where}`);
    session.life.end();
    throw storeStopped(`${session.life.name} is dead`); // heard by nobody
  }
}

/** Whether the unit was decided on what another one of its process is to bring about: by a version, and by a mark beside it. */
function isChained({ conditions }: EncodedUnit): boolean {
  return conditions.some(({ kind }) => kind === "version") && conditions.some(({ kind }) => kind === "keyValue");
}
