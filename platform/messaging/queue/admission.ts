import { bell } from "@daybook/data/event-store/bell";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import { queueFull } from "./errors.ts";
import { levelName, type AnyQueue } from "./queue.ts";
import { concerns, queueState } from "./queue-state.ts";

/**
 * Room in a queue with `sizeMax`. The queue is counted when this sender's own messages since the last count could have
 * filled it, and each second: senders in several processes may pass the limit by what they send in that time.
 */
export interface Admission {
  admit(count: number, signal?: AbortSignal): Promise<void>;
}

export interface AdmissionOptions {
  readonly queue: AnyQueue;
  readonly store: Store;
  readonly clock: Clock;
}

const COUNT_VALID_MS = 1_000;
const LOOK_AGAIN_MS = 100;

export function admission({ queue, store, clock }: AdmissionOptions): Admission {
  let counted = 0;
  let countedAt = -Infinity;
  let whenFull: "refuse" | "wait" = "refuse";
  let sizeMax = Infinity;

  async function count(): Promise<void> {
    const state = await queueState(store, queue);
    countedAt = clock.elapsed();
    whenFull = state.settings.whenFull;
    sizeMax = state.settings.sizeMax ?? Infinity;
    counted = sizeMax === Infinity ? 0 : await depth(store, queue, sizeMax);
  }

  function take(number: number): boolean {
    if (counted + number > sizeMax) return false;
    counted += number;
    return true;
  }

  async function wait(number: number, signal?: AbortSignal): Promise<void> {
    const rung = bell(clock);
    const unwatch = store.watch((change) => concerns(queue, change) && rung.ring());
    try {
      while (!take(number)) {
        signal?.throwIfAborted();
        await rung.wait(LOOK_AGAIN_MS, signal);
        await count();
      }
    } finally {
      unwatch();
    }
  }

  return {
    async admit(number, signal) {
      if (clock.elapsed() - countedAt < COUNT_VALID_MS && take(number)) return;
      await count();
      if (take(number)) return;
      if (whenFull === "wait" && number <= sizeMax) return wait(number, signal);
      throw queueFull(`${queue.name} has room for ${sizeMax} messages`, { details: { queue: queue.name, sizeMax } });
    },
  };
}

/** How many messages the queue holds, waiting, delayed and under way, counted up to `cap`. */
export async function depth(store: Store, queue: AnyQueue, cap: number): Promise<number> {
  let found = 0;
  for (let level = 0; level < queue.priorities && found < cap; level++) {
    for (let page = await store.listDue(levelName(queue, level), Infinity); page.length > 0;) {
      found += page.length;
      const last = page.at(-1);
      if (!last || found >= cap) break;
      page = await store.listDue(levelName(queue, level), Infinity, { after: last });
    }
  }
  return Math.min(cap, found);
}
