import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "@daybook/kernel/clock";
import { LIMITS } from "../limits.ts";
import type { LogPage, Page, ReadLog, ReadStream, StoredEvent, StoreReads } from "../port.ts";
import type { FileWorker } from "./file-worker.ts";
import { EVENT_COLUMNS, eventOf, logFilter } from "./event-reads.ts";
import { listingReads } from "./listing-reads.ts";
import { leaseOf, liveValue, repeatedUnit } from "./state.ts";

export interface ReadSource {
  readonly db: DatabaseSync;
  readonly clock: Clock;
  readonly worker: FileWorker;
  /** Runs a query and resolves when what it saw is durable. */
  readonly durable: <T>(query: () => T) => Promise<T>;
}

export function sqliteReads(source: ReadSource): StoreReads {
  const { db, clock, durable } = source;
  const events = new EventQueries(db);
  const listings = listingReads(db);
  const head = db.prepare("SELECT position, recorded_at FROM facts ORDER BY position DESC LIMIT 1");
  const epoch = db.prepare("SELECT value FROM meta WHERE name = 'epoch'");
  const unit = db.prepare("SELECT position, recorded_at FROM units WHERE id = ?");
  const key = db.prepare("SELECT value, expires_at FROM keys WHERE key = ?");
  const lease = db.prepare("SELECT owner, token, expires_at FROM leases WHERE name = ?");
  return {
    head: () =>
      durable(() => {
        const last = head.get();
        const [position, recordedAt] = [Number(last?.["position"] ?? 0), Number(last?.["recorded_at"] ?? 0)];
        return { epoch: Number(epoch.get()?.["value"]), position, recordedAt };
      }),
    outcome: (unitId) => durable(() => repeatedUnit(unit.get(unitId))),
    readStream: (stream, options) => durable(() => events.stream(stream, options ?? {})),
    streamVersion: (stream, as = "fact") => durable(() => events.version(stream, as)),
    readLog: (options) => durable(() => events.log(options)),
    readDigests: (page) => durable(() => events.digests(page)),
    readCorrelation: (correlation, page) => durable(() => events.correlation(correlation, page ?? {})),
    getKey: (name) => durable(() => liveValue(key.get(name), clock.now())),
    listKeys: (prefix, page) => durable(() => listings.keys(prefix, page ?? {}, clock.now())),
    getRow: (collection, name) => durable(() => listings.row(collection, name)),
    listRows: (options) => durable(() => listings.rows(options)),
    countRows: (options, cap) => durable(() => listings.count(options, cap)),
    listEntries: (collection, page) => durable(() => listings.entries(collection, page ?? {})),
    getDue: (queue, id) => durable(() => listings.due(queue, id)),
    listDue: (queue, until, page) => durable(() => listings.dueUntil(queue, until, page ?? {})),
    getLease: (name) => durable(() => leaseOf(name, lease.get(name), clock.now())),
    listNames: (of, page) => durable(() => listings.names(of, page ?? {})),
    now: async () => clock.now(),
    check: () => source.worker.check(),
  };
}

/** How many facts one page of the log looks at, so that a filter that nothing passes does not hold the event loop. */
const SCAN_MAX = 10_000;

class EventQueries {
  private readonly db: DatabaseSync;
  private readonly forwards: Record<"fact" | "work", StatementSync>;
  private readonly backwards: Record<"fact" | "work", StatementSync>;
  private readonly last: Record<"fact" | "work", StatementSync>;
  private readonly head: StatementSync;
  private readonly digestsAfter: StatementSync;
  private readonly caseSize: StatementSync;
  private readonly caseFacts: StatementSync;
  private readonly caseWork: StatementSync;
  private readonly logs = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
    const both = (sql: (table: string, columns: string) => string) => ({
      fact: prepared(db, sql("facts", EVENT_COLUMNS.fact)),
      work: prepared(db, sql("work", EVENT_COLUMNS.work)),
    });
    this.forwards = both((t, c) => `SELECT ${c} FROM ${t} AS f WHERE stream = ? AND version >= ? ORDER BY version LIMIT ?`);
    this.backwards = both((t, c) => `SELECT ${c} FROM ${t} AS f WHERE stream = ? AND version <= ? ORDER BY version DESC LIMIT ?`);
    this.last = both((t) => `SELECT version FROM ${t} AS f WHERE stream = ? ORDER BY version DESC LIMIT 1`);
    this.head = prepared(db, "SELECT coalesce(max(position), 0) FROM facts");
    // As text: a small blob costs five times as much to hand over.
    this.digestsAfter = prepared(db, "SELECT lower(hex(digest)) FROM facts WHERE position > ? ORDER BY position LIMIT ?");
    this.caseSize = prepared(db, "SELECT coalesce(sum(facts), 0) FROM cases WHERE correlation = ?");
    this.caseFacts = prepared(
      db,
      `SELECT ${EVENT_COLUMNS.fact}, stream FROM cases AS c CROSS JOIN facts AS f ON f.position BETWEEN c.position AND c.position + c.facts - 1` +
        " WHERE c.correlation = ? ORDER BY c.position, f.position LIMIT ? OFFSET ?",
    );
    this.caseWork = prepared(
      db,
      `SELECT ${EVENT_COLUMNS.work}, stream FROM work WHERE correlation = ? ORDER BY stream, version LIMIT ? OFFSET ?`,
    );
  }

  stream(stream: string, { as = "fact", from, direction, limit }: ReadStream): readonly StoredEvent[] {
    const found =
      direction === "backwards"
        ? this.backwards[as].all(stream, from ?? Number.MAX_SAFE_INTEGER, limitOf(limit))
        : this.forwards[as].all(stream, from ?? 1, limitOf(limit));
    return found.map((row) => eventOf(row, stream));
  }

  version(stream: string, as: "fact" | "work"): number {
    return firstNumber(this.last[as], stream);
  }

  log({ after, limit, categories, types }: ReadLog): LogPage {
    const page = limitOf(limit);
    if (page === 0 || categories?.length === 0 || types?.length === 0) return this.nothingOf(after, page);
    const { where, parameters } = logFilter(categories, types);
    const until = Math.min(after + SCAN_MAX, Math.max(after, firstNumber(this.head)));
    const found = this.logQuery(where).all(after, until, ...parameters, page);
    const events = found.map((row) => eventOf(row));
    const last = events.at(-1);
    return { events, scannedTo: last && events.length === page ? last.position : until };
  }

  digests({ after = 0, limit }: Page<number>): readonly string[] {
    return this.digestsAfter.all(after, limitOf(limit)).map((row) => (row as unknown as readonly [string])[0]); // set to arrays
  }

  correlation(correlation: string, { after = 0, limit }: Page<number>): readonly StoredEvent[] {
    const page = limitOf(limit);
    const facts = firstNumber(this.caseSize, correlation);
    const found = after < facts ? this.caseFacts.all(correlation, page, after).map((row) => eventOf(row)) : [];
    if (found.length === page) return found;
    const work = this.caseWork.all(correlation, page - found.length, Math.max(0, after - facts));
    return [...found, ...work.map((row) => eventOf(row))];
  }

  private nothingOf(after: number, page: number): LogPage {
    return { events: [], scannedTo: page === 0 ? after : Math.max(after, firstNumber(this.head)) };
  }

  /** Statements by their filter's form; programs use a handful of forms. */
  private logQuery(where: string): StatementSync {
    let statement = this.logs.get(where);
    if (!statement) {
      if (this.logs.size >= 64) this.logs.clear();
      const sql = `SELECT ${EVENT_COLUMNS.fact}, stream FROM facts AS f WHERE f.position > ? AND f.position <= ?${where}`;
      statement = prepared(this.db, `${sql} ORDER BY f.position LIMIT ?`);
      this.logs.set(where, statement);
    }
    return statement;
  }
}

function prepared(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** The only number of a query that answers at most one row; 0 without one. */
function firstNumber(statement: StatementSync, ...parameters: string[]): number {
  const found = statement.get(...parameters) as readonly unknown[] | undefined; // set to arrays
  return Number(found?.[0] ?? 0);
}

function limitOf(limit: number | undefined): number {
  return Math.min(LIMITS.page, limit ?? LIMITS.page);
}
