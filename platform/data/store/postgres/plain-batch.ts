import type { EncodedAppend, EncodedUnit } from "../engine.ts";
import type { Condition, Verdict } from "../unit.ts";
import { least, unless, type Parameter } from "./batch.ts";
import { EventColumns } from "./columns.ts";
import type { PlainAnswer } from "./verdicts.ts";
import { joined, literal, separatorFor } from "./text.ts";

interface PlainStream {
  readonly name: string;
  /** Version before the batch, when a condition says it. */
  base: number | undefined;
  /** Facts that the batch adds. */
  added: number;
}

/**
 * A batch of the common kind: its units append facts and nothing else, their only conditions are versions of the streams
 * that they append to, and no two units contradict each other. If the streams are at the versions that the first
 * conditions on them say, all of its units commit (plain-function.ts).
 */
export class PlainBatch {
  private readonly units: readonly EncodedUnit[];
  private readonly streams = new Map<string, PlainStream>();
  private readonly facts = new EventColumns();
  private readonly factUnit: number[] = [];
  private readonly factStream: PlainStream[] = [];
  private readonly factNth: number[] = [];
  /** Of each unit: how many facts it has, and the place of its last one. */
  private readonly unitFacts: number[] = [];
  private readonly unitLast: number[] = [];

  private constructor(units: readonly EncodedUnit[]) {
    this.units = units;
  }

  /** Undefined when the units are not of that kind. */
  static of(units: readonly EncodedUnit[]): PlainBatch | undefined {
    const batch = new PlainBatch(units);
    if (new Set(units.map((unit) => unit.id)).size < units.length) return undefined;
    if (!units.every((unit) => batch.add(unit))) return undefined;
    return [...batch.streams.values()].every((stream) => stream.added > 0) ? batch : undefined;
  }

  private add({ conditions, effects }: EncodedUnit): boolean {
    const before = this.factUnit.length;
    if (!conditions.every((condition) => this.expect(condition))) return false;
    for (const effect of effects) {
      if (effect.kind !== "append" || effect.as === "work" || effect.events.length === 0) return false;
      this.append(effect);
    }
    this.unitFacts.push(this.factUnit.length - before);
    this.unitLast.push(this.factUnit.length);
    return effects.length > 0;
  }

  /** False when it can not hold together with what is before it, or is of another kind. */
  private expect(condition: Condition): boolean {
    if (condition.kind !== "version" || condition.as === "work") return false;
    const stream = this.stream(condition.stream);
    stream.base ??= condition.is - stream.added;
    return stream.base >= 0 && stream.base + stream.added === condition.is;
  }

  private append({ stream: name, events }: EncodedAppend): void {
    const stream = this.stream(name);
    this.facts.add(0, events);
    for (const _ of events) {
      this.factUnit.push(this.unitFacts.length + 1);
      this.factStream.push(stream);
      this.factNth.push(++stream.added);
    }
  }

  private stream(name: string): PlainStream {
    let stream = this.streams.get(name);
    if (!stream) this.streams.set(name, (stream = { name, base: undefined, added: 0 }));
    return stream;
  }

  /** The function's parameters after the session, in its order. */
  parameters(): readonly Parameter[] {
    const ids = this.units.map((unit) => unit.id);
    const correlations = this.units.map((unit) => unit.correlation);
    const { facts } = this;
    const news = [...this.streams.values()].filter((stream) => stream.base === 0);
    const olds = this.oldStreams();
    const places = new Map([...news, ...olds].map((stream, index) => [stream, index + 1]));
    const names = (streams: readonly PlainStream[]) => streams.map((stream) => stream.name);
    const factTexts = [facts.type, facts.data, facts.meta];
    const separator = separatorFor([ids, correlations, names(news), names(olds), ...factTexts]);
    const text = (texts: readonly string[]) => joined(texts, separator);
    const expected = olds.every((stream) => stream.base === undefined) ? null : `{${olds.map(baseText).join(",")}}`;
    const factStream = this.factStream.map((stream) => places.get(stream) ?? 0);
    const ofUnits = [least(ids), text(ids), text(correlations), unless(1, this.unitFacts), unlessPlaces(this.unitLast)];
    const ofFacts = [unlessPlaces(this.factUnit), unlessPlaces(factStream), unless(1, this.factNth)];
    const ofEvents = [unless(0, facts.ordinal), unless(1, facts.schemaVersion), ...factTexts.map(text)];
    const ofStreams = [text(names(news)), text(names(olds)), expected];
    return [separator, ...ofUnits, ...ofStreams, ...ofFacts, ...ofEvents, Buffer.from(facts.digest.join(""), "hex")];
  }

  /** Of an answer with a number. */
  verdicts({ head, recorded_at: recordedAt, results }: PlainAnswer): readonly Verdict[] {
    const versions = results?.split(",") ?? [];
    for (const [index, stream] of this.oldStreams().entries()) stream.base = Number(versions[index]);
    let fact = 0;
    return this.units.map(({ effects }, unit) => {
      const after: number[] = [];
      for (const effect of effects) {
        fact += effect.kind === "append" ? effect.events.length : 0;
        after.push((this.factStream[fact - 1]?.base ?? 0) + (this.factNth[fact - 1] ?? 0));
      }
      const position = head + (this.unitLast[unit] ?? 0);
      return { outcome: "committed", position, recordedAt, versions: after, tokens: [], isRepeated: false };
    });
  }

  /** Those that may exist. */
  private oldStreams(): readonly PlainStream[] {
    return [...this.streams.values()].filter((stream) => stream.base !== 0);
  }
}

function baseText({ base }: PlainStream): string {
  return base === undefined ? "null" : String(base);
}

/** Left out when each is its own place. */
function unlessPlaces(numbers: readonly number[]): string | null {
  return numbers.every((number, index) => number === index + 1) ? null : literal(numbers);
}
