import { below, pick, unit, type Random } from "@daybook/kernel/random";

/** Which faults strike in one run, and how often they did. */
export interface FaultPlan<Name extends string = string> {
  /** Whether the fault strikes at this opportunity. */
  strikes(name: Name): boolean;
  /** Notes a fault that the world's own course brought about. */
  note(name: Name): void;
  /** Faults strike from here on, or do not. */
  setActive(isActive: boolean): void;
  /** How often each fault really struck. */
  readonly struck: Readonly<Record<Name, number>>;
}

export interface FaultRate {
  /** Chance at each opportunity. */
  readonly chance: number;
  /** In a run that has this fault, it strikes within so many opportunities. */
  readonly within?: number;
}

/** A plan in which most faults take part; a quarter stays out, so that runs differ in kind. */
export function faultPlan<Name extends string>(random: Random, rates: Readonly<Record<Name, FaultRate>>): FaultPlan<Name> {
  const names = Object.keys(rates) as Name[]; // the record's keys are its names
  const struck = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>; // likewise
  const opportunities = new Map<Name, number>();
  const forced = new Map<Name, number>();
  for (const name of takingPart(random, names)) forced.set(name, 1 + below(random, rates[name].within ?? 20));
  let isActive = false;
  return {
    struck,
    strikes(name) {
      const first = forced.get(name);
      if (!isActive || first === undefined) return false;
      const count = (opportunities.get(name) ?? 0) + 1;
      opportunities.set(name, count);
      const isStruck = unit(random) < rates[name].chance || count === first;
      if (isStruck) struck[name]++;
      return isStruck;
    },
    note(name) {
      struck[name]++;
    },
    setActive(active) {
      isActive = active;
    },
  };
}

/** All but a quarter of the names, in their order. */
function takingPart<Name>(random: Random, names: readonly Name[]): readonly Name[] {
  const left = new Set(names);
  for (let out = Math.floor(names.length / 4); out > 0; out--) left.delete(pick(random, [...left]));
  return [...left];
}
