import { refusalOf } from "../conditions.ts";
import type { EncodedAppend, EncodedEffect, EncodedUnit } from "../engine.ts";
import type { Committed, Effect, RowIndex, Verdict } from "../unit.ts";
import type { SqliteState } from "./state.ts";
import type { Inserts, WriteStatements } from "./statements.ts";

/** What the open transaction of a batch works on. */
export interface BatchTarget {
  readonly sql: WriteStatements;
  readonly inserts: Inserts;
  readonly state: SqliteState;
}

/** Applies one unit inside the batch's transaction. Throws only what SQLite throws; then the batch must be rolled back. */
export function applyUnit(target: BatchTarget, unit: EncodedUnit): Verdict {
  const { state } = target;
  const repeated = state.committed(unit.id);
  if (repeated) return repeated;
  const refused = refusalOf(unit.conditions, state);
  if (refused) return refused;
  const writer = new UnitWriter(target, unit);
  for (const effect of unit.effects) writer.apply(effect);
  return writer.finish();
}

class UnitWriter {
  private readonly sql: WriteStatements;
  private readonly inserts: Inserts;
  private readonly state: SqliteState;
  private readonly unit: EncodedUnit;
  /** The head after the unit. */
  private readonly position: number;
  private readonly facts: number;
  private readonly versions: number[] = [];
  private readonly tokens: number[] = [];

  constructor(target: BatchTarget, unit: EncodedUnit) {
    this.sql = target.sql;
    this.inserts = target.inserts;
    this.state = target.state;
    this.unit = unit;
    this.facts = countFacts(unit);
    this.position = this.state.position + this.facts;
    this.state.recordedAt = Math.max(this.state.recordedAt, this.state.now);
  }

  apply(effect: EncodedEffect): void {
    const { sql } = this;
    switch (effect.kind) {
      case "append":
        return this.append(effect);
      case "deleteWork":
        return this.deleteWork(effect.stream);
      case "putRow":
        return this.putRow(effect);
      case "deleteRow":
        return this.deleteRow(effect.collection, effect.key);
      case "putKey":
        return void sql.putKey.run(effect.key, effect.expiresAt ?? null, effect.value);
      case "deleteKey":
        return void sql.deleteKey.run(effect.key);
      case "schedule":
        return void sql.schedule.run(effect.queue, effect.id, effect.at, effect.payload);
      case "finish":
        return void sql.finish.run(effect.queue, effect.id);
      case "takeLease":
        return this.takeLease(effect);
      case "freeLease":
        return this.freeLease(effect.name);
    }
  }

  finish(): Committed {
    const { unit, position, versions, tokens } = this;
    if (this.facts > 0) this.inserts.cases.add(unit.correlation, position - this.facts + 1, this.facts);
    this.state.addUnit(unit.id);
    return { outcome: "committed", position, recordedAt: this.state.recordedAt, versions, tokens, isRepeated: false };
  }

  private append(effect: EncodedAppend): void {
    const { state, unit } = this;
    const { facts, work } = this.inserts;
    const { stream, as } = effect;
    let version = state.version(stream, as);
    for (const { type, schemaVersion, ordinal, digest, meta, data } of effect.events) {
      version++;
      if (as === "fact") {
        const position = ++state.position;
        const bytes = Buffer.from(digest, "hex");
        facts.add(stream, version, type, schemaVersion, unit.id, ordinal, state.recordedAt, meta, data, position, bytes);
      } else {
        work.add(stream, version, type, schemaVersion, unit.id, ordinal, state.recordedAt, meta, data, unit.correlation);
      }
    }
    state.setVersion(stream, as, version);
    this.versions.push(version);
  }

  private deleteWork(stream: string): void {
    this.inserts.work.flush();
    this.sql.deleteWork.run(stream);
    this.state.setVersion(stream, "work", 0);
  }

  private putRow(effect: Effect & { kind: "putRow" }): void {
    const { collection, key, value } = effect;
    const entries = entriesText(effect.index);
    const found = this.sql.row.get(collection, key);
    if (!found) {
      const added = this.sql.addRow.run(collection, key, this.position, this.state.recordedAt, entries, value);
      return this.addEntries(collection, key, entriesIn(entries), Number(added.lastInsertRowid));
    }
    const id = Number(found["id"]);
    const before = String(found["entries"]);
    this.sql.changeRow.run(Number(found["revision"]) + 1, this.position, this.state.recordedAt, entries, value, id);
    if (before !== entries) this.changeEntries(collection, key, { before, after: entries, row: id });
  }

  private deleteRow(collection: string, key: string): void {
    const found = this.sql.row.get(collection, key);
    if (!found) return;
    this.deleteEntries(collection, key, entriesIn(String(found["entries"])));
    this.sql.deleteRow.run(Number(found["id"]));
  }

  /** Most entries of a row stay as they are: each that is written is a page in the log. */
  private changeEntries(collection: string, key: string, change: { before: string; after: string; row: number }): void {
    const [before, after] = [entriesIn(change.before), entriesIn(change.after)];
    this.deleteEntries(collection, key, without(before, after));
    this.addEntries(collection, key, without(after, before), change.row);
  }

  private addEntries(collection: string, key: string, entries: readonly NamedEntry[], row: number): void {
    for (const [name, entry] of entries) this.sql.addEntry.run(collection, name, entry, key, row);
  }

  private deleteEntries(collection: string, key: string, entries: readonly NamedEntry[]): void {
    for (const [name, entry] of entries) this.sql.deleteEntry.run(collection, name, entry, key);
  }

  private takeLease({ name, owner, ttlMs }: Effect & { kind: "takeLease" }): void {
    const held = this.state.lease(name);
    const isExtended = held?.isRunning === true && held.owner === owner;
    const token = isExtended ? held.token : (held?.token ?? 0) + 1;
    this.sql.putLease.run(name, owner, token, this.state.now + ttlMs);
    this.state.changedLease(name);
    this.tokens.push(token);
  }

  private freeLease(name: string): void {
    this.sql.freeLease.run(name);
    this.state.changedLease(name);
  }
}

function countFacts(unit: EncodedUnit): number {
  let facts = 0;
  for (const effect of unit.effects) if (effect.kind === "append" && effect.as === "fact") facts += effect.events.length;
  return facts;
}

/** The entries of a row as they are kept beside it, empty when there are none: what the next put has to take back. */
function entriesText(index: RowIndex | undefined): string {
  if (!index) return "";
  const pairs = Object.entries(index).flatMap(([name, entries]) => [...new Set(entries)].map((entry) => [name, entry]));
  return pairs.length === 0 ? "" : JSON.stringify(pairs);
}

type NamedEntry = readonly [name: string, entry: string];

function entriesIn(text: string): readonly NamedEntry[] {
  return text === "" ? [] : (JSON.parse(text) as NamedEntry[]); // written by entriesText
}

/** `entries` that are not among the others. */
function without(entries: readonly NamedEntry[], others: readonly NamedEntry[]): readonly NamedEntry[] {
  const known = new Set(others.map((pair) => JSON.stringify(pair)));
  return entries.filter((pair) => !known.has(JSON.stringify(pair)));
}
