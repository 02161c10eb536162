import type { Effect, Unit } from "@daybook/data/store/unit";

/** What a store's file must hold, as sorted lines of text by table; times that the store gives are left out. */
export type StateLines = Readonly<Record<string, readonly string[]>>;

interface Lease {
  readonly owner: string;
  readonly token: number;
  readonly isHeld: boolean;
}

/** The state after `units`, one after another: a second telling of the contract, that shares no code with the store. */
export function expectedState(units: readonly Unit[]): StateLines {
  const model = new Model();
  for (const unit of units) model.apply(unit);
  return model.lines();
}

class Model {
  private readonly facts: string[] = [];
  private readonly units: string[] = [];
  private readonly versions = new Map<string, number>();
  private readonly work = new Map<string, string[]>();
  private readonly rows = new Map<string, { revision: number; value: string; entries: readonly string[] }>();
  private readonly keys = new Map<string, string>();
  private readonly due = new Map<string, { at: number; revision: number; payload: string }>();
  private readonly leases = new Map<string, Lease>();

  apply(unit: Unit): void {
    let ordinal = 0;
    for (const effect of unit.effects) {
      if (effect.kind === "append") ordinal = this.append(unit, effect, ordinal);
      else this.change(effect);
    }
    this.units.push(line(unit.id, this.facts.length));
  }

  lines(): StateLines {
    const from = <V>(map: ReadonlyMap<string, V>, tell: (key: string, value: V) => string) =>
      [...map].map(([key, value]) => tell(key, value)).sort();
    return {
      facts: this.facts,
      units: [...this.units].sort(),
      work: [...this.work.values()].flat().sort(),
      rows: from(this.rows, (key, row) => line(...key.split("|"), row.revision, row.value)),
      entries: [...this.rows.values()].flatMap((row) => row.entries).sort(),
      keys: from(this.keys, (key, value) => line(key, value)),
      due: from(this.due, (key, item) => line(...key.split("|"), item.at, item.revision, item.payload)),
      leases: from(this.leases, (name, lease) => line(name, lease.owner, lease.token, lease.isHeld)),
    };
  }

  private append(unit: Unit, effect: Effect & { kind: "append" }, first: number): number {
    const { stream } = effect;
    let ordinal = first;
    for (const event of effect.events) {
      const { length } = this.work.get(stream) ?? [];
      const version = effect.as === "work" ? length + 1 : (this.versions.get(stream) ?? 0) + 1;
      const told = line(stream, version, event.type, unit.id, ordinal++, unit.cause.correlation, event.data);
      if (effect.as === "work") {
        this.work.set(stream, [...(this.work.get(stream) ?? []), told]);
      } else {
        this.versions.set(stream, version);
        this.facts.push(told);
      }
    }
    return ordinal;
  }

  private change(effect: Exclude<Effect, { kind: "append" }>): void {
    switch (effect.kind) {
      case "deleteWork":
        return void this.work.delete(effect.stream);
      case "putRow": {
        const key = `${effect.collection}|${effect.key}`;
        const index = Object.entries(effect.index ?? {});
        const entries = index.flatMap(([name, texts]) => texts.map((text) => line(effect.collection, name, text, effect.key)));
        return void this.rows.set(key, { revision: (this.rows.get(key)?.revision ?? 0) + 1, value: effect.value, entries });
      }
      case "deleteRow":
        return void this.rows.delete(`${effect.collection}|${effect.key}`);
      case "putKey":
        return void this.keys.set(effect.key, effect.value);
      case "deleteKey":
        return void this.keys.delete(effect.key);
      case "schedule": {
        const key = `${effect.queue}|${effect.id}`;
        const { at, payload } = effect;
        return void this.due.set(key, { at, payload, revision: (this.due.get(key)?.revision ?? 0) + 1 });
      }
      case "finish":
        return void this.due.delete(`${effect.queue}|${effect.id}`);
      case "takeLease": {
        const held = this.leases.get(effect.name);
        const token = held?.isHeld === true && held.owner === effect.owner ? held.token : (held?.token ?? 0) + 1;
        return void this.leases.set(effect.name, { owner: effect.owner, token, isHeld: true });
      }
      case "freeLease": {
        const held = this.leases.get(effect.name);
        if (held) this.leases.set(effect.name, { ...held, isHeld: false });
      }
    }
  }
}

/** One record as a line of text. */
export function line(...parts: readonly (string | number | boolean | undefined)[]): string {
  return JSON.stringify(parts);
}
