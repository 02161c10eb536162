import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import type { Clock } from "@daybook/kernel/clock";
import { defineError } from "@daybook/kernel/errors";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import type { Store } from "@daybook/data/store";
import type { Effect, Unit } from "@daybook/data/store/unit";
import type { RecordedEvent } from "../event.ts";
import { eventStore } from "../event-store.ts";
import { dropParked, listParked, redriveParked, type ParkedEvent } from "../parked-events.ts";
import { subscribe, type Subscription, type SubscriptionSettings } from "../subscription.ts";
import { added, CONTEXT, NO_KEYS, TYPES } from "./trial.ts";

/** A fresh, empty store. */
export interface ParkingStoreUnderTest {
  readonly store: Store;
  readonly clock: Clock;
  /** Lets time pass, where the store goes by a clock that can be moved. */
  readonly advance?: (ms: number) => void;
  destroy(): Promise<void>;
}

const OPERATOR = { correlationId: "cor_9", actor: "usr_9", tenant: "shop" };
const NAME = "readers";
const inVain = defineError({ code: "trial-in-vain", advice: "Do not try it again." });

/** Parking of a subscription's poison events as tests, over whatever store `open` gives. */
export function parkingConformance(name: string, open: () => Promise<ParkingStoreUnderTest>): void {
  void describe(name, () => {
    for (const [promise, prove] of Object.entries(PROMISES)) {
      void test(promise, { timeout: 120_000 }, async () => {
        const under = await open();
        const trial = new ParkingTrial(under);
        try {
          await prove(trial);
        } finally {
          await trial.close();
          await under.destroy();
        }
      });
    }
  });
}

/** A log of numbers, and a subscription that marks each that it handles and fails at those that are poison. */
class ParkingTrial {
  readonly poison = new Map<number, Error>();
  readonly units: Unit[] = [];
  /** Handlers wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** Handlers called so far. */
  calls = 0;
  readonly ids: IdSource;
  private readonly under: ParkingStoreUnderTest;
  readonly store: Store;
  private readonly running: Subscription[] = [];

  constructor(under: ParkingStoreUnderTest) {
    this.under = under;
    this.ids = idSource(under.clock, seededRandom(1));
    this.store = { ...under.store, commit: (unit) => (this.units.push(unit), under.store.commit(unit)) };
  }

  async add(...numbers: readonly number[]): Promise<void> {
    const append = { unitId: this.ids("unt"), stream: "sum-a", events: numbers.map(added), context: CONTEXT };
    assert.equal((await eventStore(this.store, TYPES, NO_KEYS).append(append)).outcome, "committed");
  }

  subscribe(more: Partial<SubscriptionSettings> = {}): Subscription {
    const subscription = subscribe({
      name: NAME,
      events: eventStore(this.store, TYPES, NO_KEYS),
      clock: this.under.clock,
      ids: this.ids,
      owner: "one",
      policy: { attemptsMax: 3, firstDelayMs: 1 },
      poison: "park",
      tuning: { pollMs: 20 },
      categories: ["sum"],
      ...more,
      handleEach: (event) => this.handle(event),
    });
    this.running.push(subscription);
    return subscription;
  }

  private async handle(event: RecordedEvent): Promise<readonly Effect[]> {
    const { n } = event.event.data as { n: number }; // of an Added
    this.calls++;
    await this.gate;
    const error = this.poison.get(n);
    if (error) throw error;
    return [{ kind: "append", stream: "handled-a", events: [{ type: "Added", schemaVersion: 1, data: `{"n":${n}}` }] }];
  }

  /** The numbers that were handled, in that order, each with the event that is its cause. */
  async handled(): Promise<readonly { readonly n: number; readonly causation: string }[]> {
    const stored = await this.store.readStream("handled-a");
    return stored.map(({ data, meta }) => ({
      n: (JSON.parse(data) as { n: number }).n, // of an Added
      causation: (JSON.parse(meta) as { causation: string }).causation, // of a meta
    }));
  }

  async numbers(): Promise<readonly number[]> {
    return (await this.handled()).map(({ n }) => n);
  }

  async parked(): Promise<readonly ParkedEvent[]> {
    return (await listParked({ store: this.store, name: NAME })).events;
  }

  redrive(position: number): Promise<void> {
    return redriveParked(this.change(), position, OPERATOR);
  }

  drop(position: number): Promise<void> {
    return dropParked(this.change(), position, OPERATOR);
  }

  /** Lets the program run, and time pass where it can be moved, until `isDone`. */
  async until(isDone: () => boolean | Promise<boolean>): Promise<void> {
    const { advance } = this.under;
    for (let turn = 0; turn < (advance ? 20_000 : 2_000_000); turn++) {
      if (await isDone()) return;
      await setImmediate();
      await this.store.getKey("-"); // waits for the commit under way: time must not run ahead of a disk
      if (turn % 8 === 7) advance?.(10);
    }
    assert.fail("it did not come to that");
  }

  async close(): Promise<void> {
    let isStopped = false;
    const stopped = Promise.all(this.running.map((each) => each.stop())).then(() => (isStopped = true));
    if (this.under.advance) await this.until(() => isStopped);
    await stopped;
  }

  private change() {
    return { store: this.store, name: NAME, clock: this.under.clock, ids: this.ids };
  }
}

const PROMISES: Readonly<Record<string, (trial: ParkingTrial) => Promise<void>>> = {
  "an event that fails for good is parked with cause, origin and attempts, and those behind it are handled": async (trial) => {
    trial.poison.set(2, new TypeError("no such reader"));
    await trial.add(1, 2, 3);
    trial.subscribe();
    await trial.until(async () => (await trial.numbers()).length === 2);
    assert.deepEqual(await trial.numbers(), [1, 3]);
    const [parked, ...others] = await trial.parked();
    assert.ok(parked && others.length === 0);
    assert.deepEqual([parked.position, parked.redrives], [2, 0]);
    assert.deepEqual(parked.cause, { code: "unexpected", message: "no such reader" });
    assert.deepEqual([parked.origin.stream, parked.origin.version, parked.origin.type], ["sum-a", 2, "Added"]);
    assert.deepEqual([parked.attempts.count, parked.attempts.recent.map(({ number }) => number)], [3, [1, 2, 3]]);
  },

  "it is parked in the unit that moves the checkpoint": async (trial) => {
    trial.poison.set(1, new TypeError("no"));
    await trial.add(1);
    trial.subscribe();
    await trial.until(async () => (await trial.parked()).length === 1);
    const units = trial.units.filter(({ effects }) => effects.some(({ kind }) => kind === "putRow"));
    assert.equal(units.length, 1);
    assert.deepEqual(units[0]?.effects.at(-1), { kind: "putKey", key: `checkpoint/${NAME}`, value: "1" });
  },

  "what says that it is in vain is parked after one attempt": async (trial) => {
    trial.poison.set(1, inVain("never"));
    await trial.add(1);
    trial.subscribe();
    await trial.until(async () => (await trial.parked()).length === 1);
    const [parked] = await trial.parked();
    assert.deepEqual([parked?.attempts.count, parked?.cause.code], [1, "trial-in-vain"]);
  },

  "a redriven event is handled once more by the subscription, under its own cause, and is parked no more": async (trial) => {
    trial.poison.set(1, new TypeError("no"));
    await trial.add(1, 2);
    trial.subscribe();
    await trial.until(async () => (await trial.numbers()).length === 1);
    const [parked] = await trial.parked();
    trial.poison.clear();
    await trial.redrive(1);
    await trial.until(async () => (await trial.parked()).length === 0);
    assert.deepEqual(await trial.numbers(), [2, 1]);
    assert.equal((await trial.handled())[1]?.causation, parked?.origin.id);
    await assert.rejects(trial.redrive(1), { code: "parked-event-unknown" });
    await trial.add(3);
    await trial.until(async () => (await trial.numbers()).length === 3);
    assert.deepEqual(await trial.numbers(), [2, 1, 3]);
  },

  "a redriven event that fails stays parked, with one more attempt, and holds up nobody": async (trial) => {
    trial.poison.set(1, new TypeError("first"));
    await trial.add(1);
    trial.subscribe();
    await trial.until(async () => (await trial.parked()).length === 1);
    trial.poison.set(1, new TypeError("second"));
    await trial.redrive(1);
    await trial.until(async () => (await trial.parked())[0]?.redrives === 1);
    const [parked] = await trial.parked();
    assert.deepEqual([parked?.attempts.count, parked?.cause.message], [4, "second"]);
    await trial.add(2);
    await trial.until(async () => (await trial.numbers()).length === 1);
    trial.poison.clear();
    await trial.redrive(1);
    await trial.until(async () => (await trial.parked()).length === 0);
    assert.deepEqual(await trial.numbers(), [2, 1]);
  },

  "what was asked for while no subscription ran is done by the next": async (trial) => {
    trial.poison.set(1, new TypeError("no"));
    await trial.add(1);
    const first = trial.subscribe({ until: 1 });
    await trial.until(() => first.status().state === "stopped");
    trial.poison.clear();
    await trial.redrive(1);
    assert.deepEqual(await trial.numbers(), []);
    trial.subscribe({ owner: "two" });
    await trial.until(async () => (await trial.parked()).length === 0);
    assert.deepEqual(await trial.numbers(), [1]);
  },

  "a dropped event is never handled, and of two who change one the second is told": async (trial) => {
    trial.poison.set(1, new TypeError("no"));
    await trial.add(1);
    const first = trial.subscribe({ until: 1 });
    await trial.until(() => first.status().state === "stopped");
    trial.poison.clear();
    const outcomes = await Promise.allSettled([trial.drop(1), trial.drop(1)]);
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    await assert.rejects(trial.redrive(1), { code: "parked-event-unknown" });
    await trial.add(2);
    trial.subscribe();
    await trial.until(async () => (await trial.numbers()).length === 1);
    assert.deepEqual([await trial.numbers(), await trial.parked()], [[2], []]);
  },

  "an event that is dropped while it is handled again has no effect": async (trial) => {
    trial.poison.set(1, inVain("never"));
    await trial.add(1);
    trial.subscribe();
    await trial.until(async () => (await trial.parked()).length === 1);
    trial.poison.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    trial.gate = promise;
    await trial.redrive(1);
    await trial.until(() => trial.calls === 2);
    await trial.drop(1);
    resolve();
    await trial.add(2);
    await trial.until(async () => (await trial.numbers()).length > 0);
    assert.deepEqual([await trial.numbers(), await trial.parked()], [[2], []]);
  },

  "unless it is told to park, a subscription stalls": async (trial) => {
    trial.poison.set(1, new TypeError("no"));
    await trial.add(1, 2);
    const subscription = trial.subscribe({ poison: "stall" });
    await trial.until(() => subscription.status().state === "stalled");
    assert.deepEqual([await trial.numbers(), await trial.parked()], [[], []]);
    assert.deepEqual(subscription.status().blockedBy?.position, 1);
  },

  "what the program cannot read stalls, also when it parks": async (trial) => {
    await trial.add(1);
    const older = trial.subscribe({ events: eventStore(trial.store, {}, NO_KEYS) });
    await trial.until(() => older.status().state === "stalled");
    assert.deepEqual(await trial.parked(), []);
  },
};
