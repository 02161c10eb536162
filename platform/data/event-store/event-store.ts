import { causeOf, type Context } from "@daybook/kernel/context";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import type { RecordType } from "@daybook/kernel/record-type";
import { decodeRecord, encodeRecord, subjectsOf } from "@daybook/kernel/record-codec";
import type { EventMeta, LogPage, ReadLog, ReadStream, Store, StoredEvent } from "@daybook/data/store";
import type { Condition, NewEvent, Verdict } from "@daybook/data/store/unit";
import { unknownEventType } from "./errors.ts";
import type { DomainEvent, EventTypes, RecordedEvent } from "./event.ts";

/** Events by type over the store: encoded, sealed and checked on the way in; upcast on the way out. */
export interface EventStore {
  readonly store: Store;
  readonly keys: SubjectKeys;
  /**
   * Encodes the events of the unit `unitId`, the first with ordinal `ordinal`. Makes missing subject keys first.
   * `events` of the answer are in stored form: what a reader will get.
   */
  encode<Event extends DomainEvent>(unitId: string, events: readonly Event[], ordinal?: number): Promise<EncodedEvents<Event>>;
  /** Appends to one stream as a unit of its own; `expected` is the version before (0: must not exist), or not checked. */
  append(options: AppendOptions): Promise<Verdict>;
  read<Event extends DomainEvent>(stream: string, options?: ReadStream): Promise<readonly RecordedEvent<Event>[]>;
  readLog(options: ReadLog): Promise<{ readonly events: readonly RecordedEvent[]; readonly scannedTo: number }>;
  /** Brings a stored event to its type's current version. An unknown type is `unknown-event-type`. */
  decode<Event extends DomainEvent>(stored: StoredEvent): RecordedEvent<Event>;
}

export interface EncodedEvents<Event> {
  readonly stored: readonly NewEvent[];
  readonly events: readonly Event[];
}

export interface AppendOptions {
  readonly unitId: string;
  readonly stream: string;
  readonly events: readonly DomainEvent[];
  readonly expected?: number;
  readonly context: Context;
}

const NO_KEYS: ReadonlyMap<string, Uint8Array> = new Map();

export function eventStore(store: Store, types: EventTypes, keys: SubjectKeys): EventStore {
  function typeOf(name: string): RecordType {
    const type = types[name];
    if (!type) throw unknownEventType(`"${name}" is not a known event type`, { details: { type: name } });
    return type;
  }

  function decode<Event extends DomainEvent>(stored: StoredEvent): RecordedEvent<Event> {
    const data = decodeRecord(typeOf(stored.type), stored.schemaVersion, stored.data);
    const meta = JSON.parse(stored.meta) as EventMeta; // written by the store in this shape
    const occurred = meta.occurredAt === undefined ? {} : { occurredAt: meta.occurredAt };
    const event = { type: stored.type, data, ...occurred } as Event; // the caller names the union of the stream's category
    return {
      id: stored.id,
      position: stored.position,
      stream: stored.stream,
      version: stored.version,
      event,
      meta,
      recordedAt: stored.recordedAt,
    };
  }

  async function encode<Event extends DomainEvent>(
    unitId: string,
    events: readonly Event[],
    ordinal = 0,
  ): Promise<EncodedEvents<Event>> {
    const subjects = events.flatMap((event) => subjectsOf(typeOf(event.type), event.data));
    const ready = subjects.length === 0 ? NO_KEYS : await keys.ensure(subjects);
    const encoded = events.map((event, index) => encodeOne(typeOf(event.type), event, `${unitId}/${ordinal + index}`, ready));
    return { stored: encoded.map((one) => one.stored), events: encoded.map((one) => one.event) };
  }

  return {
    store,
    keys,
    encode,
    decode,
    async append({ unitId, stream, events, expected, context }) {
      const { stored } = await encode(unitId, events);
      const conditions: Condition[] = expected === undefined ? [] : [{ kind: "version", stream, is: expected }];
      return store.commit({
        id: unitId,
        cause: causeOf(context),
        conditions,
        effects: [{ kind: "append", stream, events: stored }],
      });
    },
    async read<Event extends DomainEvent>(stream: string, options?: ReadStream) {
      return (await store.readStream(stream, options)).map((stored) => decode<Event>(stored));
    },
    async readLog(options) {
      const page: LogPage = await store.readLog(options);
      return { events: page.events.map((stored) => decode(stored)), scannedTo: page.scannedTo };
    },
  };
}

function encodeOne<Event extends DomainEvent>(type: RecordType, event: Event, id: string, keys: ReadonlyMap<string, Uint8Array>) {
  const { text } = encodeRecord(type, event.data, id, keys);
  const data: unknown = JSON.parse(text); // as it will be read: members in their order, none that is undefined
  const occurred = event.occurredAt === undefined ? {} : { occurredAt: event.occurredAt };
  return {
    stored: { type: type.name, schemaVersion: type.version, data: text, ...occurred } satisfies NewEvent,
    event: { ...event, data },
  };
}
