import type { AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import type { UnitCause } from "@daybook/data/store/unit";
import { z } from "zod";

/** What the queue keeps of a message beside its body. */
export interface Header {
  /** Version of the message's record type. */
  readonly version: number;
  readonly sentAt: number;
  readonly expiresAt?: number;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly origin?: string;
  /** The sender's. */
  readonly cause: UnitCause;
  /** How often it was taken since it was sent or redriven. */
  readonly deliveries: number;
  /** When it was last taken; absent when that delivery has ended. */
  readonly takenAt?: number;
  /** In which opening of a store with one owner it was last taken. */
  readonly opening?: number;
  /** Deliveries that have ended. */
  readonly attempts: AttemptRecord;
  readonly redrives: number;
}

/** A message as it lies in the store: its header, and the canonical text of its body. */
export interface StoredMessage {
  readonly header: Header;
  readonly body: string;
}

const attempt = z.object({
  number: z.number(),
  startedAt: z.number(),
  endedAt: z.number(),
  outcome: z.enum(["done", "failed", "timed-out", "cancelled", "lost"]),
  code: z.string().exactOptional(),
  message: z.string().exactOptional(),
});

/** Loose: what a newer program keeps there is not lost. */
const header = z.looseObject({
  version: z.int(),
  sentAt: z.number(),
  expiresAt: z.number().exactOptional(),
  key: z.string().exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  origin: z.string().exactOptional(),
  cause: z.object({
    correlation: z.string(),
    causation: z.string().exactOptional(),
    actor: z.string(),
    tenant: z.string(),
    trace: z.string().exactOptional(),
  }),
  deliveries: z.int().default(0),
  takenAt: z.number().exactOptional(),
  opening: z.int().exactOptional(),
  attempts: z.object({ count: z.int(), recent: z.array(attempt) }).default({ count: 0, recent: [] }),
  redrives: z.int().default(0),
});

/** The header in one line, then the body as it is: taking a message rewrites the line only. What is usual is left out. */
export function messageText({ header, body }: StoredMessage): string {
  const { deliveries, attempts, redrives, ...rest } = header;
  const line = {
    ...rest,
    ...(deliveries > 0 && { deliveries }),
    ...(attempts.count > 0 && { attempts }),
    ...(redrives > 0 && { redrives }),
  };
  return `${JSON.stringify(line)}\n${body}`;
}

/** Undefined when the text is of another form. */
export function readMessage(text: string): StoredMessage | undefined {
  const end = text.indexOf("\n");
  const parsed = header.safeParse(parsedJson(text.slice(0, Math.max(0, end))));
  return parsed.success ? { header: parsed.data, body: text.slice(end + 1) } : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message's own id out of that of its due item, which is another one each time that it is redriven. */
export function messageIdOf(dueId: string): string {
  const end = dueId.indexOf("~");
  return end < 0 ? dueId : dueId.slice(0, end);
}

/** An id is not used again once its item is finished. */
export function dueIdOf(messageId: string, redrives: number): string {
  return redrives === 0 ? messageId : `${messageId}~${redrives}`;
}
