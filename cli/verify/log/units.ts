import type { Store } from "@daybook/data/store";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "./fact.ts";

/** The facts of one unit, as they follow each other in the log. */
interface Run {
  readonly unit: string;
  ordinal: number;
  last: Fact;
}

/**
 * An event's id is its unit's id and its ordinal. The facts of a unit follow each other, have one time, and the unit was
 * committed at the position of the last of them.
 */
export function unitsCheck(store: Store): Check {
  const findings = new Findings("units");
  let run: Run | undefined;
  let units = 0;

  async function finish({ unit, last }: Run): Promise<void> {
    units++;
    const outcome = await store.outcome(unit);
    const { position, recordedAt } = last.stored;
    if (!outcome) return findings.violated("the fact's unit was never committed", placeOf(last));
    if (outcome.position !== position) findings.violated(`its unit was committed at ${outcome.position}`, placeOf(last));
    if (outcome.recordedAt !== recordedAt) findings.violated("its unit was committed at another time", placeOf(last));
  }

  function goOn(into: Run, fact: Fact, ordinal: number): void {
    if (ordinal <= into.ordinal) findings.violated("ordinals rise within a unit", placeOf(fact));
    if (fact.stored.recordedAt !== into.last.stored.recordedAt) findings.violated("a unit has one time", placeOf(fact));
    into.ordinal = ordinal;
    into.last = fact;
  }

  return {
    findings: [findings],
    async fact(fact) {
      findings.checked++;
      const [, unit, digits] = /^(.+)\/(0|[1-9]\d*)$/.exec(fact.stored.id) ?? [];
      if (unit === undefined) return findings.violated("the id is not a unit's id and an ordinal", placeOf(fact));
      if (run?.unit === unit) return goOn(run, fact, Number(digits));
      if (run) await finish(run);
      run = { unit, ordinal: Number(digits), last: fact };
    },
    async end() {
      if (run) await finish(run);
      findings.measure("units", units);
    },
  };
}
