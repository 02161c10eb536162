import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { DueItem, Store } from "@daybook/data/store";
import { LIMITS } from "@daybook/data/store/limits";
import { levelName, type AnyQueue } from "./queue.ts";
import { readMessage } from "./stored-message.ts";

export interface TakeBackOptions {
  readonly queue: AnyQueue;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** After every id. */
const LAST_ID = "~";

/**
 * Makes due what an earlier opening of the store had taken: its owner has ended, so that nobody waits for the visibility
 * timeout. Each such delivery counts as lost, and what it still says is refused. Where processes share the store nothing is
 * known of them, and nothing is done.
 */
export async function takeBack(options: TakeBackOptions, visibilityMs: number): Promise<void> {
  const { queue, store } = options;
  if (store.opening === undefined) return;
  const now = await store.now();
  for (let level = 0; level < queue.priorities; level++) {
    // What is held is due at its timeout: neither before now, nor later than one that begins now.
    for (let after = { at: now, id: LAST_ID }; ;) {
      const page = await store.listDue(levelName(queue, level), now + visibilityMs, { after });
      await Promise.all(page.map((item) => makeDue(options, item, now)));
      const last = page.at(-1);
      if (!last || page.length < LIMITS.page) break;
      after = last;
    }
  }
}

/**
 * One that was lost before is left to its timeout: its owners may end because of it, and what is under way beside it should
 * not be used up by how fast they are started again.
 */
async function makeDue({ queue, store, clock, ids }: TakeBackOptions, item: DueItem, now: number): Promise<void> {
  const { id, revision, payload } = item;
  const header = readMessage(payload)?.header;
  if (header?.takenAt === undefined || header.opening === store.opening) return;
  if (header.attempts.recent.some(({ outcome }) => outcome === "lost")) return;
  const source = `queue/${queue.name}`;
  const unit = {
    id: ids("unt"),
    cause: { correlation: source, actor: "sys_queue", tenant: "system", source },
    conditions: [{ kind: "due", queue: item.queue, id, revision }],
    // Before those that were sent after it was taken.
    effects: [{ kind: "schedule", queue: item.queue, id, at: Math.min(now, header.takenAt), payload }],
  } as const;
  await commitSettled(store, unit, { clock }); // refused: another consumer has done it
}
