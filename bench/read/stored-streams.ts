import type { Store } from "@daybook/data/store";
import { idSource } from "@daybook/kernel/ids";
import { systemClock } from "@daybook/kernel/clock";
import { seededRandom } from "@daybook/kernel/random";
import { orderText } from "../workload.ts";

/** Streams of `events` events each, in memory and in whatever store they are written to. */
export interface StoredStream {
  readonly name: string;
  /** Data of its events, in order. */
  readonly texts: readonly string[];
}

export function madeStreams(count: number, events: number): readonly StoredStream[] {
  const random = seededRandom(100);
  const id = idSource(systemClock, random);
  return Array.from({ length: count }, () => {
    const texts = Array.from({ length: events }, () => orderText(id("cus"), random.word()));
    return { name: `order-${id("ord")}`, texts };
  });
}

/** One unit a stream. */
export async function writeStreams(store: Store, streams: readonly StoredStream[]): Promise<void> {
  const id = idSource(systemClock, seededRandom(7));
  const cause = { correlation: id("req"), actor: "sys_bench", tenant: "main", source: "bench" };
  for (const { name, texts } of streams) {
    const events = texts.map((data) => ({ type: "OrderPlaced", schemaVersion: 1, data }));
    await store.commit({ id: id("unit"), cause, conditions: [], effects: [{ kind: "append", stream: name, events }] });
  }
}

/** What a loader gives back, so that nothing is optimised away: how many events had an object in them. */
export function countParsed(texts: readonly { readonly data: string }[]): number {
  let count = 0;
  for (const { data } of texts) if (typeof JSON.parse(data) === "object") count++;
  return count;
}
