import { refusalOf } from "../conditions.ts";
import type { EncodedAppend, EncodedEffect, EncodedUnit } from "../engine.ts";
import type { DueItem } from "../port.ts";
import type { Committed, Effect, Verdict } from "../unit.ts";
import { conditionState, getOrPut, leaseAt, type MemoryRow, type MemoryState } from "./state.ts";

/** Applies one unit at `now`. */
export function applyUnit(state: MemoryState, unit: EncodedUnit, now: number): Verdict {
  const repeated = state.units.get(unit.id);
  if (repeated) return { ...repeated, versions: [], tokens: [], isRepeated: true };
  const refused = refusalOf(unit.conditions, conditionState(state, now));
  if (refused) return refused;
  const writer = new UnitWriter(state, unit, now);
  for (const effect of unit.effects) writer.apply(effect);
  state.units.set(unit.id, writer.committed);
  return writer.committed;
}

class UnitWriter {
  readonly committed: Committed & { readonly versions: number[]; readonly tokens: number[] };
  private readonly state: MemoryState;
  private readonly unit: EncodedUnit;
  private readonly now: number;

  constructor(state: MemoryState, unit: EncodedUnit, now: number) {
    this.state = state;
    this.unit = unit;
    this.now = now;
    const facts = unit.effects.reduce((n, e) => n + (e.kind === "append" && e.as === "fact" ? e.events.length : 0), 0);
    this.committed = {
      outcome: "committed",
      position: state.log.length + facts,
      recordedAt: (state.recordedAt = Math.max(state.recordedAt, now)),
      versions: [],
      tokens: [],
      isRepeated: false,
    };
  }

  apply(effect: EncodedEffect): void {
    const { state } = this;
    switch (effect.kind) {
      case "append":
        return this.append(effect);
      case "deleteWork":
        return void state.streams.work.delete(effect.stream);
      case "putRow":
        return this.putRow(effect);
      case "deleteRow":
        return void state.rows.get(effect.collection)?.delete(effect.key);
      case "putKey":
        return void state.keys.set(effect.key, { value: effect.value, expiresAt: effect.expiresAt ?? Infinity });
      case "deleteKey":
        return void state.keys.delete(effect.key);
      case "schedule":
        return this.schedule(effect);
      case "finish":
        return void state.due.get(effect.queue)?.delete(effect.id);
      case "takeLease":
        return this.takeLease(effect);
      case "freeLease":
        return this.freeLease(effect.name);
    }
  }

  private append(effect: EncodedAppend): void {
    const stream = getOrPut(this.state.streams[effect.as], effect.stream, () => []);
    for (const event of effect.events) {
      const stored = {
        id: `${this.unit.id}/${event.ordinal}`,
        position: effect.as === "fact" ? this.state.log.length + 1 : 0,
        stream: effect.stream,
        version: stream.length + 1,
        type: event.type,
        schemaVersion: event.schemaVersion,
        data: event.data,
        meta: event.meta,
        recordedAt: this.committed.recordedAt,
      };
      stream.push(stored);
      if (effect.as !== "fact") continue;
      this.state.log.push(stored);
      this.state.digests.push(event.digest);
    }
    this.committed.versions.push(stream.length);
  }

  private putRow(effect: Effect & { kind: "putRow" }): void {
    const rows = getOrPut(this.state.rows, effect.collection, () => new Map<string, MemoryRow>());
    rows.set(effect.key, {
      collection: effect.collection,
      key: effect.key,
      value: effect.value,
      index: effect.index ?? {},
      revision: (rows.get(effect.key)?.revision ?? 0) + 1,
      position: this.committed.position,
      recordedAt: this.committed.recordedAt,
    });
  }

  private schedule(effect: Effect & { kind: "schedule" }): void {
    const items = getOrPut(this.state.due, effect.queue, () => new Map<string, DueItem>());
    const revision = (items.get(effect.id)?.revision ?? 0) + 1;
    items.set(effect.id, { queue: effect.queue, id: effect.id, at: effect.at, payload: effect.payload, revision });
  }

  private takeLease(effect: Effect & { kind: "takeLease" }): void {
    const held = leaseAt(this.state, effect.name, this.now);
    const isExtended = held?.isRunning === true && held.owner === effect.owner;
    const token = isExtended ? held.token : (held?.token ?? 0) + 1;
    this.state.leases.set(effect.name, { owner: effect.owner, token, expiresAt: this.now + effect.ttlMs });
    this.committed.tokens.push(token);
  }

  private freeLease(name: string): void {
    const held = this.state.leases.get(name);
    if (held) this.state.leases.set(name, { ...held, expiresAt: 0 });
  }
}
