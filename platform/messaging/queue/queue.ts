import type { AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import { DEFAULT_POLICY, type AttemptPolicy } from "@daybook/foundation/resilience/policy";
import type { AttemptContext } from "@daybook/foundation/resilience/run-attempt";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import type { RecordType } from "@daybook/kernel/record-type";
import type { Condition, Effect } from "@daybook/data/store/unit";

/**
 * A queue: messages that are each handled once, by whichever consumer is free. It is made by being used. A message is a
 * due item of the store, so that it exists if and only if the unit that sent it was committed, and costs nothing once it
 * is finished. Each delivery is held for `visibilityMs`; then another consumer may have it, and what the first one says
 * of it is refused.
 */
export interface Queue<Message> {
  readonly name: string;
  readonly message: RecordType<Message>;
  /** Levels of priority; 0 is served before 1, and so on, for as long as it has messages. */
  readonly priorities: number;
  /** As the program has it; an operator's changes lie over it (queue-control.ts). */
  readonly settings: QueueSettings;
}

/** Of a queue what does not depend on its messages' type. */
export type AnyQueue = Pick<Queue<unknown>, "name" | "priorities" | "settings">;

export interface QueueSettings {
  /** `attemptsMax` is the delivery limit. `timeoutMs` longer than the visibility: the delivery is extended meanwhile. */
  readonly policy: AttemptPolicy;
  /** How long a delivery is its receiver's own. */
  readonly visibilityMs: number;
  /** How long after its sending a message is still delivered, unless it says so itself; for ever unless given. */
  readonly expireAfterMs?: number;
  /** How long dead letters are kept; for ever unless given. */
  readonly deadRetentionMs?: number;
  /** How many messages `send` lets wait and be under way; any number unless given. */
  readonly sizeMax?: number;
  /** What `send` does to a message for which there is no room. */
  readonly whenFull: "refuse" | "wait";
}

const SETTINGS: QueueSettings = { policy: DEFAULT_POLICY, visibilityMs: 30_000, whenFull: "refuse" };

export interface QueueOptions<Message> extends Partial<QueueSettings> {
  readonly name: string;
  readonly message: RecordType<Message>;
  readonly priorities?: number;
}

export function queue<Message>({ name, message, priorities = 1, ...settings }: QueueOptions<Message>): Queue<Message> {
  assert(givenId.safeParse(name).success, `a queue's name is ${givenId.description ?? "an id"}: ${name}`);
  assert(Number.isInteger(priorities) && priorities > 0, `queue ${name} has at least one level of priority`);
  return { name, message, priorities, settings: { ...SETTINGS, ...settings } };
}

/** What goes with a message. */
export interface Envelope {
  /** Who sends it, in which case. */
  readonly context: Context;
  /** Messages of one key are delivered in order, one at a time: the next when the one before is acknowledged or dead. */
  readonly key?: string;
  /** 0 unless given. Messages of one key should have one priority. */
  readonly priority?: number;
  /** Epoch milliseconds from which on it is not delivered any more. */
  readonly expiresAt?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the message stands for (an event's id): the cause of what handling it changes, instead of the message. */
  readonly origin?: string;
  /** Keys of the subjects whose personal data it holds. */
  readonly subjectKeys?: ReadonlyMap<string, Uint8Array>;
}

/** One delivery of a message. Of its endings the first counts; each answers `lost` when it was no longer the receiver's. */
export interface Delivery<Message> {
  /** The message's id: the same in every delivery, and after it was redriven. A key for effects in the outside world. */
  readonly id: string;
  readonly message: Message;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly sentAt: number;
  /** Which delivery it is, from 1. */
  readonly number: number;
  /** Rises with every delivery. */
  readonly token: string;
  /** Earlier deliveries. */
  readonly attempts: AttemptRecord;
  /** The sender's, caused by this message or its origin. */
  readonly context: Context;
  /** Finishes the message for ever, in one unit with what handling it changes. */
  acknowledge(handled?: Handled): Promise<"done" | "lost">;
  /** It is delivered again as the policy says, or after `delayMs`; when the policy is at its end it is parked. */
  reject(error: unknown, delayMs?: number): Promise<"retried" | "parked" | "lost">;
  /** It goes to the dead letters at once. */
  park(error: unknown): Promise<"parked" | "lost">;
  /** As if it had not been taken: others have it at once, in its place, and no attempt is used up. */
  giveBack(): Promise<"givenBack" | "lost">;
  /** Holds it for `visibilityMs` more, from now. */
  extend(visibilityMs: number): Promise<"extended" | "lost">;
}

/** What handling a message changes: committed with its end, or not at all. */
export type Handled = readonly Effect[] | { readonly conditions: readonly Condition[]; readonly effects: readonly Effect[] };

/** What a handler knows of the delivery: its time and token, and the message's envelope. */
export interface MessageAttempt extends AttemptContext {
  readonly id: string;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly sentAt: number;
  readonly context: Context;
}

/** The due queue of a level of priority. */
export function levelName(queue: AnyQueue, level: number): string {
  return `queue/${queue.name}/${level}`;
}
