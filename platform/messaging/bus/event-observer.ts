import { digestHex } from "@daybook/kernel/digest";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { subscribe, type LogFilter, type SubscriptionStatus } from "@daybook/data/event-store/subscription";
import { consume, type ConsumerStatus } from "@daybook/messaging/queue/consumer";
import { queue, type Handled, type MessageAttempt, type Queue, type QueueSettings } from "@daybook/messaging/queue";
import { sendEffect } from "@daybook/messaging/queue/send";
import { z } from "zod";

/** What all observers of a process share. */
export interface ObserverSetting {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Unique among processes, kept over restarts. */
  readonly owner: string;
}

export interface ObserveOptions extends LogFilter {
  /** Of the observer: its checkpoint, its queue and its dead letters. Processes that use one name share the work. */
  readonly name: string;
  /** Events of one stream come in order, one at a time; others beside them. Otherwise as a queue's handler. */
  handle(event: RecordedEvent, attempt: MessageAttempt): Handled | void | Promise<Handled | void>;
  readonly settings?: Partial<QueueSettings>;
  readonly concurrency?: number;
  /** Where an observer that is new begins, exclusive; 0. */
  readonly startAfter?: number;
}

/**
 * An observer of the log: a subscription that puts a message for each event into the observer's own queue. So an event that
 * fails is tried again by the queue's policy and then parked, and neither blocks other streams nor other observers.
 */
export interface EventObserver {
  status(): { readonly subscription: SubscriptionStatus; readonly consumer: ConsumerStatus };
  stop(): Promise<void>;
}

/** Where the event is; the event itself stays in the log. */
export interface EventPlace {
  readonly stream: string;
  readonly version: number;
}

const PLACE = recordType<EventPlace>({ name: "EventPlace", schema: z.strictObject({ stream: z.string(), version: z.int() }) });

/** The queue of an observer, for its dead letters and its control. */
export function observerQueue(name: string, settings: Partial<QueueSettings> = {}): Queue<EventPlace> {
  return queue({ name: `observer.${name}`, message: PLACE, ...settings });
}

export function eventObserver(options: ObserverSetting & ObserveOptions): EventObserver {
  const { name, events, clock, ids, random, owner, categories, types, startAfter = 0, concurrency, settings } = options;
  const places = observerQueue(name, settings);
  const subscription = subscribe({
    name: places.name,
    events,
    clock,
    ids,
    owner,
    startAfter,
    ...(categories && { categories }),
    ...(types && { types }),
    handle: (page) => page.map((event) => messageOfEvent(places, event)),
  });
  const consumer = consume({
    queue: places,
    store: events.store,
    clock,
    ids,
    random,
    ...(concurrency !== undefined && { concurrency }),
    handle: async ({ stream, version }, attempt) => {
      const [stored] = await events.store.readStream(stream, { from: version, limit: 1 });
      assert(stored?.version === version, `the log keeps ${stream} ${version}`);
      return options.handle(events.decode(stored), attempt);
    },
  });
  return {
    status: () => ({ subscription: subscription.status(), consumer: consumer.status() }),
    stop: async () => void (await Promise.all([subscription.stop(), consumer.stop()])),
  };
}

/** At the time of the event, so that older ones come first; its id is its position. */
function messageOfEvent(queue: Queue<EventPlace>, event: RecordedEvent) {
  const { stream, version, position, recordedAt } = event;
  const key = givenId.safeParse(stream).success ? stream : digestHex(stream).slice(0, 40);
  const id = `p${String(position).padStart(16, "0")}`;
  return sendEffect(
    queue,
    { stream, version },
    { id, sentAt: recordedAt, at: recordedAt, key, origin: event.id, context: contextOf(event) },
  );
}

function contextOf({ meta }: RecordedEvent): Context {
  const { correlation, causation, actor, tenant, trace } = meta;
  return {
    correlationId: correlation,
    causationId: causation,
    actor,
    tenant,
    ...(trace !== undefined && { traceparent: trace }),
  };
}
