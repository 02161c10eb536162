import type { EncodedAppend, EncodedUnit } from "../engine.ts";
import type { Condition, Refused, Verdict } from "../unit.ts";
import { least, unless, unlessPlaces, type Parameter } from "./batch.ts";
import { PlainState } from "./plain-state.ts";
import { disappointed, expectedOf, PlainStreams, type Asker } from "./plain-streams.ts";
import { STEP } from "./steps.ts";
import type { PlainAnswer, PlainRefusal } from "./verdicts.ts";
import { joined, nullable, separatorFor } from "./text.ts";

/**
 * A batch whose units can be committed at once, because it can be said beforehand that all conditions hold if they hold
 * before the batch, or by what units before them do: versions that go on from one another, a key that has the value that
 * was put. If all that is expected is so, all of its units commit (plain-function.ts). It takes and frees no leases, and
 * deletes no work.
 */
export class PlainBatch {
  private readonly units: readonly EncodedUnit[];
  private readonly facts = new PlainStreams();
  private readonly work = new PlainStreams();
  private readonly state = new PlainState();
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
    const before = this.facts.unit.length;
    for (const [condition, expected] of conditions.entries()) if (!this.expect({ unit, condition }, expected)) return false;
    for (const effect of effects) {
      if (effect.kind !== "append") {
        if (!this.state.apply(unit, effect)) return false;
      } else if (effect.events.length === 0) return false;
      else this.streams(effect.as).append(unit, effect.stream, effect.events);
    }
    this.unitFacts.push(this.facts.unit.length - before);
    this.unitLast.push(this.facts.unit.length);
    return true;
  }

  /** False when it can not hold together with what is before it, or is of another kind. */
  private expect(asker: Asker, condition: Condition): boolean {
    if (condition.kind === "version") return this.streams(condition.as).expectVersion(asker, condition.stream, condition.is);
    if (condition.kind === "exists") return this.streams(condition.as).expectExists(asker, condition.stream);
    return this.state.expect(asker, condition);
  }

  private streams(as: EncodedAppend["as"] | undefined): PlainStreams {
    return as === "work" ? this.work : this.facts;
  }

  /** The function's parameters after the fence, in its order; its last ones are left out when they would be empty. */
  parameters(): readonly Parameter[] {
    const { facts, work, state } = this;
    const ids = this.units.map((unit) => unit.id);
    const correlations = this.units.map((unit) => unit.correlation);
    const separator = separatorFor([ids, correlations, ...facts.texts(), ...work.texts(), ...state.texts()]);
    const text = (texts: readonly string[]) => joined(texts, separator);
    const ofUnits = [least(ids), text(ids), text(correlations), unless(1, this.unitFacts), unlessPlaces(this.unitLast)];
    const { news, olds, written } = this.orderedFacts();
    const ofOlds = [text(olds.map(({ name }) => name)), nullable(olds.map(expectedOf))];
    const ofFacts = [
      text(news.map(({ name }) => name)),
      ...ofOlds,
      String(written),
      ...eventsOf(facts, [...news, ...olds], text),
    ];
    const digests = Buffer.from(facts.columns.digest.join(""), "hex");
    const ofState = state.isEmpty() && work.size === 0 ? [] : state.parameters(text);
    return [separator, ...ofUnits, ...ofFacts, digests, ...ofState, ...this.ofWork(text)];
  }

  private ofWork(text: (texts: readonly string[]) => string): readonly Parameter[] {
    const { work } = this;
    if (work.size === 0) return [];
    const { streams, written } = work.ordered();
    const ofStreams = [text(streams.map(({ name }) => name)), nullable(streams.map(expectedOf)), String(written)];
    return [...ofStreams, ...eventsOf(work, streams, text)];
  }

  /**
   * Parameters of the function for one fact (one-fact-function.ts) after the fence; undefined when the batch is more than
   * that. Its answer reads like the other's.
   */
  oneFact(): readonly Parameter[] | undefined {
    const [unit, ...others] = this.units;
    const [effect, ...further] = unit?.effects ?? [];
    if (!unit || others.length > 0 || effect?.kind !== "append" || effect.as === "work" || further.length > 0) return undefined;
    const [event, ...more] = effect.events;
    if (!event || more.length > 0 || this.facts.size > 1 || this.work.size > 0 || !this.state.isEmpty()) return undefined;
    const stream = this.facts.stream[0];
    if (!stream || stream.mustExist) return undefined;
    const ofUnit = [unit.id, unit.correlation, effect.stream, stream.base === undefined ? null : String(stream.base)];
    return [...ofUnit, String(event.schemaVersion), event.type, event.data, event.meta, Buffer.from(event.digest, "hex")];
  }

  /** Of an answer with a number. */
  verdicts({ head, recorded_at: recordedAt, results }: PlainAnswer): readonly Verdict[] {
    const versions = results?.split(",") ?? [];
    const found = [...this.orderedFacts().olds, ...this.work.ordered().streams];
    for (const [index, stream] of found.entries()) stream.base = Number(versions[index]);
    const appended = { fact: 0, work: 0 };
    return this.units.map(({ effects }, unit) => {
      const after: number[] = [];
      for (const effect of effects) {
        if (effect.kind !== "append") continue;
        appended[effect.as] += effect.events.length;
        after.push(this.streams(effect.as).versionOf(appended[effect.as]));
      }
      const position = head + (this.unitLast[unit] ?? 0);
      return { outcome: "committed", position, recordedAt, versions: after, tokens: [], isRepeated: false };
    });
  }

  /**
   * Of an answer without a number: the units that are refused, whatever becomes of the others, with their verdicts.
   * Undefined when that can not be said, because one counts on what another was to do.
   */
  refusals({ refused }: PlainAnswer): ReadonlyMap<number, Refused> | undefined {
    if (refused === null || this.facts.isChained || this.work.isChained || this.state.isChained) return undefined;
    const { news, olds } = this.orderedFacts();
    const streams = [...news, ...olds, ...this.work.ordered().streams];
    const found = new Map<number, Refused>();
    const entries = JSON.parse(`[${refused}]`) as readonly PlainRefusal[]; // the function wrote it
    for (const [kind, place, number, text] of entries) {
      const stream = kind === STEP.version ? streams[place] : undefined;
      for (const { unit, condition } of stream ? disappointed(stream, number ?? 0) : this.state.askers(kind, place)) {
        if ((found.get(unit)?.condition ?? Infinity) <= condition) continue;
        found.set(unit, { outcome: "refused", condition, actual: number ?? text ?? undefined });
      }
    }
    return found.size > 0 ? found : undefined;
  }

  /** Those that must be new, and those that may exist; the first `written` of all get facts. */
  private orderedFacts() {
    const { streams, written } = this.facts.ordered();
    const isNew = streams.map(({ base, added }) => base === 0 && added > 0);
    return { news: streams.filter((_, index) => isNew[index]), olds: streams.filter((_, index) => !isNew[index]), written };
  }
}

/** Of each event: unit, stream by its place among all, and so on, in the function's order. */
function eventsOf(
  events: PlainStreams,
  streams: readonly { readonly name: string }[],
  text: (texts: readonly string[]) => string,
): readonly Parameter[] {
  const { columns } = events;
  const places = new Map(streams.map((stream, index) => [stream, index + 1]));
  const stream = events.stream.map((each) => places.get(each) ?? 0);
  const numbers = [unlessPlaces(events.unit), unlessPlaces(stream), unless(1, events.nth), unless(0, columns.ordinal)];
  return [...numbers, unless(1, columns.schemaVersion), text(columns.type), text(columns.data), text(columns.meta)];
}
