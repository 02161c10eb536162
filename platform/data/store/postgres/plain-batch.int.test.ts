import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import postgres from "postgres";
import { startPostgres } from "../../../../tools/engines/postgres.ts";
import { agreesOn } from "../conformance/agreement.ts";
import { StoreModel } from "../conformance/model.ts";
import { NAMES, planned as plannedWithState } from "../conformance/random-units.ts";
import { facts, putKey, unit } from "../conformance/trial.ts";
import { encodeUnit } from "../encode.ts";
import { gatheredStore } from "../gather.ts";
import type { Effect, Unit, Verdict } from "../unit.ts";
import { PlainBatch } from "./plain-batch.ts";
import { postgresEngine } from "./postgres-store.ts";

const { url } = await startPostgres();
let run = 0;

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

test("batches that share streams, plain, nearly plain, and not plain, do what the model does", { timeout: 600_000 }, async () => {
  const counts = { plain: 0, missed: 0, steps: 0 };
  const property = fc.asyncProperty(histories, (history) =>
    follows(
      history.map((batch, b) => {
        const names = new Map([["order-fresh", `order-fresh${b}`]]);
        return batch.map((plan) => (model: StoreModel, id: string) => planned(plan, model, names, id));
      }),
      counts,
    ),
  );
  await fc.assert(property, { numRuns: 20 });
  assert.ok(counts.plain >= 40 && counts.missed >= 1 && counts.steps >= 10, JSON.stringify(counts));
});

const CONDITIONS = ["version", "version", "exists", "keyAbsent", "keyPresent", "keyValue", "due", "due", "leaseHeld"] as const;
const EFFECTS = [
  "append",
  "append",
  "append",
  "putRow",
  "putRow",
  "deleteRow",
  "putKey",
  "deleteKey",
  "schedule",
  "finish",
] as const;
const as = fc.constantFrom("fact" as const, "work" as const);
const ofUnit = fc.record({
  repeats: rarely(undefined, fc.constant(1)),
  correlation: fc.constant("c"),
  conditions: fc.array(
    fc.record({
      kind: fc.constantFrom(...CONDITIONS),
      name: fc.nat(1),
      as,
      off: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
    }),
    { maxLength: 3 },
  ),
  effects: fc.array(
    fc.record({
      kind: rarely<Effect["kind"]>("append", fc.constantFrom("deleteWork", "takeLease")).chain((rare) =>
        rare === "append" ? fc.constantFrom(...EFFECTS) : fc.constant(rare),
      ),
      name: fc.nat(1),
      as,
      number: fc.integer({ min: 1, max: 3 }),
      texts: fc.array(fc.constantFrom("a", "b", "é"), { maxLength: 3 }),
    }),
    { maxLength: 5 },
  ),
});
/** Names by twos: units of a batch have names of their own, or share them. */
const stateful = (isShared: boolean) =>
  fc
    .record({
      names: fc.shuffledSubarray([...NAMES], { minLength: NAMES.length }),
      units: fc.array(ofUnit, { minLength: 1, maxLength: isShared ? 5 : 3 }),
    })
    .map(({ names, units }) =>
      units.map((plan, u) => (model: StoreModel, id: string, now: number) => {
        const named = <T extends { readonly name: number }>(each: T) => ({
          ...each,
          name: names[each.name + (isShared ? 0 : 2 * u)] ?? "",
        });
        const ownPlan = { ...plan, conditions: plan.conditions.map(named), effects: plan.effects.map(named) };
        return plannedWithState(ownPlan, model, id, now);
      }),
    );

for (const [whose, isShared] of [
  ["of their own", false],
  ["that they share", true],
] as const) {
  test(`batches of units with state ${whose} do what the model does`, { timeout: 600_000 }, async () => {
    const counts = { plain: 0, missed: 0, steps: 0 };
    const now = Date.now();
    const batches = fc.array(stateful(isShared), { minLength: 1, maxLength: 15 });
    const property = fc.asyncProperty(batches, (history) =>
      follows(
        history.map((plans) => plans.map((plan) => (model: StoreModel, id: string) => plan(model, id, now))),
        counts,
      ),
    );
    await fc.assert(property, { numRuns: 40 });
    assert.ok(counts.plain >= 30 && counts.missed >= 10 && counts.steps >= 10, JSON.stringify(counts));
  });
}

type Planned = (model: StoreModel, id: string) => Unit;

/** `missed`: batches that were thought plain, of which not every unit committed. */
async function follows(history: readonly (readonly Planned[])[], counts: Record<"plain" | "missed" | "steps", number>) {
  const schema = `plain_${process.pid}_${++run}`;
  const engine = await postgresEngine({ url, schema });
  try {
    const model = new StoreModel(await engine.now());
    const times = new Map<string, number>();
    for (const [b, batch] of history.entries()) {
      const made: Unit[] = [];
      const expected: unknown[] = [];
      for (const [u, plan] of batch.entries()) {
        made.push(plan(model, `u${String(b).padStart(2, "0")}-${u}`));
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
}

function isNew(verdict: Verdict): verdict is Extract<Verdict, { outcome: "committed" }> {
  return verdict.outcome === "committed" && !verdict.isRepeated;
}

function withoutTime(verdict: Verdict): unknown {
  if (verdict.outcome !== "committed") return verdict;
  const { outcome, position, versions, tokens, isRepeated } = verdict;
  return { outcome, position, versions, tokens, isRepeated };
}
