import { commitUnknown } from "@daybook/data/event-store/errors";
import type { Store } from "@daybook/data/store";
import type { Committed, Refused, Unit, Verdict } from "@daybook/data/store/unit";

/**
 * A verdict that is not unknown, for somebody who waits: the same unit is committed once more, at once, before the caller
 * is told that nobody knows (`commit-unknown`). What the first commit rejects with is passed on: nothing happened.
 */
export async function decisiveVerdict(store: Store, unit: Unit): Promise<Committed | Refused> {
  const first = await store.commit(unit);
  if (first.outcome !== "unknown") return first;
  const second = await again(store, unit);
  if (second && second.outcome !== "unknown") return second;
  throw commitUnknown(`whether unit ${unit.id} was committed is not known`, { cause: first.cause, details: { unit: unit.id } });
}

/** Undefined when the store took nothing: what became of the first commit stays open. */
async function again(store: Store, unit: Unit): Promise<Verdict | undefined> {
  try {
    return await store.commit(unit);
  } catch {
    return undefined;
  }
}
