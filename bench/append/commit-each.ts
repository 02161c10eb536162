import type { Store } from "@daybook/data/store";
import type { Unit } from "@daybook/data/store/unit";
import { eachBy, type Work } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";
import { many, type OneFact } from "../workload.ts";

/** Has callers commit a unit for each fact, and checks every verdict. */
export function commitEach(
  store: Store,
  fact: () => OneFact,
  callers: number,
  unitFor: (fact: OneFact) => Unit,
): (count: number) => Work {
  const commit = async (unit: Unit) => {
    const verdict = await store.commit(unit);
    if (verdict.outcome !== "committed") throw benchFailed(`a unit was ${verdict.outcome}: ${JSON.stringify(verdict)}`);
  };
  return (count) => {
    const units = many(count, fact).map(unitFor);
    return () => eachBy(callers, units, commit);
  };
}
