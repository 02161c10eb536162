import { errorCode, messageOf } from "@daybook/kernel/errors";
import type { DueItem } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { AnyQueue, QueueSettings } from "./queue.ts";
import type { StoredMessage } from "./stored-message.ts";

/** What is kept of a message that is not delivered any more: a row of the collection `dead.{queue}` under its due id. */
export interface DeadLetterRow {
  /** Where it lay: the due queue. */
  readonly queue: string;
  readonly parkedAt: number;
  readonly cause: { readonly code: string; readonly message: string };
  /** Undefined when it could not be read: then `body` is the whole of what was there. */
  readonly header?: StoredMessage["header"];
  readonly body: string;
  /** By whom and when it was edited here. */
  readonly edits?: readonly { readonly at: number; readonly actor: string }[];
}

const MESSAGE_CHARACTERS_MAX = 500;

/** Moves the message from its queue to the dead letters: the row, and a due item that removes it after its time. */
export function parkEffects(
  queue: AnyQueue,
  settings: QueueSettings,
  dead: { readonly item: DueItem; readonly stored: StoredMessage | undefined; readonly cause: unknown },
  now: number,
): readonly Effect[] {
  const { item, stored } = dead;
  const code = errorCode(dead.cause) ?? "unexpected";
  const row: DeadLetterRow = {
    queue: item.queue,
    parkedAt: now,
    cause: { code, message: messageOf(dead.cause).slice(0, MESSAGE_CHARACTERS_MAX) },
    ...(stored && { header: stored.header }),
    body: stored?.body ?? item.payload,
  };
  const at = settings.deadRetentionMs === undefined ? Number.MAX_SAFE_INTEGER : now + settings.deadRetentionMs;
  return [
    { kind: "finish", queue: item.queue, id: item.id },
    putDead(queue, item.id, row),
    { kind: "schedule", queue: deadQueue(queue), id: item.id, at, payload: "" },
  ];
}

export function putDead(queue: AnyQueue, id: string, row: DeadLetterRow): Effect {
  const index = { cause: [`${row.cause.code} ${String(row.parkedAt).padStart(16, "0")}`] };
  return { kind: "putRow", collection: deadCollection(queue), key: id, value: JSON.stringify(row), index };
}

export function deadCollection(queue: AnyQueue): string {
  return `dead.${queue.name}`;
}

/** Its items stand for the rows: whoever changes or removes a dead letter does it on the item's revision. */
export function deadQueue(queue: AnyQueue): string {
  return `queue/${queue.name}/dead`;
}
