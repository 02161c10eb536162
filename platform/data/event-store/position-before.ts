import type { StoreReads } from "@daybook/data/store";

/** Position of the last fact that was recorded before `time` (epoch milliseconds), 0 when there is none: found by halving. */
export async function positionBefore(store: Pick<StoreReads, "head" | "readLog">, time: number): Promise<number> {
  let [low, high] = [0, (await store.head()).position];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [fact] = (await store.readLog({ after: middle - 1, limit: 1 })).events;
    if (fact !== undefined && fact.recordedAt < time) low = middle;
    else high = middle - 1;
  }
  return low;
}
