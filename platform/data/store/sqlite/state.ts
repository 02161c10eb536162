import type { StatementSync } from "node:sqlite";
import type { ConditionState } from "../conditions.ts";
import type { Lease } from "../port.ts";
import type { Committed, StreamKind } from "../unit.ts";
import type { BulkInsert } from "./bulk-insert.ts";
import { Rising } from "./rising.ts";
import type { Inserts, WriteStatements } from "./statements.ts";
import { StreamHeads, type HeadLookups } from "./stream-heads.ts";

const LEASES_MAX = 1_024;

/**
 * What the only writer knows of the file: the log's head, the versions of streams that it touched lately, the highest unit
 * id and stream names. It is right as long as nobody else writes and no batch fails; else `load` reads it again.
 */
export class SqliteState implements ConditionState {
  position = 0;
  recordedAt = 0;
  /** The store's clock at the start of the batch. */
  now = 0;
  private readonly sql: WriteStatements;
  private lastFactAt = 0;
  private savedRecordedAt = 0;
  private units = new Rising("");
  private dataVersion: unknown;
  private readonly inserts: Inserts;
  /** Of leases that conditions asked for: every unit of their holders does. */
  private readonly leases = new Map<string, Lease>();
  private readonly heads: Readonly<Record<StreamKind, StreamHeads>>;

  constructor(sql: WriteStatements, inserts: Inserts) {
    this.sql = sql;
    this.inserts = inserts;
    this.heads = {
      fact: new StreamHeads(lookups(inserts.facts, sql.factVersion, sql.lastFactStream)),
      work: new StreamHeads(lookups(inserts.work, sql.workVersion, sql.lastWorkStream)),
    };
    this.load();
  }

  load(): void {
    const fact = this.sql.lastFact.get();
    this.position = Number(fact?.["position"] ?? 0);
    this.lastFactAt = Number(fact?.["recorded_at"] ?? 0);
    this.savedRecordedAt = Number(this.sql.savedRecordedAt.get()?.["value"] ?? 0);
    this.recordedAt = Math.max(this.lastFactAt, this.savedRecordedAt);
    this.units = new Rising(String(this.sql.lastUnit.get()?.["id"] ?? ""));
    this.dataVersion = this.sql.dataVersion.get()?.["data_version"];
    this.heads.fact.clear();
    this.heads.work.clear();
    this.leases.clear();
  }

  /** Reads everything again when another connection has written (an operator with a tool). */
  start(now: number): void {
    this.now = now;
    if (this.sql.dataVersion.get()?.["data_version"] !== this.dataVersion) this.load();
  }

  /** The last fact carries the time; a batch without facts has to save it, or it could fall after a restart. */
  finish(hadFacts: boolean): void {
    if (hadFacts) this.lastFactAt = this.recordedAt;
    if (this.recordedAt <= Math.max(this.lastFactAt, this.savedRecordedAt)) return;
    this.sql.saveRecordedAt.run(this.recordedAt);
    this.savedRecordedAt = this.recordedAt;
  }

  committed(unitId: string): Committed | undefined {
    if (this.units.isBeyond(unitId)) return undefined;
    this.inserts.units.flush();
    return repeatedUnit(this.sql.unit.get(unitId));
  }

  addUnit(unitId: string): void {
    this.inserts.units.add(unitId, this.position, this.recordedAt);
    this.units.add(unitId);
  }

  version(stream: string, as: StreamKind): number {
    return this.heads[as].version(stream);
  }

  setVersion(stream: string, as: StreamKind, version: number): void {
    this.heads[as].set(stream, version);
  }

  key(key: string): string | undefined {
    return liveValue(this.sql.key.get(key), this.now);
  }

  dueRevision(queue: string, id: string): number {
    return Number(this.sql.dueRevision.get(queue, id)?.["revision"] ?? 0);
  }

  lease(name: string): Lease | undefined {
    const known = this.leases.get(name);
    if (known) return { ...known, isRunning: known.expiresAt > this.now };
    const lease = leaseOf(name, this.sql.lease.get(name), this.now);
    if (this.leases.size >= LEASES_MAX) this.leases.clear();
    if (lease) this.leases.set(name, lease);
    return lease;
  }

  /** The lease is written: the next look-up reads it. */
  changedLease(name: string): void {
    this.leases.delete(name);
  }
}

function lookups(inserts: BulkInsert, version: StatementSync, last: StatementSync): HeadLookups {
  return {
    version(stream) {
      if (inserts.holds(stream)) inserts.flush();
      return Number(version.get(stream)?.["version"] ?? 0);
    },
    lastOf(category) {
      inserts.flush();
      return String(last.get(`${category}-`, `${category}.`)?.["stream"] ?? "");
    },
  };
}

type Found = Readonly<Record<string, unknown>> | undefined;

/** The verdict of a unit that is in the file already. */
export function repeatedUnit(found: Found): Committed | undefined {
  if (!found) return undefined;
  const position = Number(found["position"]);
  const recordedAt = Number(found["recorded_at"]);
  return { outcome: "committed", position, recordedAt, versions: [], tokens: [], isRepeated: true };
}

/** The value of a key, undefined when it is absent or expired. */
export function liveValue(found: Found, now: number): string | undefined {
  if (!found) return undefined;
  const expiresAt = found["expires_at"];
  return expiresAt === null || Number(expiresAt) > now ? String(found["value"]) : undefined;
}

export function leaseOf(name: string, found: Found, now: number): Lease | undefined {
  if (!found) return undefined;
  const expiresAt = Number(found["expires_at"]);
  return { name, owner: String(found["owner"]), token: Number(found["token"]), expiresAt, isRunning: expiresAt > now };
}
