import type { RecordType } from "@daybook/kernel/record-type";
import type { EventMeta } from "@daybook/data/store";

/** An event as business code makes it: its type's name and data. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  /** Business time, epoch milliseconds, when it differs from the time of recording. */
  readonly occurredAt?: number;
}

/** An event as it is read back: brought to its type's current version, personal fields still sealed. */
export interface RecordedEvent<Event extends DomainEvent = DomainEvent> {
  readonly id: string;
  /** 0 for work. */
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly event: Event;
  readonly meta: EventMeta;
  readonly recordedAt: number;
}

/** The event types that a program knows, by name. */
export type EventTypes = Readonly<Record<string, RecordType>>;

/** The union of domain events of a catalogue of types. */
export type EventOf<Types extends EventTypes> = {
  [Name in keyof Types & string]: Types[Name] extends RecordType<infer Data> ? DomainEvent<Name, Data> : never;
}[keyof Types & string];

/** A stream's name from its category and id. */
export function streamName(category: string, id: string): string {
  return `${category}-${id}`;
}
