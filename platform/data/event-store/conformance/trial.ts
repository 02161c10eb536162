import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import type { Unit, Verdict } from "@daybook/data/store/unit";
import { z } from "zod";
import type { DomainEvent, EventTypes } from "../event.ts";
import { eventStore, type EventStore } from "../event-store.ts";

/** A log in memory on a virtual clock, with two types of events that carry a number. */
export interface TrialLog {
  readonly store: Store;
  readonly events: EventStore;
  readonly clock: VirtualClock;
  readonly ids: IdSource;
  /** Appends an `Added` for each number, as one unit; answers the head after it. */
  add(stream: string, ...numbers: readonly number[]): Promise<number>;
  append(stream: string, ...events: readonly TrialEvent[]): Promise<number>;
  /** Lets the program run, and time pass in steps of `stepMs`, until `isDone`. */
  until(isDone: () => boolean | Promise<boolean>, stepMs?: number): Promise<void>;
  /** The same log through another store: a wrapper around `store`. */
  through(store: Store): EventStore;
}

export type TrialEvent = DomainEvent<"Added" | "Removed", { readonly n: number }>;

export const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

const data = z.strictObject({ n: z.int() });

export const TYPES: EventTypes = {
  Added: recordType<{ n: number }>({ name: "Added", schema: data }),
  Removed: recordType<{ n: number }>({ name: "Removed", schema: data }),
};

export function added(n: number): TrialEvent {
  return { type: "Added", data: { n } };
}

export function removed(n: number): TrialEvent {
  return { type: "Removed", data: { n } };
}

export const NO_KEYS: SubjectKeys = {
  get: async () => undefined,
  ensure: async () => new Map(),
  erase: async () => {},
};

export function trialLog(): TrialLog {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const ids = idSource(clock, seededRandom(1));
  const through = (other: Store) => eventStore(other, TYPES, NO_KEYS);
  const events = through(store);
  const append = async (stream: string, ...appended: readonly TrialEvent[]) => {
    const verdict = await events.append({ unitId: ids("unt"), stream, events: appended, context: CONTEXT });
    assert.equal(verdict.outcome, "committed");
    return verdict.position;
  };
  return {
    store,
    events,
    clock,
    ids,
    append,
    through,
    add: (stream, ...numbers) => append(stream, ...numbers.map(added)),
    async until(isDone, stepMs = 10) {
      for (let turn = 0; turn < 20_000; turn++) {
        if (await isDone()) return;
        await setImmediate();
        if (turn % 8 === 7) clock.advance(stepMs);
      }
      assert.fail("it did not come to that");
    },
  };
}

/** What becomes of one commit: done; refused with nothing done; done or not, and nobody is told. */
export type Fate = "commit" | "reject" | "lose" | "vanish";

/** `store`, with commits that meet the fate that `fateOf` says. */
export function faultyStore(store: Store, fateOf: (unit: Unit) => Fate, rejection: () => Error): Store {
  const unknown: Verdict = { outcome: "unknown", cause: "connection lost" };
  return {
    ...store,
    async commit(unit) {
      switch (fateOf(unit)) {
        case "commit":
          return store.commit(unit);
        case "reject":
          throw rejection();
        case "lose":
          await store.commit(unit);
          return unknown;
        case "vanish":
          return unknown;
      }
    },
  };
}
