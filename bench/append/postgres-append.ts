import { postgresStore } from "@daybook/data/store/postgres";
import type { Contender, Contest, OpenContender, Progress } from "../benchmark.ts";
import { closedLoop, eachBy, type Work } from "../closed-loop.ts";
import type { BenchOptions } from "../options.ts";
import { startPeer } from "../peers.ts";
import { benchDatabase, type BenchDatabase } from "../postgres-database.ts";
import { factSource, many, orderUnitOf, unitOf, type OneFact, type Streams } from "../workload.ts";
import { commitEach } from "./commit-each.ts";
import { bulkContenders } from "./postgres-bulk.ts";
import { RawPostgres } from "./raw-postgres.ts";

const CALLERS = [1, 16, 64, 256];
/** What most pools have by default, the peer's as well. */
const CONNECTIONS = 10;

const WORKLOADS: Readonly<Record<Streams, string>> = {
  fresh: "fresh streams",
  long: "long streams",
  hot: "one hot stream",
  orders: "orders",
};

/** One-event units into PostgreSQL: fresh streams, then with a row and an answer as the shop has them, then one hot stream without expected version, then in bulk. */
export async function postgresAppend(options: BenchOptions, progress: Progress): Promise<Contest> {
  const database = await benchDatabase(progress);
  const entrants = new Entrants(database, options.roundMs);
  return {
    contenders: [
      ...CALLERS.flatMap((callers) => entrants.all("fresh", callers)),
      ...CALLERS.flatMap((callers) => entrants.grouped("orders", callers)),
      ...CALLERS.flatMap((callers) => entrants.grouped("hot", callers)),
      ...bulkContenders(database, options.roundMs),
    ],
    references: ["rawAutocommit", "rawGroupCommit", "emmett", "copy"],
    close: () => database.close(),
  };
}

class Entrants {
  private readonly database: BenchDatabase;
  private readonly roundMs: number;
  private schemas = 0;

  constructor(database: BenchDatabase, roundMs: number) {
    this.database = database;
    this.roundMs = roundMs;
  }

  all(streams: Streams, callers: number): readonly Contender[] {
    const emmett = this.entrant("emmett", streams, callers, () => this.startPeer(callers));
    return [this.autocommit(streams, callers), ...this.grouped(streams, callers), emmett];
  }

  grouped(streams: Streams, callers: number): readonly Contender[] {
    return [
      this.entrant("rawGroupCommit", streams, callers, () => this.openGroups(streams, callers)),
      this.entrant("daybook", streams, callers, () => this.openDaybook(streams, callers)),
    ];
  }

  private autocommit(streams: Streams, callers: number): Contender {
    return this.entrant("rawAutocommit", streams, callers, async () => {
      const raw = await RawPostgres.open(this.database.url, this.newSchema(), streams, Math.min(callers, CONNECTIONS));
      const fact = factSource(streams);
      const prepare = (count: number) => {
        const facts = many(count, fact);
        return () => eachBy(callers, facts, (one) => raw.append([one]));
      };
      return { measure: this.loop(callers, prepare), close: () => raw.close() };
    });
  }

  private async openGroups(streams: Streams, callers: number): Promise<OpenContender> {
    const raw = await RawPostgres.open(this.database.url, this.newSchema(), streams, 1);
    const fact = factSource(streams);
    const prepare = (count: number) => {
      const facts = many(count, fact);
      return () => appendGroups(raw, facts, callers);
    };
    return { measure: this.loop(callers, prepare), close: () => raw.close() };
  }

  private async openDaybook(streams: Streams, callers: number): Promise<OpenContender> {
    const store = await postgresStore({ url: this.database.url, schema: this.newSchema() });
    const prepare = commitEach(store, factSource(streams), callers, (one) =>
      streams === "orders" ? orderUnitOf(one) : unitOf(one, streams !== "hot"),
    );
    return { measure: this.loop(callers, prepare), close: () => store.close() };
  }

  private startPeer(callers: number): Promise<OpenContender> {
    const { database, roundMs } = this;
    const { url: target, serverPid } = database;
    return startPeer({ peer: "emmett-postgresql", target, does: "append", callers, roundMs, streams: 0, events: 0, serverPid });
  }

  private entrant(name: string, streams: Streams, callers: number, open: () => Promise<OpenContender>): Contender {
    return { name, workload: WORKLOADS[streams], callers, open };
  }

  private loop(callers: number, prepare: (count: number) => Work) {
    const { database, roundMs } = this;
    return closedLoop({ prepare, roundMs, callers, otherCpuMicros: () => database.cpuMicros() });
  }

  private newSchema(): string {
    return `append_${++this.schemas}`;
  }
}

async function appendGroups(raw: RawPostgres, facts: readonly OneFact[], size: number): Promise<void> {
  for (let at = 0; at < facts.length; at += size) await raw.append(facts.slice(at, at + size));
}
