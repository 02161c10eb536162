import type { ConditionState } from "../conditions.ts";
import type { Lease } from "../port.ts";
import type { Committed, StreamKind } from "../unit.ts";
import { categoryOf } from "../encode.ts";
import { Rising } from "./rising.ts";
import type { WriteStatements } from "./statements.ts";

const HEADS_MAX = 16_384;
const CATEGORIES_MAX = 1_024;

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
  private readonly streams = new Map<string, Rising>();
  private dataVersion: unknown;
  /** Two generations: what is used moves to the young one; when that is full it becomes the old one. */
  private young = new Map<string, number>();
  private old = new Map<string, number>();

  constructor(sql: WriteStatements) {
    this.sql = sql;
    this.load();
  }

  load(): void {
    const fact = this.sql.lastFact.get();
    this.position = Number(fact?.["position"] ?? 0);
    this.lastFactAt = Number(fact?.["recorded_at"] ?? 0);
    this.savedRecordedAt = Number(this.sql.savedRecordedAt.get()?.["value"] ?? 0);
    this.recordedAt = Math.max(this.lastFactAt, this.savedRecordedAt);
    this.units = new Rising(String(this.sql.lastUnit.get()?.["id"] ?? ""));
    this.streams.clear();
    this.dataVersion = this.sql.dataVersion.get()?.["data_version"];
    this.young.clear();
    this.old.clear();
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
    return this.units.isBeyond(unitId) ? undefined : repeatedUnit(this.sql.unit.get(unitId));
  }

  addUnit(unitId: string): void {
    this.sql.addUnit.run(unitId, this.position, this.recordedAt);
    this.units.add(unitId);
  }

  version(stream: string, as: StreamKind): number {
    const name = `${as}:${stream}`;
    const known = this.young.get(name) ?? this.old.get(name);
    if (known !== undefined) return known;
    if (this.namesLike(stream, as).isBeyond(stream)) return 0;
    const found = (as === "fact" ? this.sql.factVersion : this.sql.workVersion).get(stream);
    return Number(found?.["version"] ?? 0);
  }

  setVersion(stream: string, as: StreamKind, version: number): void {
    if (this.young.size >= HEADS_MAX) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(`${as}:${stream}`, version);
    this.namesLike(stream, as).add(stream);
  }

  /** The stream names of one category: they rise with time, each category for itself. */
  private namesLike(stream: string, as: StreamKind): Rising {
    const category = categoryOf(stream);
    const set = as === "fact" ? category : `${category} (work)`;
    let names = this.streams.get(set);
    if (!names) {
      const last = (as === "fact" ? this.sql.lastFactStream : this.sql.lastWorkStream).get(`${category}-`, `${category}.`);
      names = new Rising(String(last?.["stream"] ?? ""));
      if (this.streams.size >= CATEGORIES_MAX) this.streams.clear();
      this.streams.set(set, names);
    }
    return names;
  }

  key(key: string): string | undefined {
    return liveValue(this.sql.key.get(key), this.now);
  }

  dueRevision(queue: string, id: string): number {
    return Number(this.sql.dueRevision.get(queue, id)?.["revision"] ?? 0);
  }

  lease(name: string): Lease | undefined {
    return leaseOf(name, this.sql.lease.get(name), this.now);
  }
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
