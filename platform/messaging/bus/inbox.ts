import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { effectsRefused } from "@daybook/messaging/queue/errors";
import type { Handled } from "@daybook/messaging/queue";

/** Takes in messages from elsewhere that may come more than once, and applies each once. */
export interface Inbox {
  /**
   * Asks `handle` what the message changes and commits that, unless the message was applied before. Two that come at once
   * may both be asked; one is committed. Rejects with `effects-refused` when another of its conditions does not hold.
   */
  receive(messageId: string, context: Context, handle: () => Handled | Promise<Handled>): Promise<"applied" | "repeated">;
}

export interface InboxOptions {
  /** Who receives: each consumer applies a message once. */
  readonly consumer: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** How long ids are remembered; for ever unless given. Longer than whoever sends tries again. */
  readonly rememberMs?: number;
}

export function inbox(options: InboxOptions): Inbox {
  const { consumer, store, clock, ids } = options;
  return {
    async receive(messageId, context, handle) {
      const entry = await inboxEntry(options, messageId);
      if ((await store.getKey(entry.key)) !== undefined) return "repeated";
      const handled = await handle();
      const { conditions, effects } = "effects" in handled ? handled : { conditions: [], effects: handled };
      const verdict = await commitSettled(
        store,
        {
          id: ids("unt"),
          cause: { ...causeOf(context), causation: messageId, source: `inbox/${consumer}` },
          conditions: [entry.isNew, ...conditions],
          effects: [...effects, entry.remember],
        },
        { clock },
      );
      if (verdict.outcome === "committed") return "applied";
      if (verdict.condition === 0) return "repeated";
      throw effectsRefused(`condition ${verdict.condition} of what ${messageId} changes does not hold`);
    },
  };
}

interface InboxEntry {
  readonly key: string;
  readonly isNew: Condition;
  readonly remember: Effect;
}

async function inboxEntry({ consumer, store, rememberMs }: InboxOptions, messageId: string): Promise<InboxEntry> {
  const key = `inbox/${consumer}/${messageId}`;
  const expiry = rememberMs === undefined ? {} : { expiresAt: (await store.now()) + rememberMs };
  return { key, isNew: { kind: "keyAbsent", key }, remember: { kind: "putKey", key, value: "1", ...expiry } };
}
