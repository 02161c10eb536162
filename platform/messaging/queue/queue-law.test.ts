import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { below, pick, seededRandom, type Random } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import type { Condition, Effect, Unit } from "@daybook/data/store/unit";
import { CONTEXT, PARCEL, type Parcel } from "./conformance/trial.ts";
import { deadLetters, type DeadLettersOptions } from "./dead-letters.ts";
import { queue, type Delivery } from "./queue.ts";
import { receiver, type Receiver, type ReceiverOptions } from "./receiver.ts";
import { sender, type Sender } from "./send.ts";

/** What one run did, in the order in which it was answered. Times are the store's. */
type Happened =
  | {
      readonly what: "sent";
      readonly n: number;
      readonly key: string | undefined;
      readonly from: number;
      readonly isPlain: boolean;
    }
  | { readonly what: "taken"; readonly n: number; readonly at: number }
  | { readonly what: "extended" | "retried"; readonly n: number; readonly at: number }
  | { readonly what: "done" | "parked"; readonly n: number; readonly at: number };

const VISIBILITY_MS = 1_000;
const PARCELS = queue({
  name: "parcels",
  message: PARCEL,
  visibilityMs: VISIBILITY_MS,
  policy: { ...DEFAULT_POLICY, attemptsMax: 4, firstDelayMs: 200 },
});

interface Outcome {
  readonly history: readonly Happened[];
  /** Of each message as often as it took effect. */
  readonly applied: readonly number[];
  readonly dead: readonly number[];
}

/** A random life of one queue: several receivers that handle, refuse, forget, come too late. */
class QueueLife {
  private readonly history: Happened[] = [];
  private readonly held: Delivery<Parcel>[] = [];
  private sent = 0;
  private readonly random: Random;
  private readonly clock = virtualClock();
  private readonly memory = memoryStore({ clock: this.clock });
  private readonly common: DeadLettersOptions<Parcel> & ReceiverOptions<Parcel>;
  private readonly sends: Sender<Parcel>;
  private readonly receivers: readonly Receiver<Parcel>[];

  constructor(seed: number, wrapped: (store: Store) => Store) {
    const { clock } = this;
    this.random = seededRandom(seed);
    const ids = idSource(clock, seededRandom(seed + 1));
    this.common = { queue: PARCELS, store: wrapped(this.memory), clock, ids, random: seededRandom(seed + 2) };
    this.sends = sender(this.common);
    this.receivers = [receiver(this.common), receiver(this.common), receiver(this.common)];
  }

  async live(): Promise<Outcome> {
    const steps = ["send", "take", "race", "end", "end", "end", "wait"] as const;
    for (let step = 0; step < 250; step++) await this[pick(this.random, steps)]();
    await this.drain();
    const applied: number[] = [];
    for (let n = 0; n < this.sent; n++) {
      for (let times = await this.memory.streamVersion(`done-${n}`, "work"); times > 0; times--) applied.push(n);
    }
    const { letters } = await deadLetters(this.common).list();
    return { history: this.history, applied, dead: letters.map(({ body }) => (JSON.parse(body) as Parcel).n) };
  }

  private async drain(): Promise<void> {
    for (let rounds = 0; rounds < 400; rounds++) {
      this.clock.advance(300);
      await this.take();
      for (const delivery of this.held.splice(0)) await this.acknowledge(delivery);
    }
  }

  private async wait(): Promise<void> {
    this.clock.advance(below(this.random, 400));
  }

  private async send(): Promise<void> {
    const n = this.sent++;
    const key = pick(this.random, ["a", "b", undefined]);
    const delayMs = below(this.random, 4) === 0 ? below(this.random, 3_000) : 0;
    this.history.push({ what: "sent", n, key, from: this.clock.now() + delayMs, isPlain: delayMs === 0 });
    await this.sends.send({ n }, { context: CONTEXT, delayMs, ...(key !== undefined && { key }) });
  }

  /** Three at once that do not wait for each other; what is sent was made before and comes late. */
  private async race(): Promise<void> {
    const n = this.sent++;
    const effect = this.sends.effect({ n }, { context: CONTEXT, key: "a" });
    this.history.push({ what: "sent", n, key: "a", from: this.clock.now(), isPlain: false });
    this.clock.advance(50);
    await this.send();
    const cause = { correlation: "c", actor: "usr_1", tenant: "shop" };
    const late = { id: this.common.ids("unt"), cause, conditions: [], effects: [effect] };
    const after = async (run: () => Promise<unknown>) => {
      for (let turns = below(this.random, 25); turns > 0; turns--) await Promise.resolve();
      await run();
    };
    const take = () => this.take();
    await Promise.all([after(take), after(() => this.memory.commit(late)), after(take)]);
  }

  private async take(): Promise<void> {
    const taken = await pick(this.random, this.receivers).receive({ max: 1 + below(this.random, 4) });
    for (const delivery of taken) {
      this.history.push({ what: "taken", n: delivery.message.n, at: this.clock.now() });
      this.held.push(delivery);
    }
  }

  private async end(): Promise<void> {
    const [delivery] = this.held.splice(below(this.random, Math.max(1, this.held.length)), 1);
    const chance = below(this.random, 10);
    if (!delivery || chance === 0) return; // its process is not heard of again
    if (chance < 7) return this.acknowledge(delivery);
    const ending = chance < 9 ? await delivery.reject(new TypeError("x")) : await delivery.extend(VISIBILITY_MS);
    if (ending !== "lost") this.history.push({ what: ending, n: delivery.message.n, at: this.clock.now() });
    if (ending === "extended") this.held.push(delivery);
  }

  private async acknowledge(delivery: Delivery<Parcel>): Promise<void> {
    const { n } = delivery.message;
    const events = [{ type: "Done", schemaVersion: 1, data: "{}" }];
    const ending = await delivery.acknowledge([{ kind: "append", stream: `done-${n}`, as: "work", events }]);
    if (ending === "done") this.history.push({ what: "done", n, at: this.clock.now() });
  }
}

/** What is wrong with a run; knows nothing of how the queue works. */
function violationsOf({ history, applied, dead }: Outcome): readonly string[] {
  const wrong: string[] = [];
  const sent = history.filter((one) => one.what === "sent");
  const ends = [...applied, ...dead].toSorted((a, b) => a - b);
  for (const { n } of sent) {
    const times = ends.filter((end) => end === n).length;
    if (times !== 1) wrong.push(`${n} came to ${times} ends`);
  }
  const heldUntil = new Map<number, number>();
  const underWay = new Map<string, number>();
  const keyOf = new Map(sent.map(({ n, key }) => [n, key]));
  const fromOf = new Map(sent.map(({ n, from }) => [n, from]));
  const lastPlain = new Map<string, number>();
  for (const one of history) {
    if (one.what === "sent") continue;
    const key = keyOf.get(one.n);
    if (one.what === "taken") {
      if (one.at < (heldUntil.get(one.n) ?? -Infinity)) wrong.push(`${one.n} was taken while somebody held it`);
      if (one.at < (fromOf.get(one.n) ?? 0)) wrong.push(`${one.n} was taken early`);
      const other = key === undefined ? undefined : underWay.get(key);
      if (other !== undefined && other !== one.n && !dead.includes(other))
        wrong.push(`${one.n} was taken beside ${other} of its key`);
      const isPlain = sent[one.n]?.isPlain ?? false;
      if (key !== undefined && isPlain && one.n < (lastPlain.get(key) ?? -1))
        wrong.push(`${one.n} was taken after a later one of its key`);
      if (key !== undefined && isPlain) lastPlain.set(key, one.n);
      if (key !== undefined) underWay.set(key, one.n);
      heldUntil.set(one.n, one.at + VISIBILITY_MS);
    } else if (one.what === "extended") heldUntil.set(one.n, one.at + VISIBILITY_MS);
    else {
      heldUntil.delete(one.n);
      if (one.what !== "retried" && key !== undefined) underWay.delete(key);
    }
  }
  return wrong;
}

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed * 7_919);

async function firstViolation(wrapped: (store: Store) => Store): Promise<string | undefined> {
  for (const seed of SEEDS) {
    const [violation] = violationsOf(await new QueueLife(seed, wrapped).live());
    if (violation !== undefined) return `seed ${seed}: ${violation}`;
  }
  return undefined;
}

/** A store in which the queue's units are written as a queue with a bug would write them. */
function changed(store: Store, change: (unit: Unit) => Unit): Store {
  return { ...store, commit: (unit) => store.commit(change(unit)) };
}

const without = (kinds: readonly Condition["kind"][]) => (unit: Unit) => ({
  ...unit,
  conditions: unit.conditions.filter(({ kind, ...of }) => !kinds.includes(kind) || ("key" in of && !of.key.startsWith("fifo/"))),
});

const withEffects = (change: (effect: Effect, unit: Unit) => readonly Effect[]) => (unit: Unit) => ({
  ...unit,
  effects: unit.effects.flatMap((effect) => change(effect, unit)),
});

const isEnding = (unit: Unit) => unit.effects.some(({ kind }) => kind === "finish");

const BUGS: Readonly<Record<string, (unit: Unit) => Unit>> = {
  "an ending does not ask whether the message is still its own": without(["due"]),
  "a key's message is taken without looking at the others of its key": without(["keyAbsent"]),
  "a message is never finished": withEffects((effect) => (effect.kind === "finish" ? [] : [effect])),
  "a message is finished when it is taken": withEffects((effect, unit) =>
    effect.kind === "schedule" && effect.queue === "queue/parcels/0" && unit.conditions.length > 1
      ? [{ kind: "finish", queue: effect.queue, id: effect.id }]
      : [effect],
  ),
  "a delay is cut short": withEffects((effect) => (effect.kind === "schedule" ? [{ ...effect, at: effect.at - 500 }] : [effect])),
  "a dead letter is not kept": withEffects((effect) => (effect.kind === "putRow" ? [] : [effect])),
  "a key is freed between two attempts": (unit) => {
    const [first] = unit.conditions;
    if (isEnding(unit) || unit.conditions.length !== 1 || first?.kind !== "due") return unit;
    return {
      ...unit,
      effects: [...unit.effects, ...["a", "b"].map((key): Effect => ({ kind: "deleteKey", key: `fifo/parcels/${key}` }))],
    };
  },
};

describe("a queue through random lives", () => {
  test("loses nothing, holds to visibility, delays and order, and each message takes effect once or is dead", async () => {
    assert.equal(await firstViolation((store) => store), undefined);
  });

  for (const [bug, plant] of Object.entries(BUGS)) {
    test(`it would be noticed if ${bug}`, async () => {
      assert.notEqual(await firstViolation((store) => changed(store, plant)), undefined);
    });
  }
});
