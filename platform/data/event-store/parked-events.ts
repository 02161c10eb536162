import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import type { DueItem, RowCursor, Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { commitSettled } from "./commit-settled.ts";
import { parkedEventUnknown } from "./errors.ts";
import type { RecordedEvent } from "./event.ts";

/**
 * An event that a subscription passed over because its handler kept failing: a row of `parked.{subscription}`, and an item of
 * the due queue of that name, on whose revision whoever changes or removes it does so.
 */
export interface ParkedEvent {
  readonly position: number;
  /** Epoch milliseconds; of the last failure, when it was redriven since. */
  readonly parkedAt: number;
  readonly cause: { readonly code: string; readonly message: string };
  /** The event stays in the log: it is only named here. */
  readonly origin: { readonly id: string; readonly stream: string; readonly version: number; readonly type: string };
  /** Those of its redrives included. */
  readonly attempts: AttemptRecord;
  /** How often it was redriven. */
  readonly redrives: number;
}

export interface ParkedEventsOf {
  readonly store: Store;
  /** The subscription's name. */
  readonly name: string;
}

export interface ChangeParked extends ParkedEventsOf {
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface ParkedPage {
  readonly events: readonly ParkedEvent[];
  readonly next?: RowCursor;
}

const MESSAGE_CHARACTERS_MAX = 500;
const KEPT = Number.MAX_SAFE_INTEGER;
const WANTED = 0;

/** Parked events by position, in pages of at most 1,000. */
export async function listParked(
  { store, name }: ParkedEventsOf,
  page: { readonly limit?: number; readonly after?: RowCursor } = {},
): Promise<ParkedPage> {
  const { rows, next } = await store.listRows({ collection: parkedName(name), ...page });
  return { events: rows.map(({ value }) => parkedOf(value)), ...(next && { next }) };
}

/** The parked event at a position; undefined when there is none. */
export async function getParked({ store, name }: ParkedEventsOf, position: number): Promise<ParkedEvent | undefined> {
  const row = await store.getRow(parkedName(name), keyOf(position));
  return row && parkedOf(row.value);
}

/** All parked events, by position. */
export async function* allParked(of: ParkedEventsOf): AsyncGenerator<ParkedEvent> {
  for (let after: RowCursor | undefined; ;) {
    const { events, next } = await listParked(of, after && { after });
    yield* events;
    if (!next) return;
    after = next;
  }
}

/**
 * Has the subscription handle the event again, wherever it runs, after what it has handled meanwhile. Resolves when that is
 * asked for durably. It is one attempt: when it fails, too, the event stays parked. Rejects with `parked-event-unknown`.
 */
export function redriveParked(options: ChangeParked, position: number, context: Context): Promise<void> {
  const { name } = options;
  return change(options, position, context, () => [schedule(name, position, WANTED)]);
}

/** Forgets it: the subscription never handles the event. Rejects with `parked-event-unknown`. */
export function dropParked(options: ChangeParked, position: number, context: Context): Promise<void> {
  return change(options, position, context, () => unparkEffects(options.name, position));
}

/** Of two who change it one is told that it is not there (any more). */
async function change(
  { store, name, clock, ids }: ChangeParked,
  position: number,
  context: Context,
  effectsOf: () => readonly Effect[],
): Promise<void> {
  const item = await store.getDue(parkedName(name), keyOf(position));
  if (!item) throw parkedEventUnknown(`subscription ${name} has no parked event at position ${position}`);
  const unit = { id: ids("unt"), cause: causeOf(context), conditions: [parkedIs(item)], effects: effectsOf() };
  const verdict = await commitSettled(store, unit, { clock });
  if (verdict.outcome === "refused")
    throw parkedEventUnknown(`the parked event at position ${position} of ${name} was changed by somebody else meanwhile`);
}

/** An event that somebody wants to be handled again. */
export interface WantedEvent {
  readonly parked: ParkedEvent;
  /** It is parked still, and nobody has changed that. */
  readonly condition: Condition;
}

/** The first event that is to be handled again. */
export async function wantedEvent({ store, name }: ParkedEventsOf): Promise<WantedEvent | undefined> {
  const [item] = await store.listDue(parkedName(name), WANTED, { limit: 1 });
  const row = item && (await store.getRow(parkedName(name), item.id));
  return item && row && { parked: parkedOf(row.value), condition: parkedIs(item) };
}

/** Parks the event, or records that it failed again. */
export function parkEffects(
  name: string,
  recorded: RecordedEvent,
  failure: {
    readonly error: unknown;
    readonly at: number;
    readonly attempts: AttemptRecord;
    readonly redrives: number;
  },
): readonly Effect[] {
  const { id, position, stream, version, event } = recorded;
  const { error, at, attempts, redrives } = failure;
  const parked: ParkedEvent = {
    position,
    parkedAt: at,
    cause: { code: errorCode(error) ?? "unexpected", message: messageOf(error).slice(0, MESSAGE_CHARACTERS_MAX) },
    origin: { id, stream, version, type: event.type },
    attempts,
    redrives,
  };
  const row: Effect = { kind: "putRow", collection: parkedName(name), key: keyOf(position), value: JSON.stringify(parked) };
  return [row, schedule(name, position, KEPT)];
}

export function unparkEffects(name: string, position: number): readonly Effect[] {
  return [
    { kind: "finish", queue: parkedName(name), id: keyOf(position) },
    { kind: "deleteRow", collection: parkedName(name), key: keyOf(position) },
  ];
}

function schedule(name: string, position: number, at: number): Effect {
  return { kind: "schedule", queue: parkedName(name), id: keyOf(position), at, payload: "{}" };
}

function parkedIs({ queue, id, revision }: DueItem): Condition {
  return { kind: "due", queue, id, revision };
}

function parkedOf(value: string): ParkedEvent {
  return JSON.parse(value) as ParkedEvent; // written by parkEffects only
}

/** Of the collection and of the due queue. */
export function parkedName(name: string): string {
  return `parked.${name}`;
}

/** Sorts as the position does. */
function keyOf(position: number): string {
  return String(position).padStart(16, "0");
}
