import { eventObserver, type EventObserver, type ObserveOptions, type ObserverSetting } from "./event-observer.ts";

/**
 * Publish and subscribe. *Local*: in this process, now, kept nowhere. *Global*: what is recorded in the log is published by
 * that; each observer, in whatever process, gets every event, in order per stream, and its failures are its own.
 */
export interface Bus {
  /**
   * Calls the topic's observers in the order of their subscription; those that are not async have run when it returns. Resolves
   * when all have ended. What one throws goes to `onError` and reaches neither the publisher nor the others.
   */
  publish<Data>(topic: Topic<Data>, data: Data): Promise<void>;
  /** The answer ends the subscription; ending twice is harmless. */
  subscribe<Data>(topic: Topic<Data>, observe: Observe<Data>): () => void;
  /** Starts an observer of the log, whose effects are exactly once. */
  observe(options: ObserveOptions): EventObserver;
}

export type Observe<Data> = (data: Data) => void | Promise<void>;

/** Names a kind of local message; two topics are never the same one, whatever their names. */
export interface Topic<Data> {
  readonly name: string;
  /** Only for the compiler: what is published must be what is observed. */
  readonly data?: (data: Data) => Data;
}

export function topic<Data>(name: string): Topic<Data> {
  return { name };
}

export interface BusOptions extends ObserverSetting {
  /** An observer failed; the log's words for it are its topic's name. */
  readonly onError: (error: unknown, topic: string) => void;
}

export function bus(options: BusOptions): Bus {
  const observers = new Map<object, Set<(data: unknown) => Promise<void>>>();

  /** Rejects never. */
  async function tell(observe: Observe<unknown>, data: unknown, name: string): Promise<void> {
    try {
      await observe(data);
    } catch (error) {
      options.onError(error, name);
    }
  }

  return {
    async publish(topic, data) {
      const called = Array.from(observers.get(topic) ?? [], (call) => call(data));
      await Promise.all(called);
    },
    subscribe(topic, observe) {
      const all = observers.get(topic) ?? new Set();
      observers.set(topic, all);
      const call = (data: unknown) => tell(observe as Observe<unknown>, data, topic.name); // `publish` gives what the topic says
      all.add(call);
      return () => {
        all.delete(call);
        if (all.size === 0 && observers.get(topic) === all) observers.delete(topic);
      };
    },
    observe: (observed) => eventObserver({ ...options, ...observed }),
  };
}
