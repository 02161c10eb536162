import { assert } from "@daybook/kernel/errors";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";

/** How far a subscription has come, as its key `checkpoint/{name}` says: the text of a position, or that it is over. */
export interface Checkpoint {
  /** The key's value, undefined for a subscription that has not begun. */
  readonly value: string | undefined;
  readonly position: number;
  /** The subscription is over for ever: nobody goes on with it. */
  readonly isRetired: boolean;
}

const RETIRED = "retired";

export function checkpointKey(name: string): string {
  return `checkpoint/${name}`;
}

/** `startAfter`: the position of a subscription that has not begun. */
export async function readCheckpoint(store: Store, name: string, startAfter = 0): Promise<Checkpoint> {
  const value = await store.getKey(checkpointKey(name));
  if (value === RETIRED) return { value, position: startAfter, isRetired: true };
  const position = value === undefined ? startAfter : Number(value);
  assert(Number.isSafeInteger(position), `the checkpoint of ${name} is a position`);
  return { value, position, isRetired: false };
}

/** The condition "the checkpoint is still what was read". */
export function checkpointIs(name: string, checkpoint: Checkpoint): Condition {
  const key = checkpointKey(name);
  return checkpoint.value === undefined ? { kind: "keyAbsent", key } : { kind: "keyValue", key, value: checkpoint.value };
}

export function checkpointAt(position: number): Checkpoint {
  return { value: String(position), position, isRetired: false };
}

export function putCheckpoint(name: string, position: number): Effect {
  return { kind: "putKey", key: checkpointKey(name), value: String(position) };
}

/** Ends the subscription `name` for ever, wherever it runs: its units are refused from here on. */
export function retireCheckpoint(name: string): Effect {
  return { kind: "putKey", key: checkpointKey(name), value: RETIRED };
}
