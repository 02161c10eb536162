import type { EncodedEffect } from "../engine.ts";
import type { Condition, RowIndex } from "../unit.ts";
import { unless, unlessPlaces, type Parameter } from "./batch.ts";
import type { Asker } from "./plain-streams.ts";
import { STEP } from "./steps.ts";
import { nullable } from "./text.ts";

interface KeyCell {
  readonly key: string;
  readonly askers: Asker[];
  /** As the function takes it: absent, present, a value, or anything. */
  expected: string;
  /** Undefined when the key is only looked at; `GONE` when it is deleted. */
  expiresAt: number | undefined;
  value: string;
}

interface DueCell {
  readonly queue: string;
  readonly id: string;
  readonly askers: Asker[];
  expected: number | undefined;
  readonly puts: Puts;
  /** The last one. */
  effect: (EncodedEffect & { kind: "schedule" | "finish" }) | undefined;
}

interface LeaseCell {
  readonly name: string;
  readonly token: number;
  readonly askers: Asker[];
}

interface RowCell {
  readonly puts: Puts;
  /** The last effect, and its unit from 0. */
  effect: EncodedEffect & { kind: "putRow" | "deleteRow" };
  unit: number;
}

/** How often a thing is put since it was last deleted, if it was. */
interface Puts {
  count: number;
  isReset: boolean;
}

const ANY = "";
const ABSENT = "-";
const PRESENT = "+";
const GONE = -Infinity;

/**
 * Keys, due items, leases and rows of a plain batch. What units look at is what is there before the batch, or what units
 * before them have made of it, as far as that can be said; of what several change, the last change counts.
 */
export class PlainState {
  /** Whether a condition counts on what an earlier unit of the batch does. */
  isChained = false;
  private readonly keys = new Map<string, KeyCell>();
  private readonly due = new Map<string, DueCell>();
  private readonly leases = new Map<string, LeaseCell>();
  private readonly rows = new Map<string, RowCell>();

  /** False when the batch can not be plain. */
  expect(asker: Asker, condition: Condition): boolean {
    switch (condition.kind) {
      case "keyAbsent":
        return this.expectKey(asker, condition.key, ABSENT);
      case "keyPresent":
        return this.expectKey(asker, condition.key, PRESENT);
      case "keyValue":
        return this.expectKey(asker, condition.key, `=${condition.value}`);
      case "due":
        return this.expectDue(asker, condition.queue, condition.id, condition.revision);
      case "leaseHeld":
        return this.expectLease(asker, condition.name, condition.token);
      default:
        return false;
    }
  }

  /** As above. */
  apply(unit: number, effect: EncodedEffect): boolean {
    switch (effect.kind) {
      case "putKey":
        this.changeKey(effect.key, effect.expiresAt ?? Infinity, effect.value);
        return true;
      case "deleteKey":
        this.changeKey(effect.key, GONE, "");
        return true;
      case "schedule":
      case "finish": {
        const cell = this.dueOf(effect.queue, effect.id);
        count(cell.puts, effect.kind === "schedule");
        cell.effect = effect;
        return true;
      }
      case "putRow":
      case "deleteRow": {
        const cell = this.rowOf(unit, effect);
        count(cell.puts, effect.kind === "putRow");
        cell.effect = effect;
        cell.unit = unit;
        return true;
      }
      default:
        return false;
    }
  }

  /** Of the thing that the function says is not as expected. */
  askers(kind: number, place: number): readonly Asker[] {
    const cells = kind === STEP.keyValue ? this.keys : kind === STEP.due ? this.due : this.leases;
    return [...cells.values()][place]?.askers ?? [];
  }

  isEmpty(): boolean {
    return this.keys.size + this.due.size + this.leases.size + this.rows.size === 0;
  }

  /** The function's parameters of state, in its order; `text` makes one of a list. */
  parameters(text: (texts: readonly string[]) => string): readonly Parameter[] {
    return [...this.ofKeys(text), ...this.ofDue(text), ...this.ofLeases(text), ...this.ofRows(text)];
  }

  /** For the choice of a separator. */
  texts(): readonly (readonly string[])[] {
    return [
      ...[...this.keys.values()].map(({ key, expected, value }) => [key, expected, value]),
      ...[...this.due.values()].map(({ queue, id, effect }) => [queue, id, payloadOf(effect)]),
      [...this.leases.keys()],
      ...[...this.rows.values()].map(({ effect }) => textsOf(effect)),
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
    const puts = cells.map(({ effect, puts }) => (effect ? putsNumber(puts) : 1));
    const times = cells.map(({ effect }) => (effect?.kind === "schedule" ? effect.at : undefined));
    return [
      text(cells.map((cell) => cell.queue)),
      text(cells.map((cell) => cell.id)),
      nullable(cells.map((cell) => cell.expected)),
      unless(1, puts),
      nullable(times),
      text(cells.map(({ effect }) => payloadOf(effect))),
    ];
  }

  private ofLeases(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const cells = [...this.leases.values()];
    return [text(cells.map(({ name }) => name)), nullable(cells.map(({ token }) => token))];
  }

  private ofRows(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const cells = [...this.rows.values()];
    const indexes = cells.map(({ effect }) => (effect.kind === "putRow" ? effect.index : undefined));
    const entries = indexes.flatMap((of, place) => entriesOf(of).map(([index, entry]) => ({ place, index, entry })));
    return [
      unlessPlaces(cells.map(({ unit }) => unit + 1)),
      unless(
        1,
        cells.map(({ puts }) => putsNumber(puts)),
      ),
      text(cells.map(({ effect }) => effect.collection)),
      text(cells.map(({ effect }) => effect.key)),
      text(cells.map(({ effect }) => (effect.kind === "putRow" ? effect.value : ""))),
      text(indexes.map((index) => (index === undefined ? "" : JSON.stringify(index)))),
      nullable(entries.map(({ place }) => place + 1)),
      text(entries.map(({ index }) => index)),
      text(entries.map(({ entry }) => entry)),
    ];
  }

  private expectKey(asker: Asker, key: string, expected: string): boolean {
    const cell = this.keyOf(key);
    if (cell.expiresAt !== undefined) {
      this.isChained = true;
      return holdsAfter(cell, expected);
    }
    if (cell.askers.push(asker) === 1) cell.expected = expected;
    return cell.expected === expected;
  }

  private expectDue(asker: Asker, queue: string, id: string, revision: number): boolean {
    const cell = this.dueOf(queue, id);
    if (cell.effect) {
      this.isChained = true;
      const before = cell.puts.isReset ? 0 : cell.expected;
      return before !== undefined && before + cell.puts.count === revision;
    }
    if (cell.askers.push(asker) === 1) cell.expected = revision;
    return cell.expected === revision;
  }

  private expectLease(asker: Asker, name: string, token: number): boolean {
    let cell = this.leases.get(name);
    if (!cell) this.leases.set(name, (cell = { name, token, askers: [] }));
    cell.askers.push(asker);
    return cell.token === token;
  }

  private changeKey(key: string, expiresAt: number, value: string): void {
    const cell = this.keyOf(key);
    cell.expiresAt = expiresAt;
    cell.value = value;
  }

  private keyOf(key: string): KeyCell {
    let cell = this.keys.get(key);
    if (!cell) this.keys.set(key, (cell = { key, askers: [], expected: ANY, expiresAt: undefined, value: "" }));
    return cell;
  }

  private dueOf(queue: string, id: string): DueCell {
    const name = nameOf(queue, id);
    let cell = this.due.get(name);
    if (!cell) {
      cell = { queue, id, askers: [], expected: undefined, puts: { count: 0, isReset: false }, effect: undefined };
      this.due.set(name, cell);
    }
    return cell;
  }

  private rowOf(unit: number, effect: RowCell["effect"]): RowCell {
    const name = nameOf(effect.collection, effect.key);
    let cell = this.rows.get(name);
    if (!cell) this.rows.set(name, (cell = { puts: { count: 0, isReset: false }, effect, unit }));
    return cell;
  }
}

function nameOf(first: string, second: string): string {
  return `${first.length} ${first}${second}`;
}

function count(puts: Puts, isPut: boolean): void {
  puts.count = isPut ? puts.count + 1 : 0;
  puts.isReset ||= !isPut;
}

/** As the function takes it: the count, below 0 when the thing is deleted before, 0 when it is deleted at the end. */
function putsNumber({ count, isReset }: Puts): number {
  return isReset && count > 0 ? -count : count;
}

/** False also when only the store's clock can tell. */
function holdsAfter({ expiresAt, value }: KeyCell, expected: string): boolean {
  if (expiresAt === GONE) return expected === ABSENT;
  return expiresAt === Infinity && (expected === PRESENT || expected === `=${value}`);
}

function payloadOf(effect: DueCell["effect"]): string {
  return effect?.kind === "schedule" ? effect.payload : "";
}

function textsOf(effect: RowCell["effect"]): readonly string[] {
  const { collection, key } = effect;
  return effect.kind === "deleteRow" ? [collection, key] : [collection, key, effect.value, ...entriesOf(effect.index).flat()];
}

/** Each once. */
function entriesOf(index: RowIndex | undefined): readonly (readonly [index: string, entry: string])[] {
  if (!index) return [];
  return Object.entries(index).flatMap(([name, texts]) =>
    (texts.length > 1 ? [...new Set(texts)] : texts).map((entry) => [name, entry] as const),
  );
}
