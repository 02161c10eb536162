import type { EncodedEffect } from "../engine.ts";
import type { Condition, RowIndex } from "../unit.ts";
import { unless, unlessPlaces, type Parameter } from "./batch.ts";
import { STEP } from "./steps.ts";
import { joined, nullable } from "./text.ts";

/** Who asks for a thing's state: unit and condition from 0. */
export interface Asker {
  readonly unit: number;
  condition: number | undefined;
}

interface KeyCell extends Asker {
  readonly key: string;
  /** As the function takes it: absent, present, a value, or anything. */
  expected: string;
  /** Undefined when the key is only looked at. */
  expiresAt: number | undefined;
  value: string;
}

interface DueCell extends Asker {
  readonly queue: string;
  readonly id: string;
  expected: number | undefined;
  effect: (EncodedEffect & { kind: "schedule" | "finish" }) | undefined;
}

interface LeaseCell extends Asker {
  readonly name: string;
  readonly token: number;
}

const ANY = "";
const ABSENT = "-";
const PRESENT = "+";

/**
 * Keys, due items, leases and rows of a plain batch. Each is one unit's alone, which looks at it once and changes it once
 * at most; only leases are looked at by many.
 */
export class PlainState {
  private readonly keys = new Map<string, KeyCell>();
  private readonly due = new Map<string, DueCell>();
  private readonly leases: LeaseCell[] = [];
  private readonly rows = new Map<string, { readonly unit: number; readonly row: EncodedEffect & { kind: "putRow" } }>();

  /** False when the batch can not be plain. */
  expect(unit: number, condition: number, expected: Condition): boolean {
    switch (expected.kind) {
      case "keyAbsent":
        return this.expectKey(unit, condition, expected.key, ABSENT);
      case "keyPresent":
        return this.expectKey(unit, condition, expected.key, PRESENT);
      case "keyValue":
        return this.expectKey(unit, condition, expected.key, `=${expected.value}`);
      case "due": {
        const cell = this.dueOf(unit, expected.queue, expected.id);
        if (cell?.condition !== undefined || !cell) return false;
        cell.condition = condition;
        cell.expected = expected.revision;
        return true;
      }
      case "leaseHeld":
        this.leases.push({ unit, condition, name: expected.name, token: expected.token });
        return true;
      default:
        return false;
    }
  }

  /** As above. */
  apply(unit: number, effect: EncodedEffect): boolean {
    switch (effect.kind) {
      case "putKey": {
        const cell = this.keyOf(unit, effect.key);
        if (cell?.expiresAt !== undefined || !cell) return false;
        cell.expiresAt = effect.expiresAt ?? Infinity;
        cell.value = effect.value;
        return true;
      }
      case "schedule":
      case "finish": {
        const cell = this.dueOf(unit, effect.queue, effect.id);
        if (cell?.effect !== undefined || !cell) return false;
        cell.effect = effect;
        return true;
      }
      case "putRow": {
        const name = nameOf(effect.collection, effect.key);
        if (this.rows.has(name)) return false;
        this.rows.set(name, { unit, row: effect });
        return true;
      }
      default:
        return false;
    }
  }

  /** Of the thing that the function says is not as expected. */
  asker(kind: number, place: number): Asker | undefined {
    switch (kind) {
      case STEP.keyValue:
        return [...this.keys.values()][place];
      case STEP.due:
        return [...this.due.values()][place];
      default:
        return this.leases[place];
    }
  }

  isEmpty(): boolean {
    return this.keys.size + this.due.size + this.leases.length + this.rows.size === 0;
  }

  /** The function's last parameters, in its order. */
  parameters(separator: string): readonly Parameter[] {
    const text = (texts: readonly string[]) => joined(texts, separator);
    return [...this.ofKeys(text), ...this.ofDue(text), ...this.ofLeases(text), ...this.ofRows(text)];
  }

  /** For the choice of a separator. */
  texts(): readonly (readonly string[])[] {
    const rows = [...this.rows.values()].map(({ row }) => row);
    return [
      ...[...this.keys.values()].map(({ key, expected, value }) => [key, expected, value]),
      ...[...this.due.values()].map(({ queue, id, effect }) => [queue, id, payloadOf(effect)]),
      this.leases.map(({ name }) => name),
      ...rows.map(({ collection, key, value, index }) => [collection, key, value, ...entriesOf(index).flat()]),
    ];
  }

  private ofKeys(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const cells = [...this.keys.values()];
    const expected = cells.every((cell) => cell.expected === ABSENT) ? null : text(cells.map((cell) => cell.expected));
    const expires = nullable(cells.map((cell) => cell.expiresAt));
    return [text(cells.map((cell) => cell.key)), expected, expires, text(cells.map((cell) => cell.value))];
  }

  private ofDue(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const cells = [...this.due.values()];
    const finished = cells.map(({ effect }) => (effect?.kind === "finish" ? STEP.finish : 0));
    const times = cells.map(({ effect }) => (effect?.kind === "schedule" ? effect.at : undefined));
    return [
      text(cells.map((cell) => cell.queue)),
      text(cells.map((cell) => cell.id)),
      nullable(cells.map((cell) => cell.expected)),
      unless(0, finished),
      nullable(times),
      text(cells.map(({ effect }) => payloadOf(effect))),
    ];
  }

  private ofLeases(text: (texts: readonly string[]) => string): readonly Parameter[] {
    return [text(this.leases.map(({ name }) => name)), nullable(this.leases.map(({ token }) => token))];
  }

  private ofRows(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const puts = [...this.rows.values()];
    const entries = puts.flatMap(({ row }, place) => entriesOf(row.index).map(([index, entry]) => ({ place, index, entry })));
    return [
      unlessPlaces(puts.map(({ unit }) => unit + 1)),
      text(puts.map(({ row }) => row.collection)),
      text(puts.map(({ row }) => row.key)),
      text(puts.map(({ row }) => row.value)),
      text(puts.map(({ row }) => (row.index === undefined ? "" : JSON.stringify(row.index)))),
      nullable(entries.map(({ place }) => place + 1)),
      text(entries.map(({ index }) => index)),
      text(entries.map(({ entry }) => entry)),
    ];
  }

  private expectKey(unit: number, condition: number, key: string, expected: string): boolean {
    const cell = this.keyOf(unit, key);
    if (cell?.condition !== undefined || !cell) return false;
    cell.condition = condition;
    cell.expected = expected;
    return true;
  }

  /** Undefined when it is another unit's. */
  private keyOf(unit: number, key: string): KeyCell | undefined {
    let cell = this.keys.get(key);
    if (!cell) this.keys.set(key, (cell = { unit, condition: undefined, key, expected: ANY, expiresAt: undefined, value: "" }));
    return cell.unit === unit ? cell : undefined;
  }

  /** As above. */
  private dueOf(unit: number, queue: string, id: string): DueCell | undefined {
    const name = nameOf(queue, id);
    let cell = this.due.get(name);
    if (!cell) this.due.set(name, (cell = { unit, condition: undefined, queue, id, expected: undefined, effect: undefined }));
    return cell.unit === unit ? cell : undefined;
  }
}

function nameOf(first: string, second: string): string {
  return `${first.length} ${first}${second}`;
}

function payloadOf(effect: DueCell["effect"]): string {
  return effect?.kind === "schedule" ? effect.payload : "";
}

/** Each once. */
function entriesOf(index: RowIndex | undefined): readonly (readonly [index: string, entry: string])[] {
  if (!index) return [];
  return Object.entries(index).flatMap(([name, texts]) =>
    (texts.length > 1 ? [...new Set(texts)] : texts).map((entry) => [name, entry] as const),
  );
}
