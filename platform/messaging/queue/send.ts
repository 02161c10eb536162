import type { Clock } from "@daybook/kernel/clock";
import { causeOf } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import { givenId, type IdSource } from "@daybook/kernel/ids";
import { encodeRecord } from "@daybook/kernel/record-codec";
import { NO_ATTEMPTS } from "@daybook/foundation/resilience/attempt-record";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import { LIMITS } from "@daybook/data/store/limits";
import type { Effect } from "@daybook/data/store/unit";
import { admission, type AdmissionOptions } from "./admission.ts";
import { messageTooLarge } from "./errors.ts";
import { levelName, type Envelope, type Queue } from "./queue.ts";
import { messageText } from "./stored-message.ts";

/** Sends messages of one queue. */
export interface Sender<Message> {
  /**
   * The message as an effect of the caller's unit: it exists if and only if that is committed. It is delivered `delayMs`
   * later at the earliest, by this sender's clock; what one sender sends to one key without delay keeps its order. Nothing
   * refuses it for lack of room: ask `admit` before.
   */
  effect(message: Message, envelope: SendEnvelope): Effect;
  /**
   * Sends it in a unit of its own, when there is room (`queue-full` otherwise, or it waits), and answers its id. With a
   * given id it is sent once, however often this is called.
   */
  send(message: Message, envelope: SendEnvelope): Promise<string>;
  /** Resolves when there is room for `count` messages; rejects with `queue-full`, or waits, as the settings say. */
  admit(count?: number, signal?: AbortSignal): Promise<void>;
}

export interface SendEnvelope extends Envelope {
  /** Chosen by the caller, unique in the queue for ever; made unless given. */
  readonly id?: string;
  readonly delayMs?: number;
}

export interface SenderOptions<Message> extends AdmissionOptions {
  readonly queue: Queue<Message>;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export function sender<Message>(options: SenderOptions<Message>): Sender<Message> {
  const { queue, store, clock, ids } = options;
  const room = admission(options);
  let lastAt = 0;

  /** Never falls, so that what is sent later is listed later, also when the clock steps back. */
  function risingNow(): number {
    return (lastAt = Math.max(lastAt, clock.now()));
  }

  function effect(message: Message, envelope: SendEnvelope): Effect & { kind: "schedule" } {
    const sentAt = risingNow();
    const expiry = queue.settings.expireAfterMs;
    const expiresAt = envelope.expiresAt ?? (expiry === undefined ? undefined : sentAt + (envelope.delayMs ?? 0) + expiry);
    const due = { id: envelope.id ?? ids("msg"), sentAt, at: sentAt + (envelope.delayMs ?? 0) };
    return sendEffect(queue, message, { ...envelope, ...due, ...(expiresAt !== undefined && { expiresAt }) });
  }

  return {
    effect,
    admit: (count = 1, signal) => room.admit(count, signal),
    async send(message, envelope) {
      await room.admit(1);
      const scheduled = effect(message, envelope);
      const id = envelope.id === undefined ? ids("unt") : `${queue.name}/${scheduled.id}`; // the same unit is committed once
      const unit = { id, cause: causeOf(envelope.context), conditions: [], effects: [scheduled] };
      await commitSettled(store, unit, { clock });
      return scheduled.id;
    },
  };
}

/** An envelope in which nothing is left to a clock or to chance. Times are epoch milliseconds. */
export interface SealedEnvelope extends Envelope {
  readonly id: string;
  readonly sentAt: number;
  /** Delivered from then on. */
  readonly at: number;
}

/** What a header may grow to while a message is tried; bodies have the rest of the store's limit. */
const HEADER_BYTES = 40 * 1024;
const HEADERS_BYTES_MAX = 4 * 1024;
const BODY_BYTES_MAX = LIMITS.messageBytes - HEADER_BYTES;

/** The message as an effect: pure. Throws `message-too-large`. */
export function sendEffect<Message>(
  queue: Queue<Message>,
  message: Message,
  envelope: SealedEnvelope,
): Effect & { kind: "schedule" } {
  const { id, at, sentAt, key, priority = 0, expiresAt, headers, origin, context, subjectKeys = new Map() } = envelope;
  assert(givenId.safeParse(id).success, `a message's id is an id of 1 to 100 characters: ${id}`);
  assert(key === undefined || givenId.safeParse(key).success, `a message's key is an id of 1 to 100 characters: ${key}`);
  assert(priority >= 0 && priority < queue.priorities, `queue ${queue.name} has ${queue.priorities} levels, ${priority} is none`);
  const body = encodeRecord(queue.message, message, id, subjectKeys).text;
  const header = {
    version: queue.message.version,
    sentAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(key !== undefined && { key }),
    ...(headers && { headers }),
    ...(origin !== undefined && { origin }),
    cause: causeOf(context),
    deliveries: 0,
    attempts: NO_ATTEMPTS,
    redrives: 0,
  };
  checkSize(queue.name, Buffer.byteLength(JSON.stringify(headers ?? {})), HEADERS_BYTES_MAX, "headers");
  checkSize(queue.name, Buffer.byteLength(body), BODY_BYTES_MAX, "body");
  return { kind: "schedule", queue: levelName(queue, priority), id, at, payload: messageText({ header, body }) };
}

function checkSize(queue: string, bytes: number, bytesMax: number, part: string): void {
  if (bytes > bytesMax)
    throw messageTooLarge(`a message of ${queue} has a ${part} of at most ${bytesMax} bytes, this one ${bytes}`);
}
