import type { Change, Store } from "@daybook/data/store";
import type { Condition } from "@daybook/data/store/unit";
import { levelName, type AnyQueue, type QueueSettings } from "./queue.ts";

/** How a queue stands: what operators have changed of it, laid over what the program says. */
export interface QueueState {
  readonly isPaused: boolean;
  readonly settings: QueueSettings;
  /** As stored; undefined when nothing was ever changed. */
  readonly text: string | undefined;
}

/** What is stored of a queue, under a key: taking messages is conditional on it, so that a change counts at once, everywhere. */
export interface QueueChanges {
  readonly isPaused: boolean;
  readonly settings: Partial<QueueSettings>;
}

export async function queueState(store: Store, queue: AnyQueue): Promise<QueueState> {
  const text = await store.getKey(stateKey(queue));
  const changes = changesOf(text);
  return { isPaused: changes.isPaused, settings: { ...queue.settings, ...changes.settings }, text };
}

export function changesOf(text: string | undefined): QueueChanges {
  return text === undefined ? { isPaused: false, settings: {} } : (JSON.parse(text) as QueueChanges); // written by queue-control.ts only
}

/** Whether a change may be one of the queue's messages, or of how it stands. */
export function concerns(queue: AnyQueue, change: Change): boolean {
  if (change.isForeign || change.touchesKey(stateKey(queue))) return true;
  for (let level = 0; level < queue.priorities; level++) if (change.touchesQueue(levelName(queue, level))) return true;
  return false;
}

/** The queue stands as it was read. */
export function stateIs(queue: AnyQueue, { text }: QueueState): Condition {
  const key = stateKey(queue);
  return text === undefined ? { kind: "keyAbsent", key } : { kind: "keyValue", key, value: text };
}

export function stateKey(queue: AnyQueue): string {
  return `queue/${queue.name}`;
}
