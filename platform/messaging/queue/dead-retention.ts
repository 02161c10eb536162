import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { deadCollection, deadQueue } from "./parking.ts";
import type { AnyQueue } from "./queue.ts";

export interface RetentionOptions {
  readonly queue: AnyQueue;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

const PAGE = 300;

/** Removes the dead letters whose time is over. */
export async function removeOutdated({ queue, store, clock, ids }: RetentionOptions): Promise<void> {
  for (;;) {
    const page = await store.listDue(deadQueue(queue), await store.now(), { limit: PAGE });
    if (page.length === 0) return;
    const correlation = `queue/${queue.name}`;
    const verdict = await commitSettled(
      store,
      {
        id: ids("unt"),
        cause: { correlation, actor: "sys_queue", tenant: "system", source: correlation },
        conditions: page.map(({ queue, id, revision }): Condition => ({ kind: "due", queue, id, revision })),
        effects: page.flatMap(({ queue: due, id }): readonly Effect[] => [
          { kind: "finish", queue: due, id },
          { kind: "deleteRow", collection: deadCollection(queue), key: id },
        ]),
      },
      { clock },
    );
    if (verdict.outcome === "refused") return; // others are at it
  }
}
