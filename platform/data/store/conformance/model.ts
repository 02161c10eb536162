import type { Condition, Effect, NewEvent, StreamKind, Unit, Verdict } from "../unit.ts";

export interface ModelEvent {
  readonly id: string;
  readonly as: StreamKind;
  readonly stream: string;
  readonly version: number;
  readonly position: number;
  readonly type: string;
  readonly correlation: string;
}

export interface ModelRow {
  readonly collection: string;
  readonly key: string;
  readonly value: string;
  readonly index: Readonly<Record<string, readonly string[]>>;
  readonly revision: number;
  readonly position: number;
}

interface ModelKey {
  readonly key: string;
  readonly value: string;
}

export interface ModelItem {
  readonly queue: string;
  readonly id: string;
  readonly at: number;
  readonly payload: string;
  readonly revision: number;
}

export interface ModelLease {
  readonly name: string;
  readonly owner: string;
  readonly token: number;
  readonly isRunning: boolean;
}

/** A verdict without what the store's clock decides. */
export type ModelVerdict =
  | Omit<Extract<Verdict, { outcome: "committed" }>, "recordedAt">
  | Extract<Verdict, { outcome: "refused" }>;

/**
 * What the store's contract says, in the plainest words: lists, searched from end to end. It shares no code with any
 * engine. Time stands still: what expires has expired when it is put, or does not; a lease of no lifetime is over.
 */
export class StoreModel {
  events: ModelEvent[] = [];
  rows: ModelRow[] = [];
  keys: ModelKey[] = [];
  items: ModelItem[] = [];
  leases: ModelLease[] = [];
  readonly committed: { readonly id: string; readonly position: number }[] = [];
  private readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  head(): number {
    return this.events.filter((event) => event.as === "fact").length;
  }

  version(stream: string, as: StreamKind): number {
    return this.events.filter((event) => event.as === as && event.stream === stream).length;
  }

  key(key: string): string | undefined {
    return this.keys.find((each) => each.key === key)?.value;
  }

  item(queue: string, id: string): ModelItem | undefined {
    return this.items.find((each) => each.queue === queue && each.id === id);
  }

  lease(name: string): ModelLease | undefined {
    return this.leases.find((each) => each.name === name);
  }

  commit(unit: Unit): ModelVerdict {
    const before = this.committed.find((each) => each.id === unit.id);
    if (before) return { outcome: "committed", position: before.position, versions: [], tokens: [], isRepeated: true };
    for (const [index, condition] of unit.conditions.entries()) {
      const [holds, actual] = this.judge(condition);
      if (!holds) return { outcome: "refused", condition: index, actual };
    }
    const versions: number[] = [];
    const tokens: number[] = [];
    const position = this.head() + newFacts(unit);
    for (const effect of unit.effects) {
      if (effect.kind === "append") versions.push(this.append(unit, effect));
      else if (effect.kind === "takeLease") tokens.push(this.take(effect));
      else this.change(effect, position);
    }
    this.committed.push({ id: unit.id, position });
    return { outcome: "committed", position, versions, tokens, isRepeated: false };
  }

  private judge(condition: Condition): readonly [boolean, string | number | undefined] {
    if (condition.kind === "version" || condition.kind === "exists") {
      const version = this.version(condition.stream, condition.as === "work" ? "work" : "fact");
      return [condition.kind === "exists" ? version !== 0 : version === condition.is, version];
    }
    if (condition.kind === "due") {
      const revision = this.item(condition.queue, condition.id)?.revision ?? 0;
      return [revision === condition.revision, revision];
    }
    if (condition.kind === "leaseHeld" || condition.kind === "leaseFree") return this.judgeLease(condition);
    const value = this.key(condition.key);
    if (condition.kind === "keyAbsent") return [value === undefined, value];
    if (condition.kind === "keyPresent") return [value !== undefined, value];
    return [value === condition.value, value];
  }

  private judgeLease(condition: Extract<Condition, { kind: "leaseHeld" | "leaseFree" }>) {
    const lease = this.lease(condition.name);
    const isRunning = lease !== undefined && lease.isRunning;
    if (condition.kind === "leaseHeld") return [isRunning && lease.token === condition.token, lease?.token] as const;
    return [!isRunning || lease.owner === condition.owner, lease?.owner] as const;
  }

  private append(unit: Unit, effect: Extract<Effect, { kind: "append" }>): number {
    const as = effect.as === "work" ? "work" : "fact";
    for (const event of effect.events) this.events.push(this.happened(unit, effect.stream, as, event));
    return this.version(effect.stream, as);
  }

  private happened(unit: Unit, stream: string, as: StreamKind, event: NewEvent): ModelEvent {
    const place = unit.effects.flatMap((effect) => (effect.kind === "append" ? effect.events : [])).indexOf(event);
    return {
      id: `${unit.id}/${place}`,
      as,
      stream,
      version: this.version(stream, as) + 1,
      position: as === "fact" ? this.head() + 1 : 0,
      type: event.type,
      correlation: unit.cause.correlation,
    };
  }

  private take(effect: Extract<Effect, { kind: "takeLease" }>): number {
    const lease = this.lease(effect.name);
    const isExtended = lease !== undefined && lease.isRunning && lease.owner === effect.owner;
    const token = (lease?.token ?? 0) + (isExtended ? 0 : 1);
    this.leases = this.leases.filter((each) => each !== lease);
    this.leases.push({ name: effect.name, owner: effect.owner, token, isRunning: effect.ttlMs > 0 });
    return token;
  }

  private change(effect: Exclude<Effect, { kind: "append" | "takeLease" }>, position: number): void {
    if (effect.kind === "deleteWork") {
      this.events = this.events.filter((event) => event.as === "fact" || event.stream !== effect.stream);
    } else if (effect.kind === "putRow" || effect.kind === "deleteRow") {
      const row = this.rows.find((each) => each.collection === effect.collection && each.key === effect.key);
      this.rows = this.rows.filter((each) => each !== row);
      if (effect.kind === "deleteRow") return;
      const { collection, key, value, index = {} } = effect;
      this.rows.push({ collection, key, value, index, revision: row ? row.revision + 1 : 1, position });
    } else if (effect.kind === "putKey" || effect.kind === "deleteKey") {
      this.keys = this.keys.filter((each) => each.key !== effect.key);
      const isPut = effect.kind === "putKey" && (effect.expiresAt === undefined || effect.expiresAt > this.now);
      if (isPut) this.keys.push({ key: effect.key, value: effect.value });
    } else if (effect.kind === "schedule" || effect.kind === "finish") {
      const item = this.item(effect.queue, effect.id);
      this.items = this.items.filter((each) => each !== item);
      if (effect.kind === "finish") return;
      const { queue, id, at, payload } = effect;
      this.items.push({ queue, id, at, payload, revision: item ? item.revision + 1 : 1 });
    } else {
      this.leases = this.leases.map((each) => (each.name === effect.name ? { ...each, isRunning: false } : each));
    }
  }
}

function newFacts(unit: Unit): number {
  let count = 0;
  for (const effect of unit.effects) if (effect.kind === "append" && effect.as !== "work") count += effect.events.length;
  return count;
}
