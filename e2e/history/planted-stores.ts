import { setImmediate } from "node:timers/promises";
import type { Store, StoredEvent } from "@daybook/data/store";
import type { Unit, Verdict } from "@daybook/data/store/unit";
import { below, type Random } from "@daybook/kernel/random";

/** A store with something wrong about it, or with answers that get lost. */
export type Plant = (store: Store, random: Random) => Store;

const oneIn = (random: Random, n: number) => below(random, n) === 0;

/** Passes everything on, with a pause before and behind, so that the clients really overlap. */
export function slowed(store: Store): Store {
  return {
    ...store,
    commit: async (unit) => {
      await setImmediate();
      const verdict = await store.commit(unit);
      await setImmediate();
      return verdict;
    },
  };
}

/** Not wrong: some answers get lost, of units that happened and of units that did not. */
export const losingAnswers: Plant = (store, random) => ({
  ...store,
  commit: async (unit): Promise<Verdict> => {
    if (oneIn(random, 20)) return { outcome: "unknown", cause: "lost before" };
    const verdict = await store.commit(unit);
    return oneIn(random, 20) ? { outcome: "unknown", cause: "lost behind" } : verdict;
  },
});

/** Wrong in ways that a store can be wrong. Each must be found. */
export const WRONG: Readonly<Record<string, Plant>> = {
  "acknowledges what it does not keep": (store, random) => ({
    ...store,
    commit: async (unit) => {
      if (!oneIn(random, 20)) return store.commit(unit);
      const verdict = await store.commit({ ...unit, effects: [] });
      return verdict.outcome === "committed" ? { ...verdict, versions: unit.effects.map(() => 1) } : verdict;
    },
  }),
  "skips the check of the expected version": (store, random) => ({
    ...store,
    commit: (unit) => store.commit(oneIn(random, 10) ? { ...unit, conditions: [] } : unit),
  }),
  "checks the version of its last state but one": (store, random) => ({
    ...store,
    commit: (unit) => store.commit(oneIn(random, 10) ? { ...unit, conditions: unit.conditions.map(oneLess) } : unit),
  }),
  "answers reads from an old copy": (store, random) => {
    const copies = new Map<string, readonly StoredEvent[]>();
    return {
      ...store,
      readStream: async (stream) => {
        const copy = copies.get(stream);
        if (copy && oneIn(random, 10)) return copy;
        const events = await store.readStream(stream);
        copies.set(stream, events);
        return events;
      },
    };
  },
  "keeps what it refused": (store, random) => ({
    ...store,
    commit: async (unit) => {
      const verdict = await store.commit(unit);
      if (verdict.outcome === "refused" && oneIn(random, 5)) await store.commit({ ...unit, conditions: [] });
      return verdict;
    },
  }),
  "keeps half of a unit of two streams": (store) => ({
    ...store,
    commit: (unit) => store.commit({ ...unit, effects: unit.effects.slice(0, 1) }),
  }),
  "appends a unit of two streams in two commits": (store) => ({ ...store, commit: (unit) => inTwo(store, unit) }),
  "lets a reader of the log skip an event": (store, random) => ({
    ...store,
    readLog: async (options) => {
      const page = await store.readLog(options);
      return oneIn(random, 4) ? { ...page, events: page.events.slice(0, -2).concat(page.events.slice(-1)) } : page;
    },
  }),
};

function oneLess(condition: Unit["conditions"][number]): Unit["conditions"][number] {
  return condition.kind === "version" ? { ...condition, is: Math.max(0, condition.is - 1) } : condition;
}

async function inTwo(store: Store, unit: Unit): Promise<Verdict> {
  const [first, ...rest] = unit.effects;
  if (!first || rest.length === 0) return store.commit(unit);
  const before = await store.commit({ ...unit, effects: [first] });
  await setImmediate();
  if (before.outcome !== "committed") return before;
  const behind = await store.commit({ ...unit, id: `${unit.id}-2`, conditions: [], effects: rest });
  return behind.outcome === "committed" ? { ...behind, versions: [...before.versions, ...behind.versions] } : behind;
}
