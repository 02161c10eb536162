import type { Row, StoredEvent } from "@daybook/data/store";
import type { Condition, Effect, Unit } from "@daybook/data/store/unit";

/** What the model says a unit came to. */
export interface ModelVerdict {
  readonly outcome: "committed" | "refused";
  readonly isRepeated: boolean;
  readonly position: number;
  readonly recordedAt: number;
  readonly versions: readonly number[];
  readonly tokens: readonly number[];
  /** Of a refusal. */
  readonly condition?: number;
}

export type ModelEvent = Pick<StoredEvent, "id" | "position" | "stream" | "version" | "type" | "data" | "recordedAt"> & {
  readonly correlation: string;
  /** Number of the journal entry that brought it, from 1. */
  readonly entry: number;
};

export type ModelRow = Omit<Row, "collection" | "key">;

/** A value from journal entry `entry` on; undefined when it was taken away. */
export interface Since<T> {
  readonly entry: number;
  readonly value: T | undefined;
}

interface ModelLease {
  readonly owner: string;
  readonly token: number;
  readonly expiresAt: number;
}

/**
 * The contract of the store in as few words as possible, written for checkers and from the contract alone: units one
 * after another, with everything that ever was. It shares no code with any engine.
 */
export class StoreModel {
  readonly log: ModelEvent[] = [];
  readonly streams = new Map<string, ModelEvent[]>();
  readonly rows = new Map<string, Since<ModelRow>[]>();
  readonly keys = new Map<string, Since<string>[]>();
  /** Position of the log's head after each journal entry; of entry 0, nothing. */
  readonly heads: number[] = [0];
  private readonly leases = new Map<string, ModelLease>();
  /** Revisions of due items. */
  private readonly due = new Map<string, number>();
  private readonly done = new Map<string, ModelVerdict>();
  private readonly expiries = new Map<string, number>();
  private recordedAt = 0;
  private entry = 0;
  private now = 0;

  /** The units that follow are of the next journal entry. */
  nextEntry(at: number): void {
    this.entry++;
    this.now = at;
    this.heads.push(this.log.length);
  }

  apply(unit: Unit): ModelVerdict {
    const before = this.done.get(unit.id);
    if (before) return { ...before, isRepeated: true, versions: [], tokens: [] };
    const failed = unit.conditions.findIndex((condition) => !this.holds(condition));
    if (failed >= 0) {
      return { outcome: "refused", isRepeated: false, position: 0, recordedAt: 0, versions: [], tokens: [], condition: failed };
    }
    this.recordedAt = Math.max(this.recordedAt, this.now);
    const verdict = { outcome: "committed", isRepeated: false, recordedAt: this.recordedAt, ...this.effects(unit) } as const;
    this.done.set(unit.id, verdict);
    this.heads[this.entry] = this.log.length;
    return verdict;
  }

  /** The value that a history has after `entry`. */
  static valueAt<T>(history: readonly Since<T>[] | undefined, entry: number): T | undefined {
    return history?.findLast((since) => since.entry <= entry)?.value;
  }

  private holds(condition: Condition): boolean {
    switch (condition.kind) {
      case "version":
        return this.versionOf(condition.stream, condition.as) === condition.is;
      case "exists":
        return this.versionOf(condition.stream, condition.as) > 0;
      case "keyAbsent":
        return this.keyOf(condition.key) === undefined;
      case "keyPresent":
        return this.keyOf(condition.key) !== undefined;
      case "keyValue":
        return this.keyOf(condition.key) === condition.value;
      case "leaseHeld": {
        const lease = this.leases.get(condition.name);
        return lease !== undefined && lease.expiresAt > this.now && lease.token === condition.token;
      }
      case "leaseFree": {
        const lease = this.leases.get(condition.name);
        return lease === undefined || lease.expiresAt <= this.now || lease.owner === condition.owner;
      }
      case "due":
        return (this.due.get(`${condition.queue}\n${condition.id}`) ?? 0) === condition.revision;
    }
  }

  private versionOf(stream: string, as: "fact" | "work" = "fact"): number {
    return this.streams.get(`${as} ${stream}`)?.length ?? 0;
  }

  private keyOf(key: string): string | undefined {
    if ((this.expiries.get(key) ?? Infinity) <= this.now) return undefined;
    return this.keys.get(key)?.at(-1)?.value;
  }

  private effects(unit: Unit): Pick<ModelVerdict, "position" | "versions" | "tokens"> {
    const facts = unit.effects.reduce((n, e) => n + (e.kind === "append" && e.as !== "work" ? e.events.length : 0), 0);
    const position = this.log.length + facts;
    const versions: number[] = [];
    const tokens: number[] = [];
    let ordinal = 0;
    for (const effect of unit.effects) {
      if (effect.kind === "append") {
        versions.push(this.append(unit, effect, ordinal));
        ordinal += effect.events.length;
      } else if (effect.kind === "takeLease") tokens.push(this.take(effect));
      else this.change(effect, position);
    }
    return { position, versions, tokens };
  }

  private append(unit: Unit, effect: Effect & { kind: "append" }, firstOrdinal: number): number {
    const as = effect.as ?? "fact";
    const stream = this.streams.get(`${as} ${effect.stream}`) ?? [];
    this.streams.set(`${as} ${effect.stream}`, stream);
    for (const [index, event] of effect.events.entries()) {
      const added: ModelEvent = {
        id: `${unit.id}/${firstOrdinal + index}`,
        position: as === "fact" ? this.log.length + 1 : 0,
        stream: effect.stream,
        version: stream.length + 1,
        type: event.type,
        data: event.data,
        recordedAt: this.recordedAt,
        correlation: unit.cause.correlation,
        entry: this.entry,
      };
      stream.push(added);
      if (as === "fact") this.log.push(added);
    }
    return stream.length;
  }

  private take({ name, owner, ttlMs }: Effect & { kind: "takeLease" }): number {
    const held = this.leases.get(name);
    const isExtended = held !== undefined && held.expiresAt > this.now && held.owner === owner;
    const token = isExtended ? held.token : (held?.token ?? 0) + 1;
    this.leases.set(name, { owner, token, expiresAt: this.now + ttlMs });
    return token;
  }

  private change(effect: Exclude<Effect, { kind: "append" | "takeLease" }>, position: number): void {
    switch (effect.kind) {
      case "putRow": {
        const revision = (this.row(effect.collection, effect.key)?.revision ?? 0) + 1;
        return this.setRow(effect, { value: effect.value, revision, position, recordedAt: this.recordedAt });
      }
      case "deleteRow":
        return this.setRow(effect, undefined);
      case "putKey":
        this.expiries.set(effect.key, effect.expiresAt ?? Infinity);
        return this.setKey(effect.key, effect.value);
      case "deleteKey":
        return this.setKey(effect.key, undefined);
      case "freeLease": {
        const held = this.leases.get(effect.name);
        if (held) this.leases.set(effect.name, { ...held, expiresAt: 0 });
        return;
      }
      case "schedule": {
        const id = `${effect.queue}\n${effect.id}`;
        this.due.set(id, (this.due.get(id) ?? 0) + 1);
        return;
      }
      case "finish":
        this.due.delete(`${effect.queue}\n${effect.id}`);
        return;
      case "deleteWork":
        this.streams.delete(`work ${effect.stream}`);
    }
  }

  private row(collection: string, key: string): ModelRow | undefined {
    return this.rows.get(`${collection}\n${key}`)?.at(-1)?.value;
  }

  private setRow({ collection, key }: { readonly collection: string; readonly key: string }, value: ModelRow | undefined): void {
    const id = `${collection}\n${key}`;
    const history = this.rows.get(id) ?? [];
    this.rows.set(id, history);
    history.push({ entry: this.entry, value });
  }

  private setKey(key: string, value: string | undefined): void {
    const history = this.keys.get(key) ?? [];
    this.keys.set(key, history);
    history.push({ entry: this.entry, value });
  }
}
