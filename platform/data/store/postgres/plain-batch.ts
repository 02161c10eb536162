import type { EncodedAppend, EncodedUnit } from "../engine.ts";
import type { Condition, Refused, Verdict } from "../unit.ts";
import { least, unless, unlessPlaces, type Parameter } from "./batch.ts";
import { EventColumns } from "./columns.ts";
import { PlainState, type Asker } from "./plain-state.ts";
import { STEP } from "./steps.ts";
import type { PlainAnswer, PlainRefusal } from "./verdicts.ts";
import { joined, nullable, separatorFor } from "./text.ts";

interface PlainStream extends Asker {
  readonly name: string;
  /** Version before the batch, when a condition says it. */
  base: number | undefined;
  /** Facts that the batch adds. */
  added: number;
}

/**
 * A batch whose units can be committed at once, because none depends on what another does: its units append facts, put
 * rows and keys, schedule and finish, under conditions on these things and on leases; what one unit looks at or changes, no
 * other changes. Only streams are shared, where the versions that units expect go together. If all that is expected is so,
 * all of its units commit (plain-function.ts).
 */
export class PlainBatch {
  private readonly units: readonly EncodedUnit[];
  private readonly streams = new Map<string, PlainStream>();
  private isDisjoint = true;
  private readonly state = new PlainState();
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
    return units.every((unit, index) => batch.add(index, unit)) ? batch : undefined;
  }

  private add(unit: number, { conditions, effects }: EncodedUnit): boolean {
    const before = this.factUnit.length;
    for (const [index, condition] of conditions.entries()) if (!this.expect(unit, index, condition)) return false;
    for (const effect of effects) {
      if (effect.kind !== "append") {
        if (!this.state.apply(unit, effect)) return false;
      } else if (effect.as === "work" || effect.events.length === 0) return false;
      else this.append(unit, effect);
    }
    this.unitFacts.push(this.factUnit.length - before);
    this.unitLast.push(this.factUnit.length);
    return true;
  }

  /** False when it can not hold together with what is before it, or is of another kind. */
  private expect(unit: number, index: number, condition: Condition): boolean {
    if (condition.kind !== "version") return this.state.expect(unit, index, condition);
    if (condition.as === "work") return false;
    const stream = this.stream(unit, condition.stream);
    stream.condition ??= index;
    stream.base ??= condition.is - stream.added;
    return stream.base >= 0 && stream.base + stream.added === condition.is;
  }

  private append(unit: number, { stream: name, events }: EncodedAppend): void {
    const stream = this.stream(unit, name);
    this.facts.add(0, events);
    for (let n = events.length; n > 0; n--) {
      this.factUnit.push(unit + 1);
      this.factStream.push(stream);
      this.factNth.push(++stream.added);
    }
  }

  private stream(unit: number, name: string): PlainStream {
    let stream = this.streams.get(name);
    if (!stream) this.streams.set(name, (stream = { unit, condition: undefined, name, base: undefined, added: 0 }));
    if (stream.unit !== unit) this.isDisjoint = false;
    return stream;
  }

  /** The function's parameters after the fence, in its order; those of its state are left out when there is none. */
  parameters(): readonly Parameter[] {
    const { facts, state } = this;
    const ids = this.units.map((unit) => unit.id);
    const correlations = this.units.map((unit) => unit.correlation);
    const { news, olds, written } = this.orderedStreams();
    const places = new Map([...news, ...olds].map((stream, index) => [stream, index + 1]));
    const names = (streams: readonly PlainStream[]) => streams.map((stream) => stream.name);
    const factTexts = [facts.type, facts.data, facts.meta];
    const separator = separatorFor([ids, correlations, names(news), names(olds), ...factTexts, ...state.texts()]);
    const text = (texts: readonly string[]) => joined(texts, separator);
    const factStream = this.factStream.map((stream) => places.get(stream) ?? 0);
    const ofUnits = [least(ids), text(ids), text(correlations), unless(1, this.unitFacts), unlessPlaces(this.unitLast)];
    const ofStreams = [text(names(news)), text(names(olds)), nullable(olds.map(({ base }) => base)), String(written)];
    const ofFacts = [unlessPlaces(this.factUnit), unlessPlaces(factStream), unless(1, this.factNth)];
    const ofEvents = [unless(0, facts.ordinal), unless(1, facts.schemaVersion), ...factTexts.map(text)];
    const digests = Buffer.from(facts.digest.join(""), "hex");
    const ofState = state.isEmpty() ? [] : state.parameters(separator);
    return [separator, ...ofUnits, ...ofStreams, ...ofFacts, ...ofEvents, digests, ...ofState];
  }

  /**
   * Parameters of the function for one fact (one-fact-function.ts) after the fence; undefined when the batch is more than
   * that. Its answer reads like the other's.
   */
  oneFact(): readonly Parameter[] | undefined {
    const [unit, ...others] = this.units;
    const [effect, ...further] = unit?.effects ?? [];
    if (!unit || others.length > 0 || effect?.kind !== "append" || further.length > 0) return undefined;
    const [event, ...more] = effect.events;
    if (!event || more.length > 0 || this.streams.size > 1 || !this.state.isEmpty()) return undefined;
    const expected = this.factStream[0]?.base;
    const ofUnit = [unit.id, unit.correlation, effect.stream, expected === undefined ? null : String(expected)];
    return [...ofUnit, String(event.schemaVersion), event.type, event.data, event.meta, Buffer.from(event.digest, "hex")];
  }

  /** Of an answer with a number. */
  verdicts({ head, recorded_at: recordedAt, results }: PlainAnswer): readonly Verdict[] {
    const versions = results?.split(",") ?? [];
    for (const [index, stream] of this.orderedStreams().olds.entries()) stream.base = Number(versions[index]);
    let fact = 0;
    return this.units.map(({ effects }, unit) => {
      const after: number[] = [];
      for (const effect of effects) {
        if (effect.kind !== "append") continue;
        fact += effect.events.length;
        after.push((this.factStream[fact - 1]?.base ?? 0) + (this.factNth[fact - 1] ?? 0));
      }
      const position = head + (this.unitLast[unit] ?? 0);
      return { outcome: "committed", position, recordedAt, versions: after, tokens: [], isRepeated: false };
    });
  }

  /**
   * Of an answer without a number: the units that are refused, whatever becomes of the others, with their verdicts.
   * Undefined when that can not be said, because one may have counted on what another was to append.
   */
  refusals({ refused }: PlainAnswer): ReadonlyMap<number, Refused> | undefined {
    if (refused === null || !this.isDisjoint) return undefined;
    const { news, olds } = this.orderedStreams();
    const streams = [...news, ...olds];
    const found = new Map<number, Refused>();
    const entries = JSON.parse(`[${refused}]`) as readonly PlainRefusal[]; // the function wrote it
    for (const [kind, place, number, text] of entries) {
      const asker = kind === STEP.version ? streams[place] : this.state.asker(kind, place);
      if (asker?.condition === undefined) continue;
      if ((found.get(asker.unit)?.condition ?? Infinity) <= asker.condition) continue;
      found.set(asker.unit, { outcome: "refused", condition: asker.condition, actual: number ?? text ?? undefined });
    }
    return found.size > 0 ? found : undefined;
  }

  /** Those that must be new, and those that may exist; the first `written` of all get facts. */
  private orderedStreams() {
    const all = [...this.streams.values()];
    const appended = all.filter((stream) => stream.added > 0);
    const news = appended.filter((stream) => stream.base === 0);
    const olds = [...appended.filter((stream) => stream.base !== 0), ...all.filter((stream) => stream.added === 0)];
    return { news, olds, written: appended.length };
  }
}
