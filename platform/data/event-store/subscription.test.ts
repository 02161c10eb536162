import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { batchNotApplied } from "@daybook/data/store/errors";
import { LIMITS } from "@daybook/data/store/limits";
import type { Store } from "@daybook/data/store";
import type { Effect, Unit } from "@daybook/data/store/unit";
import { retireCheckpoint } from "./checkpoint.ts";
import { faultyStore, trialLog, type Fate, type TrialLog } from "./conformance/trial.ts";
import type { RecordedEvent } from "./event.ts";
import {
  subscribe,
  type SubscribeOptions,
  type SubscriptionHandler,
  type SubscriptionSettings,
  type SubscriptionStatus,
} from "./subscription.ts";

/** A row for each event handled: its key is the position; its revision says how often it was applied. */
function marks(page: readonly RecordedEvent[]): readonly Effect[] {
  return page.map(({ position }) => ({
    kind: "putRow",
    collection: "marks",
    key: String(position).padStart(6, "0"),
    value: "1",
  }));
}

type More = Partial<SubscriptionSettings> & Partial<Extract<SubscriptionHandler, { handle: unknown }>>;

function settings(log: TrialLog): SubscriptionSettings {
  return { name: "marks", events: log.events, clock: log.clock, ids: log.ids, owner: "one" };
}

function options(log: TrialLog, more: More = {}): SubscribeOptions {
  return { ...settings(log), handle: marks, ...more };
}

/** Says the position of an event again, in another stream. */
function echo({ position }: RecordedEvent): Effect {
  return { kind: "append", stream: "echo-a", events: [{ type: "Added", schemaVersion: 1, data: `{"n":${position}}` }] };
}

/** Positions that were applied, once for each time. */
async function applied(store: Store): Promise<readonly number[]> {
  const { rows } = await store.listRows({ collection: "marks" });
  return rows.flatMap((row) => Array.from({ length: row.revision }, () => Number(row.key)));
}

function upTo(last: number, first = 1): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Lets what needs no time go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
}

/** `log.store`, with every unit that was committed to it. */
function recorded(log: TrialLog): { readonly units: Unit[]; readonly store: Store } {
  const units: Unit[] = [];
  const store: Store = { ...log.store, commit: (unit) => (units.push(unit), log.store.commit(unit)) };
  return { units, store };
}

void describe("subscription", () => {
  void test("catches up in pages, then follows, each event once and in order", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(450));
    const pages: number[] = [];
    const states: string[] = [];
    const subscription = subscribe(
      options(log, {
        handle: (page) => (pages.push(page.length), marks(page)),
        onStatus: ({ state }) => void (states.at(-1) === state || states.push(state)),
      }),
    );
    await log.until(() => subscription.status().state === "live");
    await log.add("sum-b", 1);
    await log.until(() => subscription.status().position === 451);
    await subscription.stop();
    assert.deepEqual(pages, [200, 200, 50, 1]);
    assert.deepEqual(states, ["catching-up", "live", "stopped"]);
    assert.deepEqual(await applied(log.store), upTo(451));
    assert.equal(await log.store.getKey("checkpoint/marks"), "451");
    assert.equal((await log.store.getLease("subscription/marks"))?.isRunning, false, "the lease is free at once");
    await log.store.close();
  });

  void test("an append wakes it: no time has to pass", async () => {
    const log = trialLog();
    const subscription = subscribe(options(log));
    await log.until(() => subscription.status().state === "live");
    await log.add("sum-a", 1);
    await log.until(() => subscription.status().position === 1, 0);
    await subscription.stop();
    await log.store.close();
  });

  void test("the first event after a pause is handled at once; what comes soon after it is gathered", async () => {
    const log = trialLog();
    const pages: number[] = [];
    const handle = (page: readonly RecordedEvent[]) => (pages.push(page.length), marks(page));
    const subscription = subscribe(options(log, { handle, tuning: { gatherMs: 25 } }));
    await turns();
    log.clock.advance(25);
    await turns();
    for (const n of [1, 2, 3, 4]) {
      await log.add("sum-a", n);
      await turns();
    }
    assert.deepEqual(pages, [1]);
    log.clock.advance(24);
    await turns();
    assert.deepEqual(pages, [1]);
    log.clock.advance(1);
    await turns();
    assert.deepEqual(pages, [1, 3]);
    await log.add("sum-a", ...upTo(900));
    log.clock.advance(25);
    await turns();
    assert.deepEqual(pages.slice(2, 5), [200, 200, 200], "pages of a backlog follow each other without a rest");
    await subscription.stop();
  });

  void test("catching up takes its share of the time, and no more", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(900));
    const pages: number[] = [];
    const handle = (page: readonly RecordedEvent[]) => {
      pages.push(page.length);
      log.clock.advance(10);
      return marks(page);
    };
    const subscription = subscribe(options(log, { handle, tuning: { catchUpShare: 0.25 } }));
    await turns();
    log.clock.advance(29);
    await turns();
    assert.deepEqual(pages, [200]);
    log.clock.advance(1);
    await turns();
    assert.deepEqual(pages, [200, 200]);
    await subscription.stop();
  });

  void test("what the filter passes over is not written one by one, but every so many, and when it stops", async () => {
    const log = trialLog();
    const { units, store } = recorded(log);
    const filtered = options(log, {
      events: log.through(store),
      categories: ["sum"],
      types: ["Added"],
      tuning: { skipsMax: 20 },
    });
    const subscription = subscribe(filtered);
    for (let n = 1; n <= 15; n++) {
      await log.add("other-a", n);
      await log.until(() => subscription.status().position === n);
    }
    assert.equal(units.length, 0, "no unit, and no lease either");
    await log.add("other-a", ...upTo(10));
    await log.until(async () => (await log.store.getKey("checkpoint/marks")) === "25");
    await log.add("other-a", 1);
    await log.until(() => subscription.status().position === 26);
    await subscription.stop();
    assert.equal(await log.store.getKey("checkpoint/marks"), "26");
    assert.deepEqual(
      units.map((unit) => unit.effects.map((effect) => effect.kind).join()),
      ["takeLease", "putKey", "freeLease,putKey"],
    );
    await log.store.close();
  });

  void test("it goes on after its checkpoint, or begins where it is told", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(5));
    const first = subscribe(options(log, { startAfter: 2, until: 4 }));
    await first.ended;
    assert.deepEqual(await applied(log.store), [3, 4]);
    assert.equal(first.status().state, "stopped");
    const second = subscribe(options(log, { startAfter: 0, until: 5 }));
    await second.ended;
    assert.deepEqual(await applied(log.store), [3, 4, 5]);
    await log.store.close();
  });

  void test("an event that fails lets those before it pass, is named, holds up those behind, and is tried for ever", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(100));
    let isBroken = true;
    let tries = 0;
    const handle = (page: readonly RecordedEvent[]) => {
      if (page.some(({ position }) => position === 67) && isBroken) {
        if (page.length === 1) tries++;
        assert.fail("cannot do 67");
      }
      return marks(page);
    };
    const subscription = subscribe(options(log, { handle, tuning: { stalledMs: 60_000 } }));
    await log.until(() => subscription.status().state === "stalled");
    const { blockedBy, position, lag } = subscription.status();
    assert.deepEqual({ position, lag }, { position: 66, lag: 34 });
    assert.equal(blockedBy?.position, 67);
    assert.equal(blockedBy.error, "cannot do 67");
    assert.ok(blockedBy.id?.endsWith("/66"));
    assert.equal(tries, 5);
    assert.deepEqual(await applied(log.store), upTo(66));
    log.clock.advance(59_000);
    await log.until(() => true);
    assert.equal(tries, 5, "it waits before it tries again");
    isBroken = false;
    await log.until(() => subscription.status().state === "live", 1_000);
    assert.equal(subscription.status().blockedBy, undefined);
    assert.deepEqual(await applied(log.store), upTo(100));
    await subscription.stop();
    await log.store.close();
  });

  void test("an event of a type that the program does not know is such an event", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    await log.store.commit({
      id: "foreign",
      cause: { correlation: "x", actor: "x", tenant: "x" },
      conditions: [],
      effects: [{ kind: "append", stream: "sum-a", events: [{ type: "Unheard", schemaVersion: 1, data: "{}" }] }],
    });
    const subscription = subscribe(options(log));
    await log.until(() => subscription.status().state === "stalled");
    assert.match(subscription.status().blockedBy?.error ?? "", /Unheard/);
    assert.deepEqual(await applied(log.store), [1]);
    await subscription.stop();
    await log.store.close();
  });

  void test("a page whose effects are too many for one unit is halved", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(30));
    const many = (page: readonly RecordedEvent[]) =>
      page.flatMap((event) =>
        upTo(LIMITS.unitEffects / 5).map(
          (n) => ({ kind: "putRow", collection: "many", key: `${event.position}/${n}`, value: "1" }) as const,
        ),
      );
    const subscription = subscribe(options(log, { handle: (page) => [...marks(page), ...many(page)], until: 30 }));
    await log.until(() => subscription.status().state === "stopped");
    assert.deepEqual(await applied(log.store), upTo(30));
    await log.store.close();
  });

  void test("what an event's handler appends has that event as its cause, whatever else is on the page", async () => {
    const log = trialLog();
    await log.add("sum-a", 1, 2, 3, 4, 5);
    const { units, store } = recorded(log);
    const handleEach = (event: RecordedEvent) => (event.position % 2 === 0 ? [echo(event)] : marks([event]));
    const subscription = subscribe({ ...settings(log), events: log.through(store), categories: ["sum"], until: 5, handleEach });
    await log.until(() => subscription.status().state === "stopped");
    const causes = await log.events.read("sum-a");
    for (const effect of await log.events.read("echo-a")) {
      const { n } = effect.event.data as { n: number }; // of an Added
      const cause = causes[n - 1];
      assert.deepEqual(
        [effect.meta.causation, effect.meta.correlation, effect.meta.source],
        [cause?.id, cause?.meta.correlation, "subscription/marks"],
      );
    }
    assert.equal(await log.store.streamVersion("echo-a"), 2);
    assert.deepEqual(await applied(log.store), [1, 3, 5]);
    assert.equal(await log.store.getKey("checkpoint/marks"), "5");
    const pages = units.filter(({ effects }) => effects.some(({ kind }) => kind === "putKey"));
    assert.equal(pages.length, 5, "an appending event has a unit of its own");
    await log.store.close();
  });

  void test("events that append nothing share a unit", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(50));
    const { units, store } = recorded(log);
    const subscription = subscribe({
      ...settings(log),
      events: log.through(store),
      until: 50,
      handleEach: (event) => marks([event]),
    });
    await log.until(() => subscription.status().state === "stopped");
    assert.deepEqual(await applied(log.store), upTo(50));
    assert.equal(units.filter(({ effects }) => effects.some(({ kind }) => kind === "putKey")).length, 1);
    await log.store.close();
  });

  void test("each appends once, whatever becomes of the commits in between", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(30));
    const fates: Fate[] = ["commit", "commit", "lose", "vanish", "commit", "lose", "vanish", "vanish", "commit"];
    const store = faultyStore(
      log.store,
      () => fates.shift() ?? "commit",
      () => batchNotApplied("busy"),
    );
    const subscription = subscribe({
      ...settings(log),
      events: log.through(store),
      categories: ["sum"],
      until: 30,
      handleEach: (event) => [echo(event)],
    });
    await log.until(() => subscription.status().state === "stopped");
    const echoes = (await log.events.read("echo-a")).map(({ event }) => (event.data as { n: number }).n); // of an Added
    assert.deepEqual(echoes, upTo(30));
    await log.store.close();
  });

  void test("an append of what handles pages is refused: its cause would not be its event's", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    const subscription = subscribe(options(log, { handle: (page) => page.map(echo) }));
    await log.until(() => subscription.status().state === "stalled");
    assert.match(subscription.status().blockedBy?.error ?? "", /appends nothing/);
    assert.equal(await log.store.streamVersion("echo-a"), 0);
    await subscription.stop();
    await log.store.close();
  });

  void test("a retired subscription ends wherever it runs, and does not begin again", async () => {
    const log = trialLog();
    const subscription = subscribe(options(log));
    await log.add("sum-a", 1);
    await log.until(() => subscription.status().position === 1);
    const cause = { correlation: "x", actor: "x", tenant: "x" };
    await log.store.commit({ id: "retire", cause, conditions: [], effects: [retireCheckpoint("marks")] });
    await log.add("sum-a", 2);
    await log.until(() => subscription.status().state === "stopped");
    await subscribe(options(log)).ended;
    assert.deepEqual(await applied(log.store), [1]);
    await log.store.close();
  });
});

void describe("competing consumers", () => {
  void test("only the holder of the lease works; the other takes over when it is gone", async () => {
    const log = trialLog();
    const workers: string[] = [];
    const worker = (owner: string) =>
      subscribe(options(log, { owner, handle: (page) => (workers.push(owner), marks(page)), tuning: { leaseMs: 5_000 } }));
    await log.add("sum-a", 1);
    const one = worker("one");
    await log.until(() => one.status().position === 1);
    const two = worker("two");
    for (let n = 2; n <= 20; n++) {
      await log.add("sum-a", n);
      await log.until(() => one.status().position === n);
    }
    await log.until(() => two.status().state !== "catching-up");
    assert.deepEqual(new Set(workers), new Set(["one"]));
    await one.stop();
    await log.add("sum-a", 21);
    await log.until(() => two.status().position === 21);
    assert.equal(workers.at(-1), "two");
    await two.stop();
    assert.deepEqual(await applied(log.store), upTo(21));
    await log.store.close();
  });

  void test("a handler that takes longer than the lease keeps it, and its page is named meanwhile", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(3));
    let finish: () => void = () => {};
    const tuning = { leaseMs: 5_000 };
    const slow = subscribe(
      options(log, {
        owner: "slow",
        tuning,
        async handle(page) {
          await new Promise<void>((resolve) => (finish = resolve));
          return marks(page);
        },
      }),
    );
    await log.until(async () => (await log.store.getLease("subscription/marks"))?.owner === "slow");
    const other = subscribe(options(log, { owner: "other", tuning }));
    const startedAt = log.clock.elapsed();
    await log.until(() => log.clock.elapsed() - startedAt > 30_000, 200);
    assert.equal(other.status().state, "standby");
    assert.match(slow.status().blockedBy?.error ?? "", /being handled for \d+ s/);
    assert.equal(slow.status().blockedBy?.position, 1);
    finish();
    await log.until(() => slow.status().position === 3);
    assert.equal(slow.status().blockedBy, undefined);
    await Promise.all([slow.stop(), other.stop()]);
    assert.deepEqual(await applied(log.store), upTo(3));
    await log.store.close();
  });

  void test("a holder that stood still longer than its lease does not get its page in after the takeover", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(10));
    const waiting = new Map<string, () => void>();
    const worker = (owner: string, store: Store) =>
      subscribe(
        options(log, {
          owner,
          events: log.through(store),
          tuning: { leaseMs: 5_000 },
          async handle(page) {
            if (!waiting.has(owner)) await new Promise<void>((resolve) => waiting.set(owner, resolve));
            return marks(page);
          },
        }),
      );
    const freezing = freezable(log.store);
    const slow = worker("slow", freezing.store);
    await log.until(() => waiting.has("slow"));
    freezing.freeze();
    const quick = worker("quick", log.store);
    await log.until(() => quick.status().state === "standby");
    await log.until(() => waiting.has("quick"), 100);
    freezing.thaw();
    waiting.get("slow")?.();
    await log.until(() => slow.status().state === "standby");
    assert.deepEqual(await applied(log.store), [], "the checkpoint had not moved: the lease alone refused it");
    waiting.get("quick")?.();
    await log.until(() => quick.status().position === 10);
    await log.add("sum-a", 11);
    await log.until(async () => (await applied(log.store)).length >= 11);
    await Promise.all([slow.stop(), quick.stop()]);
    assert.deepEqual(await applied(log.store), upTo(11));
    await log.store.close();
  });
});

/** `store` as a process sees it that can stand still: no commit of it gets through meanwhile. */
function freezable(store: Store): { readonly store: Store; freeze(): void; thaw(): void } {
  let thaw: () => void = () => {};
  let frozen = Promise.resolve();
  return {
    store: { ...store, commit: (unit) => frozen.then(() => store.commit(unit)) },
    freeze: () => void (frozen = new Promise((resolve) => (thaw = resolve))),
    thaw: () => thaw(),
  };
}

void describe("a subscription on a store that fails", () => {
  void test("commits the same unit again while the outcome is unknown, and applies it once", async () => {
    const log = trialLog();
    await log.add("sum-a", ...upTo(3));
    const seen: string[] = [];
    const fates: Fate[] = ["lose", "lose", "vanish", "lose"];
    const store = faultyStore(
      log.store,
      (unit) => (seen.push(unit.id), fates.shift() ?? "commit"),
      () => batchNotApplied("busy"),
    );
    const subscription = subscribe(options(log, { events: log.through(store), until: 3 }));
    await log.until(() => subscription.status().state === "stopped");
    assert.deepEqual(await applied(log.store), upTo(3));
    assert.equal(new Set(seen.slice(0, 3)).size, 1, "the lease's unit");
    assert.equal(new Set(seen.slice(3, 5)).size, 1, "the page's unit");
    await log.store.close();
  });

  void test("is stalled while the store is away, says so, and recovers", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    let isAway = true;
    const store: Store = {
      ...log.store,
      readLog: (read) => (isAway ? Promise.reject(batchNotApplied("no connection")) : log.store.readLog(read)),
    };
    const statuses: SubscriptionStatus[] = [];
    const subscription = subscribe(
      options(log, { events: log.through(store), onStatus: (status) => void statuses.push(status) }),
    );
    await log.until(() => subscription.status().state === "stalled");
    assert.deepEqual(subscription.status().blockedBy, { position: 0, error: "no connection" });
    isAway = false;
    await log.until(() => subscription.status().state === "live", 1_000);
    await subscription.stop();
    assert.deepEqual(await applied(log.store), [1]);
    await log.store.close();
  });
});
