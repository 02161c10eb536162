import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { agreesOn } from "./conformance/agreement.ts";
import { StoreModel, type ModelVerdict } from "./conformance/model.ts";
import { batches, planned, type UnitPlan } from "./conformance/random-units.ts";
import type { StoreUnderTest } from "./conformance/trial.ts";
import type { Unit, Verdict } from "./unit.ts";

export interface ModelOptions {
  /** How many random histories are run; 200. */
  readonly runs?: number;
  /** Repeats a failure: the seed that it printed. */
  readonly seed?: number;
}

/**
 * Random units, gathered into random batches, against a naive model of the contract (conformance/model.ts): every
 * verdict and, at the end, every read is the model's. A failure prints its seed and the smallest history that fails.
 */
export function storeModelConformance(name: string, open: () => Promise<StoreUnderTest>, options: ModelOptions = {}): void {
  void test(`${name} does with random units what the model does`, { timeout: 600_000 }, async () => {
    const counts = { committed: 0, refused: 0, repeated: 0 };
    const property = fc.asyncProperty(batches, async (history) => {
      const trial = await open();
      try {
        await follows(trial, history, counts);
      } finally {
        await trial.destroy();
      }
    });
    const { runs = 200, seed } = options;
    await fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
    assert.ok(
      Math.min(counts.committed, counts.refused, counts.repeated) >= runs / 10,
      `too little happened: ${JSON.stringify(counts)}`,
    );
  });
}

interface Counts {
  committed: number;
  refused: number;
  repeated: number;
}

/** The store answers a history of batches as the model does; one that moves does so in the middle. */
async function follows(trial: StoreUnderTest, history: readonly (readonly UnitPlan[])[], counts: Counts): Promise<void> {
  let { store } = trial;
  const now = await store.now();
  const model = new StoreModel(now);
  const times = new Map<string, number>();
  let recordedAt = 0;
  for (const [b, batch] of history.entries()) {
    const units: Unit[] = [];
    const expected: ModelVerdict[] = [];
    if (trial.moved && b === history.length >> 1) store = await trial.moved();
    for (const [u, plan] of batch.entries()) {
      const unit = planned(plan, model, `u${b}-${u}`, now);
      units.push(unit);
      expected.push(model.commit(unit));
    }
    const verdicts = await Promise.all(units.map((unit) => store.commit(unit)));
    assert.deepEqual(verdicts.map(withoutTime), expected);
    for (const [u, verdict] of verdicts.entries()) {
      count(verdict, counts);
      if (verdict.outcome !== "committed") continue;
      const id: string = units[u]?.id ?? "";
      assert.equal(verdict.recordedAt, times.get(id) ?? verdict.recordedAt, "a repeated unit has its first time");
      if (!verdict.isRepeated) assert.ok(verdict.recordedAt >= recordedAt, "recordedAt never decreases");
      recordedAt = Math.max(recordedAt, verdict.recordedAt);
      times.set(id, verdict.recordedAt);
    }
  }
  await agreesOn(store, model, times);
}

function withoutTime(verdict: Verdict): unknown {
  if (verdict.outcome !== "committed") return verdict;
  const { outcome, position, versions, tokens, isRepeated } = verdict;
  return { outcome, position, versions, tokens, isRepeated };
}

function count(verdict: Verdict, counts: Counts): void {
  if (verdict.outcome === "refused") counts.refused++;
  else if (verdict.outcome === "committed") counts[verdict.isRepeated ? "repeated" : "committed"]++;
}
