import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryStore } from "@daybook/data/store/memory";
import { deadLetters } from "@daybook/messaging/queue/dead-letters";
import { z } from "zod";
import { bus, topic } from "./bus.ts";
import { observerQueue } from "./event-observer.ts";

const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
const ADDED = recordType<{ n: number }>({ name: "Added", schema: z.strictObject({ n: z.int() }) });

function numberOf({ event }: RecordedEvent): number {
  return (event.data as { readonly n: number }).n; // all are of this type
}

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const ids = idSource(clock, seededRandom(1));
  const events = eventStore(
    store,
    { Added: ADDED },
    { get: async () => undefined, ensure: async () => new Map(), erase: async () => {} },
  );
  const errors: string[] = [];
  const common = { events, clock, ids, random: seededRandom(2), owner: "p1" };
  const published = bus({ ...common, onError: (error, name) => errors.push(`${name}: ${String(error)}`) });
  const add = (stream: string, n: number) =>
    events.append({ unitId: ids("unt"), stream, events: [{ type: "Added", data: { n } }], context: CONTEXT });
  const until = async (isDone: () => boolean) => {
    for (let turn = 0; turn < 20_000 && !isDone(); turn++) {
      await setImmediate();
      if (turn % 8 === 7) clock.advance(100);
    }
    assert.ok(isDone(), "it came to that");
  };
  const stop = async (...observers: readonly { stop(): Promise<void> }[]) => {
    let isStopped = false;
    void Promise.all(observers.map((observer) => observer.stop())).then(() => (isStopped = true));
    await until(() => isStopped);
  };
  return { ...common, store, bus: published, errors, add, until, stop };
}

describe("the bus in one process", () => {
  const priceChanged = topic<{ readonly sku: string }>("price-changed");

  test("calls a topic's observers in order, those that are not async at once", async () => {
    const { bus } = trial();
    const seen: string[] = [];
    bus.subscribe(priceChanged, ({ sku }) => void seen.push(`first ${sku}`));
    bus.subscribe(priceChanged, async ({ sku }) => {
      await setImmediate();
      seen.push(`second ${sku}`);
    });
    bus.subscribe(topic<{ readonly sku: string }>("price-changed"), () => assert.fail("another topic of that name"));
    const published = bus.publish(priceChanged, { sku: "a" });
    assert.deepEqual(seen, ["first a"]);
    await published;
    assert.deepEqual(seen, ["first a", "second a"]);
  });

  test("one observer's error reaches no other, nor the publisher", async () => {
    const { bus, errors } = trial();
    let calls = 0;
    bus.subscribe(priceChanged, () => {
      throw new TypeError("at once");
    });
    bus.subscribe(priceChanged, () => Promise.reject(new TypeError("later")));
    bus.subscribe(priceChanged, () => void calls++);
    await bus.publish(priceChanged, { sku: "a" });
    assert.equal(calls, 1);
    assert.deepEqual(errors, ["price-changed: TypeError: at once", "price-changed: TypeError: later"]);
  });

  test("an observer that has left is not called", async () => {
    const { bus } = trial();
    const seen: string[] = [];
    const leave = bus.subscribe(priceChanged, ({ sku }) => void seen.push(sku));
    bus.subscribe(priceChanged, ({ sku }) => void seen.push(`other ${sku}`));
    leave();
    leave();
    await bus.publish(priceChanged, { sku: "a" });
    assert.deepEqual(seen, ["other a"]);
  });
});

describe("the bus over the log", () => {
  test("each observer gets every event, in order per stream", async () => {
    const { bus, add, until, stop } = trial();
    const seen: Record<"one" | "two", string[]> = { one: [], two: [] };
    const observers = (["one", "two"] as const).map((name) =>
      bus.observe({ name, handle: (event) => void seen[name].push(`${event.stream} ${numberOf(event)}`) }),
    );
    for (let n = 0; n < 30; n++) await add(`tally-${n % 3}`, n);
    await until(() => seen.one.length === 30 && seen.two.length === 30);
    for (const list of Object.values(seen)) {
      for (const stream of ["tally-0", "tally-1", "tally-2"]) {
        const numbers = list.filter((one) => one.startsWith(stream)).map((one) => Number(one.split(" ")[1]));
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        );
        assert.equal(numbers.length, 10);
      }
    }
    await stop(...observers);
  });

  test("an event that fails is parked; other streams and other observers go on, its own goes on after it", async () => {
    const { bus, store, clock, ids, add, until, stop } = trial();
    const seen: number[] = [];
    const others: number[] = [];
    const failing = bus.observe({
      name: "failing",
      handle: (event) => {
        const n = numberOf(event);
        if (n === 1) throw new TypeError("poison");
        seen.push(n);
      },
    });
    const other = bus.observe({ name: "other", handle: (event) => void others.push(numberOf(event)) });
    for (const [n, stream] of ["a", "a", "a", "b"].entries()) await add(`tally-${stream}`, n);
    await until(() => seen.length === 3 && others.length === 4);
    assert.deepEqual(
      seen.filter((n) => n !== 3),
      [0, 2],
    );
    const { letters } = await deadLetters({ queue: observerQueue("failing"), store, clock, ids }).list();
    assert.deepEqual(
      letters.map(({ body, cause }) => [body, cause.message]),
      [['{"stream":"tally-a","version":2}', "poison"]],
    );
    assert.equal(letters[0]?.header?.cause.correlation, "cor_1");
    await stop(failing, other);
  });

  test("observers of one name share the work, and each event takes effect once", async () => {
    const { bus, store, add, until, stop } = trial();
    let handled = 0;
    const observe = () =>
      bus.observe({
        name: "shared",
        handle: ({ stream }) => {
          handled++;
          return [
            { kind: "append", stream: `copy-${stream}`, as: "work", events: [{ type: "Copied", schemaVersion: 1, data: "{}" }] },
          ];
        },
      });
    const both = [observe(), observe()];
    for (let n = 0; n < 20; n++) await add(`tally-${n}`, n);
    await until(() => both.reduce((sum, one) => sum + one.status().consumer.done, 0) === 20);
    assert.equal(handled, 20);
    const [copied, ...others] = await store.readStream("copy-tally-7", { as: "work" });
    const [original] = await store.readStream("tally-7");
    assert.deepEqual([others.length, (JSON.parse(copied?.meta ?? "") as { causation: string }).causation], [0, original?.id]);
    await stop(...both);
  });
});
