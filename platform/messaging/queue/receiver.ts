import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { decodeRecord } from "@daybook/kernel/record-codec";
import { bell } from "@daybook/data/event-store/bell";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Unit, UnitCause } from "@daybook/data/store/unit";
import { HeldMessage } from "./delivery.ts";
import { parkEffects } from "./parking.ts";
import type { AnyQueue, Delivery, Queue, QueueSettings } from "./queue.ts";
import { concerns, queueState, stateIs, type QueueState } from "./queue-state.ts";
import { takeBack } from "./take-back.ts";
import { findMessages, keyMarker, takingOf, type FoundDead, type FoundMessage, type TakenMessage } from "./taking.ts";

/** Takes messages by hand; a consumer (consumer.ts) does it for a handler. */
export interface Receiver<Message> {
  /**
   * Takes up to `max` messages that are due; who asks at once is served by one unit. When there are none, waits up to `waitMs` for the first. What
   * cannot be delivered any more (unreadable, expired, delivery limit reached) is parked on the way.
   */
  receive(options: ReceiveOptions): Promise<readonly Delivery<Message>[]>;
  /** The same without waiting, and when to look again. */
  take(max: number): Promise<Taken<Message>>;
}

export interface ReceiveOptions {
  /** 1 … 300. */
  readonly max: number;
  /** 0 unless given. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export interface Taken<Message> {
  readonly deliveries: readonly Delivery<Message>[];
  /** Under which they were taken. */
  readonly settings: QueueSettings;
  /** Milliseconds until something is due that is known now; 0 when there is more at once, Infinity when there is nothing. */
  readonly nextInMs: number;
  readonly isPaused: boolean;
}

export interface ReceiverOptions<Message> {
  readonly queue: Queue<Message>;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
}

/** A unit has two effects and two conditions for a message with key. */
export const TAKE_MAX = 300;
/** Rounds lost to other consumers before it is left to the next look. */
const TRIES = 5;
const POLL_MS = 10_000;

export function receiver<Message>(options: ReceiverOptions<Message>): Receiver<Message> {
  const taker = new Taker(options);
  return {
    take: (max) => taker.take(max),
    async receive(wanted) {
      const { deliveries } = await taker.take(wanted.max);
      return deliveries.length > 0 || !wanted.waitMs || wanted.signal?.aborted ? deliveries : awaited(taker, options, wanted);
    },
  };
}

async function awaited<Message>(
  taker: Taker<Message>,
  { queue, store, clock }: ReceiverOptions<Message>,
  { max, waitMs = 0, signal }: ReceiveOptions,
): Promise<readonly Delivery<Message>[]> {
  const until = clock.elapsed() + waitMs;
  const rung = bell(clock);
  const unwatch = store.watch((change) => concerns(queue, change) && rung.ring());
  try {
    for (;;) {
      rung.hush();
      const { deliveries, nextInMs } = await taker.take(max);
      const leftMs = until - clock.elapsed();
      if (deliveries.length > 0 || leftMs <= 0 || signal?.aborted) return deliveries;
      await rung.wait(Math.min(leftMs, nextInMs, POLL_MS), signal);
    }
  } finally {
    unwatch();
  }
}

interface Waiting<Message> {
  readonly max: number;
  readonly resolve: (taken: Taken<Message>) => void;
  readonly reject: (error: unknown) => void;
}

class Taker<Message> {
  private readonly options: ReceiverOptions<Message>;
  private readonly queue: AnyQueue;
  /** As last read; taking is conditional on it. */
  private state: QueueState | undefined;
  private isQuiet = false;
  /** Nothing is held by an earlier owner of the store any more. */
  private hasTakenBack = false;
  private readonly waiting: Waiting<Message>[] = [];
  private isServing = false;

  constructor(options: ReceiverOptions<Message>) {
    this.options = options;
    this.queue = options.queue;
  }

  take(max: number): Promise<Taken<Message>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ max: Math.min(max, TAKE_MAX), resolve, reject });
      if (!this.isServing) void this.serve();
    });
  }

  /** Who asks while messages are being taken is served by the next taking, together with all others who do. */
  private async serve(): Promise<void> {
    this.isServing = true;
    while (this.waiting.length > 0) {
      await Promise.resolve(); // those who ask in this turn come along
      const served = this.nextServed();
      try {
        share(await this.takeTogether(served.reduce((sum, { max }) => sum + max, 0)), served);
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    this.isServing = false;
  }

  private nextServed(): readonly Waiting<Message>[] {
    let sum = 0;
    let count = 0;
    for (const { max } of this.waiting) {
      if (count > 0 && sum + max > TAKE_MAX) break;
      sum += max;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async takeTogether(max: number): Promise<Taken<Message>> {
    for (let tries = 0; tries < TRIES; tries++) {
      const taken = await this.tryTake(max);
      if (taken) return taken;
    }
    return { deliveries: [], settings: this.queue.settings, nextInMs: 0, isPaused: false };
  }

  /** Undefined when what is there now must be looked at, for instance because somebody was faster. */
  private async tryTake(max: number): Promise<Taken<Message> | undefined> {
    const { store } = this.options;
    const state = (this.state ??= await queueState(store, this.queue));
    if (state.isPaused) {
      this.state = undefined;
      return { deliveries: [], settings: state.settings, nextInMs: Infinity, isPaused: true };
    }
    if (!this.hasTakenBack) await takeBack(this.options, state.settings.visibilityMs);
    this.hasTakenBack = true;
    const found = await findMessages(store, this.queue, { settings: state.settings, max, isQuiet: this.isQuiet });
    const { now } = found;
    this.isQuiet = found.ready.length === 0;
    for (const dead of found.dead) await this.park(dead, state, now);
    if (found.dead.length > 0 && found.ready.length === 0) return undefined; // what they stood before may be free
    const deliveries = found.ready.length === 0 ? [] : await this.own(found.ready, state, now);
    const nextInMs = Math.max(0, found.nextAt - now);
    return deliveries && { deliveries, settings: state.settings, nextInMs, isPaused: false };
  }

  private async own(
    ready: readonly FoundMessage[],
    state: QueueState,
    now: number,
  ): Promise<readonly Delivery<Message>[] | undefined> {
    const taking = { now, visibilityMs: state.settings.visibilityMs, opening: this.options.store.opening };
    const takings = ready.map((found) => takingOf(this.queue, found, taking));
    const verdict = await this.commit({
      cause: this.cause(),
      conditions: [stateIs(this.queue, state), ...takings.flatMap(({ conditions }) => conditions)],
      effects: takings.flatMap(({ effects }) => effects),
    });
    if (verdict.outcome === "refused") {
      if (verdict.condition === 0) this.state = undefined;
      return undefined;
    }
    const deliveries = await Promise.all(takings.map(({ taken }) => this.deliveryOf(taken, state)));
    return deliveries.filter((delivery) => delivery !== undefined);
  }

  /** Undefined when its body cannot be read: then it is parked. */
  private async deliveryOf(taken: TakenMessage, { settings }: QueueState): Promise<Delivery<Message> | undefined> {
    const { header, body } = taken.stored;
    try {
      const message = decodeRecord(this.options.queue.message, header.version, body);
      return new HeldMessage(this.options, settings, taken, message);
    } catch (error) {
      await new HeldMessage(this.options, settings, taken, undefined).park(error);
      return undefined;
    }
  }

  private async park(dead: FoundDead, { settings }: QueueState, now: number): Promise<void> {
    const { item, stored } = dead;
    const { key, deliveries = 0 } = stored?.header ?? {};
    const freeKey = key !== undefined && deliveries > 0 ? [{ kind: "deleteKey", key: keyMarker(this.queue, key) } as const] : [];
    await this.commit({
      cause: stored ? { ...stored.header.cause, source: this.cause().correlation } : this.cause(),
      conditions: [{ kind: "due", queue: item.queue, id: item.id, revision: item.revision }],
      effects: [...parkEffects(this.queue, settings, dead, now), ...freeKey],
    }); // refused: another consumer has seen to it
  }

  private commit(unit: Omit<Unit, "id">) {
    const { store, clock, ids } = this.options;
    return commitSettled(store, { id: ids("unt"), ...unit }, { clock });
  }

  private cause(): UnitCause {
    const correlation = `queue/${this.queue.name}`;
    return { correlation, actor: "sys_queue", tenant: "system", source: correlation };
  }
}

/** First come, first served. */
function share<Message>(taken: Taken<Message>, served: readonly Waiting<Message>[]): void {
  let given = 0;
  for (const { max, resolve } of served) {
    resolve({ ...taken, deliveries: taken.deliveries.slice(given, given + max) });
    given += max;
  }
}
