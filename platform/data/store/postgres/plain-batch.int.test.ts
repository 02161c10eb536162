import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import postgres from "postgres";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { agreesOn } from "../conformance/agreement.ts";
import { StoreModel } from "../conformance/model.ts";
import { facts, putKey, unit } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import { gatheredStore } from "../gather.ts";
import type { Unit, Verdict } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";
import { postgresEngine } from "./postgres-store.ts";

const { url } = await startPostgres();

interface AppendPlan {
  readonly stream: string;
  readonly count: number;
  /** Condition on the stream's version, this much off the right one. */
  readonly off: number | undefined;
}

const rarely = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const append: fc.Arbitrary<AppendPlan> = fc
  .record({
    stream: fc.constantFrom("order-a", "order-b", "order-é", "order-😀", "order-fresh"),
    count: rarely(1, fc.nat(3)),
    off: fc.option(rarely(0, fc.constantFrom(-1, 1))),
  })
  .map(({ off, ...plan }) => ({ ...plan, off: off ?? undefined }));
const units = fc.record({
  appends: fc.array(append, { minLength: 1, maxLength: 3 }),
  isRepeated: rarely(false, fc.constant(true)),
  hasKey: rarely(false, fc.constant(true)),
});
const histories = fc.array(fc.array(units, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 20 });
type UnitPlan = typeof units extends fc.Arbitrary<infer Plan> ? Plan : never;

/** Conditions come before all of the unit's appends, so each stream has one at most. */
function planned(
  { appends, isRepeated, hasKey }: UnitPlan,
  model: StoreModel,
  names: ReadonlyMap<string, string>,
  id: string,
): Unit {
  const streams = appends.map((plan) => ({ ...plan, stream: names.get(plan.stream) ?? plan.stream }));
  const conditions = streams.flatMap(({ stream, off }) =>
    off === undefined ? [] : [{ kind: "version", stream, is: Math.max(0, model.version(stream, "fact") + off) } as const],
  );
  const effects = [...streams.map(({ stream, count }) => facts(stream, count)), ...(hasKey ? [putKey(id)] : [])];
  return unit((isRepeated ? model.committed.at(-1)?.id : undefined) ?? id, { when: conditions, do: effects });
}

test("batches that are plain, nearly plain, and not plain do what the model does", { timeout: 600_000 }, async () => {
  let run = 0;
  const counts = { plain: 0, missed: 0, steps: 0 };
  const property = fc.asyncProperty(histories, async (history) => {
    const schema = `plain_${process.pid}_${++run}`;
    const engine = await postgresEngine({ url, schema });
    try {
      const model = new StoreModel(0);
      const times = new Map<string, number>();
      for (const [b, batch] of history.entries()) {
        const names = new Map([["order-fresh", `order-fresh${b}`]]);
        const made: Unit[] = [];
        const expected: unknown[] = [];
        for (const [u, plan] of batch.entries()) {
          made.push(planned(plan, model, names, `u${String(b).padStart(2, "0")}-${u}`));
          expected.push(model.commit(made.at(-1) as Unit)); // pushed above
        }
        const encoded = made.map((each) => encodeUnit(each));
        const verdicts = await engine.apply(encoded);
        assert.deepEqual(verdicts.map(withoutTime), expected);
        counts[PlainBatch.of(encoded) === undefined ? "steps" : verdicts.every(isNew) ? "plain" : "missed"]++;
        for (const [u, verdict] of verdicts.entries()) if (isNew(verdict)) times.set(made[u]?.id ?? "", verdict.recordedAt);
      }
      await agreesOn(gatheredStore(engine), model, times);
    } finally {
      await engine.close();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await sql.unsafe(`drop schema "${schema}" cascade`);
      await sql.end();
    }
  });
  await fc.assert(property, { numRuns: 20 });
  assert.ok(counts.plain >= 40 && counts.missed >= 1 && counts.steps >= 10, JSON.stringify(counts));
});

function isNew(verdict: Verdict): verdict is Extract<Verdict, { outcome: "committed" }> {
  return verdict.outcome === "committed" && !verdict.isRepeated;
}

function withoutTime(verdict: Verdict): unknown {
  if (verdict.outcome !== "committed") return verdict;
  const { outcome, position, versions, tokens, isRepeated } = verdict;
  return { outcome, position, versions, tokens, isRepeated };
}
