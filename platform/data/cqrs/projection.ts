import { assert } from "@daybook/kernel/errors";
import type { DomainEvent, RecordedEvent } from "@daybook/data/event-store/event";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { RowIndex } from "@daybook/data/store/unit";

/**
 * An asynchronous read model: what each event, in the order of the log, does to its rows. One applier at a time reads
 * and writes them; rows and checkpoint are one commit. Raise `version` whenever the same events would give other rows.
 */
export interface Projection<Value = unknown, Event extends DomainEvent = DomainEvent> extends LogFilter {
  /** Lower case, without `/`; names the rows' collections and the keys beside them. */
  readonly name: string;
  readonly version: number;
  /** Depends on the event and the view alone: no clock, no randomness, no other reads. May be called again. */
  project(event: RecordedEvent<Event>, view: View<Value>): void | Promise<void>;
}

/** The rows of one projection, as the events so far left them. */
export interface View<Value> {
  get(key: string): Promise<Value | undefined>;
  /** Plain data. `index` replaces the row's entries; without it the row is in no index. */
  put(key: string, value: Value, index?: RowIndex): void;
  delete(key: string): void;
}

/** Declares a projection. */
export function projection<Value, Event extends DomainEvent>(definition: Projection<Value, Event>): Projection<Value, Event> {
  assert(/^[a-z][a-zA-Z0-9.-]*$/.test(definition.name), `"${definition.name}" names a projection`);
  assert(Number.isSafeInteger(definition.version) && definition.version > 0, `${definition.name}: versions count from 1`);
  return definition;
}
