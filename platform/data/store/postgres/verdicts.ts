import type { Committed, Refused, Verdict } from "../unit.ts";
import type { Batch } from "./batch.ts";
import { STEP } from "./steps.ts";

/** What the commit function answers. */
export interface CommitAnswer {
  /** Number of the last batch that committed anything. */
  readonly number: number;
  /** The log's head before the batch. */
  readonly head: number;
  readonly recorded_at: number;
  /** Of the committed units' steps: each append's version after it, each taken lease's token. */
  readonly results: string | null;
  /** JSON: `[unit from 0, position, recordedAt][]` of ids that were committed before. */
  readonly repeated: string | null;
  /** JSON: `[step from 0, number found, text found][]`, one for each refused unit. */
  readonly refused: string | null;
}

/** What the function for plain batches answers. */
export interface PlainAnswer {
  /** Null when it did nothing. */
  readonly number: number | null;
  /** The log's head before the batch. */
  readonly head: number;
  readonly recorded_at: number;
  /** Versions before the batch of the streams that may exist. */
  readonly results: string | null;
  /** JSON without brackets: a `PlainRefusal` for each thing that is not as expected; null when that is not known. */
  readonly refused: string | null;
}

/** `kind`: of the condition (steps.ts), all of keys as `keyValue`; `place`: the thing's among its kind, from 0. */
export type PlainRefusal = readonly [kind: number, place: number, number: number | null, text: string | null];

type RepeatedEntry = readonly [unit: number, position: number, recordedAt: number];
type RefusedEntry = readonly [step: number, number: number | null, text: string | null];

/** One verdict a unit, in the batch's order. */
export function verdictsOf(batch: Batch, answer: CommitAnswer): readonly Verdict[] {
  const known = new Map([...repeatedOf(answer), ...refusedOf(batch, answer)]);
  const results = answer.results?.split(",").values() ?? [].values();
  const verdicts: Verdict[] = [];
  let position = answer.head;
  for (const unit of batch.units.keys()) {
    const verdict = known.get(unit) ?? repetitionInside(batch, unit, verdicts);
    if (!verdict) position += batch.facts[unit] ?? 0;
    verdicts.push(verdict ?? committed(batch, unit, position, answer.recorded_at, results));
  }
  return verdicts;
}

function repeatedOf(answer: CommitAnswer): [number, Verdict][] {
  // The commit function wrote the JSON.
  const entries = JSON.parse(answer.repeated ?? "[]") as readonly RepeatedEntry[];
  return entries.map(([unit, position, recordedAt]) => [unit, repetition({ position, recordedAt })]);
}

function refusedOf(batch: Batch, answer: CommitAnswer): [number, Verdict][] {
  const entries = JSON.parse(answer.refused ?? "[]") as readonly RefusedEntry[]; // as above
  return entries.map(([step, number, text]) => {
    const unit = (batch.steps.unit[step] ?? 0) - 1;
    const start = (batch.firstStep[unit] ?? 0) + (batch.sameAs.has(unit) ? 1 : 0);
    return [unit, { outcome: "refused", condition: step - start, actual: number ?? text ?? undefined } satisfies Refused];
  });
}

function repetitionInside(batch: Batch, unit: number, verdicts: readonly Verdict[]): Verdict | undefined {
  const earlier = verdicts[batch.sameAs.get(unit) ?? -1];
  return earlier?.outcome === "committed" ? repetition(earlier) : undefined;
}

/** The verdict on a unit that had been committed before. */
export function repetition(first: Pick<Committed, "position" | "recordedAt">): Committed {
  const { position, recordedAt } = first;
  return { outcome: "committed", position, recordedAt, versions: [], tokens: [], isRepeated: true };
}

/** Takes the unit's own from `results`. */
function committed(batch: Batch, unit: number, position: number, recordedAt: number, results: Iterator<string>): Committed {
  const versions: number[] = [];
  const tokens: number[] = [];
  const end = batch.firstStep[unit + 1] ?? batch.steps.unit.length;
  for (let step = batch.firstStep[unit] ?? 0; step < end; step++) {
    if (batch.steps.kind[step] === STEP.append) versions.push(Number(results.next().value));
    else if (batch.steps.kind[step] === STEP.takeLease) tokens.push(Number(results.next().value));
  }
  return { outcome: "committed", position, recordedAt, versions, tokens, isRepeated: false };
}
