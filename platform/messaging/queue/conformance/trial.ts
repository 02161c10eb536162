import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import type { Clock } from "@daybook/kernel/clock";
import { recordType } from "@daybook/kernel/record-type";
import { seededRandom } from "@daybook/kernel/random";
import type { Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { z } from "zod";
import { consume, type Consumer, type ConsumeOptions } from "../consumer.ts";
import { deadLetters, type DeadLetters } from "../dead-letters.ts";
import { queue, type Delivery, type Queue, type QueueOptions } from "../queue.ts";
import { queueControl, type QueueControl } from "../queue-control.ts";
import { receiver, type Receiver } from "../receiver.ts";
import { sender, type SendEnvelope, type Sender } from "../send.ts";

/** A fresh, empty store and what the suite may do to it. */
export interface QueueStoreUnderTest {
  readonly store: Store;
  readonly clock: Clock;
  /** Another process's view of the same data; the same store where one process owns it. */
  readonly sibling: () => Promise<Store>;
  /** Where one process owns the store: opens it anew, as after its process was killed. */
  readonly reopen?: () => Promise<Store>;
  /** Lets time pass, where the store goes by a clock that can be moved. */
  readonly advance?: (ms: number) => void;
  destroy(): Promise<void>;
}

/** Proofs by the sentence that they prove. */
export type Promises = Readonly<Record<string, (trial: QueueTrial) => Promise<void>>>;

export interface Parcel {
  readonly n: number;
}

export const PARCEL = recordType<Parcel>({ name: "Parcel", schema: z.strictObject({ n: z.int() }) });
export const CONTEXT = { correlationId: "cor_1", causationId: "cmd_1", actor: "usr_1", tenant: "shop" };
export const OPERATOR = { correlationId: "cor_9", actor: "usr_9", tenant: "shop" };

export class QueueTrial {
  readonly store: Store;
  readonly clock: Clock;
  readonly queue: Queue<Parcel>;
  readonly sender: Sender<Parcel>;
  readonly receiver: Receiver<Parcel>;
  readonly control: QueueControl;
  readonly dead: DeadLetters<Parcel>;
  readonly ids: IdSource;
  readonly under: QueueStoreUnderTest;
  private readonly consumers: Consumer[] = [];

  constructor(under: QueueStoreUnderTest, options: Partial<QueueOptions<Parcel>> = {}, ids?: IdSource) {
    this.under = under;
    this.store = under.store;
    this.clock = under.clock;
    this.queue = queue({ name: "parcels", message: PARCEL, ...options });
    this.ids = ids ?? idSource(under.clock, seededRandom(1));
    const common = { queue: this.queue, store: this.store, clock: this.clock, ids: this.ids, random: seededRandom(2) };
    this.sender = sender(common);
    this.receiver = receiver(common);
    this.control = queueControl(common);
    this.dead = deadLetters(common);
  }

  /** The same store with a queue of other settings. */
  with(options: Partial<QueueOptions<Parcel>>): QueueTrial {
    return new QueueTrial(this.under, options, this.ids);
  }

  /** The same in the next owner's process. */
  async reopened(): Promise<QueueTrial> {
    assert.ok(this.under.reopen, "the chapter needs a store that one process owns");
    return new QueueTrial({ ...this.under, store: await this.under.reopen() }, this.queue.settings, this.ids);
  }

  advance(ms: number): void {
    assert.ok(this.under.advance, "the chapter needs a clock that can be moved");
    this.under.advance(ms);
  }

  send(n: number, envelope: Partial<SendEnvelope> = {}): Promise<string> {
    return this.sender.send({ n }, { context: CONTEXT, ...envelope });
  }

  async take(max = 100): Promise<readonly Delivery<Parcel>[]> {
    return this.receiver.receive({ max });
  }

  async takeOne(): Promise<Delivery<Parcel>> {
    const [delivery, ...others] = await this.take(1);
    assert.ok(delivery && others.length === 0, "there is a message");
    return delivery;
  }

  async numbers(max = 100): Promise<readonly number[]> {
    return (await this.take(max)).map(({ message }) => message.n);
  }

  consume(options: Partial<ConsumeOptions<Parcel>> & Pick<ConsumeOptions<Parcel>, "handle">): Consumer {
    const { queue, store, clock, ids } = this;
    const consumer = consume({ queue, store, clock, ids, random: seededRandom(3), ...options });
    this.consumers.push(consumer);
    return consumer;
  }

  /** Lets the program run, and time pass where it can be moved, until `isDone`. */
  async until(isDone: () => boolean | Promise<boolean>, stepMs = 10): Promise<void> {
    const isMoved = this.under.advance !== undefined;
    for (let turn = 0; turn < (isMoved ? 20_000 : 2_000_000); turn++) {
      if (await isDone()) return;
      await setImmediate();
      if (isMoved) await this.store.getKey("-"); // waits for the commit under way: time must not run ahead of a disk
      if (isMoved && turn % 8 === 7) this.advance(stepMs);
    }
    assert.fail("it did not come to that");
  }

  async close(): Promise<void> {
    if (this.consumers.length === 0) return;
    let isStopped = false;
    const stopped = Promise.all(this.consumers.map((consumer) => consumer.stop())).then(() => (isStopped = true));
    if (this.under.advance) await this.until(() => isStopped);
    await stopped;
  }
}

export function putRow(key: string, value = "1"): Effect {
  return { kind: "putRow", collection: "effects", key, value };
}

export async function rowsOf(store: Store): Promise<readonly string[]> {
  return (await store.listRows({ collection: "effects" })).rows.map(({ key }) => key);
}

export function sequence(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}
