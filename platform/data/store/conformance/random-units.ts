import * as fc from "fast-check";
import type { Condition, Effect, Unit } from "../unit.ts";
import type { StoreModel } from "./model.ts";

/** A unit as data for the generator; what it expects is made of the model's state when it is submitted. */
export interface UnitPlan {
  /** Repeats the id of an earlier unit, counted from the last, when there is one. */
  readonly repeats: number | undefined;
  readonly correlation: string;
  readonly conditions: readonly ConditionPlan[];
  readonly effects: readonly EffectPlan[];
}

/** `off` 0 makes a condition that holds, as far as its kind can. */
type ConditionPlan = {
  readonly kind: Condition["kind"];
  readonly name: string;
  readonly as: "fact" | "work";
  readonly off: number;
};

interface EffectPlan {
  readonly kind: Effect["kind"];
  readonly name: string;
  readonly as: "fact" | "work";
  readonly number: number;
  readonly texts: readonly string[];
}

export const NAMES = ["a", "b", "ab", "a%", "é", "😀"] as const;
const HOUR = 3_600_000;

const EFFECTS: readonly Effect["kind"][] = [
  "append",
  "append",
  "append",
  "deleteWork",
  "putRow",
  "putRow",
  "deleteRow",
  "putKey",
  "putKey",
  "deleteKey",
  "schedule",
  "schedule",
  "finish",
  "takeLease",
  "freeLease",
];
const CONDITIONS: readonly Condition["kind"][] = [
  "version",
  "exists",
  "keyAbsent",
  "keyPresent",
  "keyValue",
  "due",
  "leaseHeld",
  "leaseFree",
];

const name = fc.constantFrom(...NAMES);
const as = fc.constantFrom("fact" as const, "work" as const);
const off = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -1, max: 2 }) });
const condition: fc.Arbitrary<ConditionPlan> = fc.record({ kind: fc.constantFrom(...CONDITIONS), name, as, off });
const texts = fc.array(name, { maxLength: 3 });
const effect: fc.Arbitrary<EffectPlan> = fc.record({ kind: fc.constantFrom(...EFFECTS), name, as, number: fc.nat(3), texts });
const repeats = fc.option(fc.nat(5), { nil: undefined, freq: 8 });
const plan: fc.Arbitrary<UnitPlan> = fc.record({
  repeats,
  correlation: name,
  conditions: fc.array(condition, { maxLength: 3 }),
  effects: fc.array(effect, { maxLength: 6 }),
});

/** Batches of units, each submitted at once. */
export const batches: fc.Arbitrary<readonly (readonly UnitPlan[])[]> = fc.array(fc.array(plan, { minLength: 1, maxLength: 6 }), {
  maxLength: 8,
});

/** The unit of a plan, given what the model holds now. */
export function planned(plan: UnitPlan, model: StoreModel, id: string, now: number): Unit {
  const repeated = plan.repeats === undefined ? undefined : model.committed.at(-1 - plan.repeats);
  return {
    id: repeated?.id ?? id,
    cause: { correlation: plan.correlation, actor: "usr_1", tenant: "shop" },
    conditions: [
      ...plan.conditions.map((each) => conditionOf(each, model)),
      ...plan.effects.flatMap((each) => guardOf(each, model)),
    ],
    effects: plan.effects.map((each) => effectOf(each, now)),
  };
}

function conditionOf({ kind, name, as, off }: ConditionPlan, model: StoreModel): Condition {
  const stream = `order-${name}`;
  const whole = (n: number) => Math.max(0, n + off);
  switch (kind) {
    case "version":
      return { kind, stream, as, is: whole(model.version(stream, as)) };
    case "exists":
      return { kind: off === 0 && model.version(stream, as) === 0 ? "version" : kind, stream, as, is: 0 };
    case "keyAbsent":
    case "keyPresent":
      return { kind: off === 0 ? (model.key(name) === undefined ? "keyAbsent" : "keyPresent") : kind, key: name };
    case "keyValue":
      return { kind, key: name, value: off === 0 ? (model.key(name) ?? "") : String(off) };
    case "due":
      return { kind, queue: "queue", id: name, revision: whole(model.item("queue", name)?.revision ?? 0) };
    case "leaseHeld":
      return { kind, name, token: whole(model.lease(name)?.token ?? 0) };
    case "leaseFree":
      return { kind, name, owner: off === 0 ? (model.lease(name)?.owner ?? "x") : "y" };
  }
}

/** The condition that the contract wants beside an effect on a lease. */
function guardOf({ kind, name, number }: EffectPlan, model: StoreModel): readonly Condition[] {
  if (kind === "takeLease") return [{ kind: "leaseFree", name, owner: ownerOf(number) }];
  if (kind === "freeLease") return [{ kind: "leaseHeld", name, token: model.lease(name)?.token ?? 0 }];
  return [];
}

const ownerOf = (number: number) => (number % 2 === 0 ? "x" : "y");
const lifetimeOf = (number: number) => (number < 2 ? HOUR : 0);

function effectOf({ kind, name, as, number, texts }: EffectPlan, now: number): Effect {
  const stream = `order-${name}`;
  switch (kind) {
    case "append": {
      const events = Array.from({ length: number }, (_, n) => ({ type: texts[n] ?? "T", schemaVersion: 1, data: `{"n":${n}}` }));
      return { kind, stream, as, events };
    }
    case "deleteWork":
      return { kind, stream };
    case "putRow":
      return {
        kind,
        collection: "things",
        key: name,
        value: String(number),
        ...(number > 0 && { index: { by: texts, [name]: [name] } }),
      };
    case "deleteRow":
      return { kind, collection: "things", key: name };
    case "putKey": {
      const expiry = [{}, {}, { expiresAt: now + HOUR }, { expiresAt: now - 1 }][number];
      return { kind, key: name, value: texts.join(), ...expiry };
    }
    case "deleteKey":
      return { kind, key: name };
    case "schedule":
      return { kind, queue: "queue", id: name, at: number, payload: texts.join() };
    case "finish":
      return { kind, queue: "queue", id: name };
    case "takeLease":
      return { kind, name, owner: ownerOf(number), ttlMs: lifetimeOf(number) };
    case "freeLease":
      return { kind, name };
  }
}
