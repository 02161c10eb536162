import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { DueCursor, Page, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { depth } from "./admission.ts";
import { levelName, type AnyQueue, type QueueSettings } from "./queue.ts";
import { changesOf, queueState, stateIs, stateKey, type QueueChanges, type QueueState } from "./queue-state.ts";
import { messageIdOf, readMessage, type Header } from "./stored-message.ts";

/** What operators do with a queue while it runs. Each change is recorded with its cause in the stream of work `queue-{name}`. */
export interface QueueControl {
  state(): Promise<QueueState>;
  /** Once it is answered nobody takes a message of it any more; what is under way goes on. */
  pause(context: Context): Promise<void>;
  resume(context: Context): Promise<void>;
  /** Lays settings over the program's, at once and in every process; undefined takes a change back. */
  change(settings: SettingsChange, context: Context): Promise<void>;
  /** Messages waiting, delayed and under way, counted up to `cap`. */
  depth(cap: number): Promise<number>;
  /** Looks at messages without taking them, in the order in which they are due. */
  browse(page?: Page<DueCursor> & { readonly priority?: number }): Promise<readonly BrowsedMessage[]>;
}

/** Expiry is the senders': they say it when they send. */
export type SettingsChange = {
  readonly [Name in Exclude<keyof QueueSettings, "expireAfterMs">]?: QueueSettings[Name] | undefined;
};

export interface BrowsedMessage {
  readonly id: string;
  /** With `dueId`, the cursor of the next page. */
  readonly at: number;
  readonly dueId: string;
  /** Undefined when it cannot be read. */
  readonly header: Header | undefined;
  readonly body: string;
}

export interface QueueControlOptions {
  readonly queue: AnyQueue;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export function queueControl(options: QueueControlOptions): QueueControl {
  const { queue, store } = options;
  const change = (type: string, context: Context, changed: (before: QueueChanges) => QueueChanges) =>
    changeState(options, type, context, changed);
  return {
    state: () => queueState(store, queue),
    pause: (context) => change("QueuePaused", context, (before) => ({ ...before, isPaused: true })),
    resume: (context) => change("QueueResumed", context, (before) => ({ ...before, isPaused: false })),
    change: (settings, context) =>
      change("QueueChanged", context, (before) => ({ ...before, settings: defined({ ...before.settings, ...settings }) })),
    depth: (cap) => depth(store, queue, cap),
    async browse({ priority = 0, ...page } = {}) {
      const items = await store.listDue(levelName(queue, priority), Infinity, page);
      return items.map(({ id, at, payload }) => {
        const stored = readMessage(payload);
        return { id: messageIdOf(id), at, dueId: id, header: stored?.header, body: stored?.body ?? payload };
      });
    },
  };
}

/** Until it fits: somebody else may change the queue at the same time. */
async function changeState(
  { queue, store, clock, ids }: QueueControlOptions,
  type: string,
  context: Context,
  changed: (before: QueueChanges) => QueueChanges,
): Promise<void> {
  for (;;) {
    const state = await queueState(store, queue);
    const value = canonical(changed(changesOf(state.text)));
    const verdict = await commitSettled(
      store,
      {
        id: ids("unt"),
        cause: causeOf(context),
        conditions: [stateIs(queue, state)],
        effects: [{ kind: "putKey", key: stateKey(queue), value }, recorded(queue, type, value)],
      },
      { clock },
    );
    if (verdict.outcome === "committed") return;
  }
}

/** What an operator did, as work: its cause is the unit's. */
export function recorded(queue: AnyQueue, type: string, data: string): Effect {
  return { kind: "append", stream: `queue-${queue.name}`, as: "work", events: [{ type, schemaVersion: 1, data }] };
}

function defined(settings: SettingsChange): Partial<QueueSettings> {
  const kept = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept);
}
