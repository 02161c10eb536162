import { readCheckpoint } from "@daybook/data/event-store/checkpoint";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { Store } from "@daybook/data/store";
import { collectionOf, covers, liveGeneration } from "./generations.ts";
import type { ProjectionStatus } from "./running-projection.ts";

/** How far a projection has come that this process does not run, by what the store says of it. */
export async function restingProjection(
  store: Store,
  projection: LogFilter & { readonly name: string; readonly version: number },
): Promise<ProjectionStatus> {
  const { name, version } = projection;
  const live = await liveGeneration(store, name);
  const collection = collectionOf(name, live?.generation ?? 1);
  const checkpoint = await readCheckpoint(store, collection);
  const head = await store.head();
  const isLive = await covers(store, projection, checkpoint, head.position);
  const position = isLive ? head.position : checkpoint.position;
  const subscription = { name: collection, position, lag: head.position - position, state: "stopped" } as const;
  return { name, version, ...(live && { live }), state: "stopped", subscription };
}
