import type { EncodedEffect, EncodedUnit } from "../engine.ts";
import type { Condition, StreamKind } from "../unit.ts";
import { Cells, EventColumns, StepColumns } from "./columns.ts";
import { STEP } from "./steps.ts";
import { joined, literal, separatorFor } from "./text.ts";

/** As PostgreSQL's text protocol takes it; bytes are for a `bytea`. */
export type Parameter = string | Uint8Array | boolean | null;

/** A batch as the commit function takes it (commit-function.ts), and what its answer is read with. */
export class Batch {
  /** Of each unit: its first step, from 0; and how many facts it has. */
  readonly firstStep: number[] = [];
  readonly facts: number[] = [];
  /** A unit with the id of an earlier one of the batch, and that one. */
  readonly sameAs = new Map<number, number>();
  readonly steps = new StepColumns();
  readonly units: readonly EncodedUnit[];

  private readonly before: number[] = [];
  private readonly unitOfId = new Map<string, number>();
  private readonly streams = new Cells();
  private readonly keys = new Cells();
  private readonly due = new Cells();
  private readonly leases = new Cells();
  private readonly rows = new Cells();
  private readonly factColumns = new EventColumns();
  private readonly factPlaces: number[] = [];
  private readonly workColumns = new EventColumns();

  constructor(units: readonly EncodedUnit[]) {
    this.units = units;
    for (const [index, unit] of units.entries()) this.add(index, unit);
  }

  private add(index: number, unit: EncodedUnit): void {
    const factsBefore = this.factPlaces.length;
    this.before.push(factsBefore);
    this.firstStep.push(this.steps.unit.length);
    const earlier = this.unitOfId.get(unit.id);
    if (earlier === undefined) this.unitOfId.set(unit.id, index);
    else {
      this.sameAs.set(index, earlier);
      this.steps.add(index + 1, STEP.sameId, earlier + 1, 0, "");
    }
    for (const condition of unit.conditions) this.addCondition(index + 1, condition);
    for (const effect of unit.effects) this.addEffect(index + 1, effect, factsBefore);
    this.facts.push(this.factPlaces.length - factsBefore);
  }

  private addCondition(unit: number, condition: Condition): void {
    const { steps } = this;
    switch (condition.kind) {
      case "version":
        return steps.add(unit, STEP.version, this.stream(condition.stream, condition.as), condition.is, "");
      case "exists":
        return steps.add(unit, STEP.exists, this.stream(condition.stream, condition.as), 0, "");
      case "keyAbsent":
        return steps.add(unit, STEP.keyAbsent, this.keys.place(condition.key), 0, "");
      case "keyPresent":
        return steps.add(unit, STEP.keyPresent, this.keys.place(condition.key), 0, "");
      case "keyValue":
        return steps.add(unit, STEP.keyValue, this.keys.place(condition.key), 0, condition.value);
      case "due":
        return steps.add(unit, STEP.due, this.due.place(condition.queue, condition.id), condition.revision, "");
      case "leaseHeld":
        return steps.add(unit, STEP.leaseHeld, this.leases.place(condition.name), condition.token, "");
      case "leaseFree":
        return steps.add(unit, STEP.leaseFree, this.leases.place(condition.name), 0, condition.owner);
    }
  }

  private addEffect(unit: number, effect: EncodedEffect, factsBefore: number): void {
    const { steps } = this;
    switch (effect.kind) {
      case "append":
        return this.addAppend(unit, effect, factsBefore);
      case "deleteWork":
        return steps.add(unit, STEP.deleteWork, this.stream(effect.stream, "work"), 0, "");
      case "putRow":
        steps.add(unit, STEP.putRow, this.rows.place(effect.collection, effect.key), 0, effect.value);
        if (effect.index !== undefined) steps.setEntries(JSON.stringify(effect.index));
        return;
      case "deleteRow":
        return steps.add(unit, STEP.deleteRow, this.rows.place(effect.collection, effect.key), 0, "");
      case "putKey":
        return steps.add(unit, STEP.putKey, this.keys.place(effect.key), effect.expiresAt ?? Infinity, effect.value);
      case "deleteKey":
        return steps.add(unit, STEP.deleteKey, this.keys.place(effect.key), 0, "");
      case "schedule":
        return steps.add(unit, STEP.schedule, this.due.place(effect.queue, effect.id), effect.at, effect.payload);
      case "finish":
        return steps.add(unit, STEP.finish, this.due.place(effect.queue, effect.id), 0, "");
      case "takeLease":
        return steps.add(unit, STEP.takeLease, this.leases.place(effect.name), effect.ttlMs, effect.owner);
      case "freeLease":
        return steps.add(unit, STEP.freeLease, this.leases.place(effect.name), 0, "");
    }
  }

  private addAppend(unit: number, effect: EncodedEffect & { kind: "append" }, factsBefore: number): void {
    this.steps.add(unit, STEP.append, this.stream(effect.stream, effect.as), effect.events.length, "");
    const step = this.steps.unit.length;
    if (effect.as === "work") return this.workColumns.add(step, effect.events);
    this.factColumns.add(step, effect.events);
    for (let n = effect.events.length; n > 0; n--) this.factPlaces.push(this.factPlaces.length + 1 - factsBefore);
  }

  private stream(name: string, as: StreamKind = "fact"): number {
    return this.streams.place(name, as);
  }

  /** The function's parameters after the names of sessions, in its order. */
  parameters(): readonly Parameter[] {
    const ids = this.units.map((unit) => unit.id);
    const correlations = this.units.map((unit) => unit.correlation);
    const separator = separatorFor([ids, correlations, ...this.cellTexts(), ...this.stepTexts(), ...this.eventTexts()]);
    const text = (texts: readonly string[]) => joined(texts, separator);
    const { streams, keys, due, leases, rows, steps, factColumns: facts, workColumns: work } = this;
    const ofUnits = [least(ids), text(ids), text(correlations), literal(this.facts), literal(this.before)];
    const ofStreams = [text(streams.first), literal(streams.second.map((as) => as === "work"))];
    const ofDue = [text(due.first), text(due.second)];
    const ofState = [text(keys.first), ...ofDue, text(leases.first), text(rows.first), text(rows.second)];
    const hasState = ofState.some((cells) => cells !== "");
    const stepNumbers = [steps.unit, steps.kind, steps.cell, steps.number].map(literal);
    const factNumbers = [literal(facts.step), unless(1, facts.nth), unless(1, this.factPlaces), unless(0, facts.ordinal)];
    const workNumbers = [work.step, work.nth, work.ordinal, work.schemaVersion].map((numbers) => unless(undefined, numbers));
    const factTexts = [facts.type, facts.data, facts.meta].map(text);
    const workTexts = [work.type, work.data, work.meta].map(text);
    const ofSteps = [...stepNumbers, hasState ? text(steps.text) : "", text(steps.entries)];
    const ofFacts = [...factNumbers, unless(1, facts.schemaVersion), ...factTexts, Buffer.from(facts.digest.join(""), "hex")];
    const ofWork = [...workNumbers, ...workTexts];
    return [separator, ...ofUnits, ...ofStreams, hasState, ...ofState, ...ofSteps, ...ofFacts, ...ofWork];
  }

  private cellTexts(): readonly (readonly string[])[] {
    const { streams, keys, due, leases, rows } = this;
    return [streams.first, keys.first, due.first, due.second, leases.first, rows.first, rows.second];
  }

  private stepTexts(): readonly (readonly string[])[] {
    return [this.steps.text, this.steps.entries];
  }

  private eventTexts(): readonly (readonly string[])[] {
    return [this.factColumns, this.workColumns].flatMap((events) => [events.type, events.data, events.meta]);
  }
}

/** Left out when all are `usual`. */
export function unless(usual: number | undefined, numbers: readonly number[]): string | null {
  return numbers.every((number) => number === usual) ? null : literal(numbers);
}

/** Left out when each is its own place. */
export function unlessPlaces(numbers: readonly number[]): string | null {
  return numbers.every((number, index) => number === index + 1) ? null : literal(numbers);
}

/** By UTF-8 bytes, as the database compares. */
export function least(texts: readonly string[]): string {
  return texts.reduce((a, b) => (Buffer.compare(Buffer.from(b), Buffer.from(a)) < 0 ? b : a));
}
