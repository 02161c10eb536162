import { digestHex } from "@daybook/kernel/digest";
import { checkUnit } from "./check-unit.ts";
import { limitExceeded, unitInvalid } from "./errors.ts";
import type { EncodedAppend, EncodedEffect, EncodedEvent, EncodedUnit } from "./engine.ts";
import { LIMITS } from "./limits.ts";
import type { EventMeta } from "./port.ts";
import type { Effect, NewEvent, StreamKind, Unit } from "./unit.ts";

/** Which context owns the facts of which stream category. A unit appends facts of one context only. */
export type CategoryOwners = Readonly<Record<string, string>>;

/** Checks a unit against the contract and its limits and makes what engines write. Refuses before anything is sent. */
export function encodeUnit(unit: Unit, owners?: CategoryOwners): EncodedUnit {
  const checkedBytes = checkUnit(unit);
  if (owners) checkOwners(unit, owners);
  const encoder = new Encoder(unit);
  const effects = unit.effects.map((effect): EncodedEffect => (effect.kind === "append" ? encoder.append(effect) : effect));
  const bytes = checkedBytes + encoder.metaBytes;
  if (bytes > LIMITS.unitBytes) {
    throw limitExceeded(`a unit has at most ${LIMITS.unitBytes} bytes (unitBytes), this one ${bytes}`);
  }
  return { id: unit.id, correlation: unit.cause.correlation, conditions: unit.conditions, effects, bytes };
}

class Encoder {
  metaBytes = 0;
  private ordinal = 0;
  private readonly unit: Unit;
  private readonly meta: string;

  constructor(unit: Unit) {
    this.unit = unit;
    this.meta = metaText(unit, undefined);
  }

  append({ stream, as = "fact", events }: Effect & { kind: "append" }): EncodedAppend {
    return { kind: "append", stream, as, events: events.map((event) => this.event(stream, as, event)) };
  }

  private event(stream: string, as: StreamKind, event: NewEvent): EncodedEvent {
    const meta = event.occurredAt === undefined ? this.meta : metaText(this.unit, event.occurredAt);
    this.metaBytes += meta.length;
    const ordinal = this.ordinal++;
    const { type, schemaVersion, data } = event;
    const id = `${this.unit.id}/${ordinal}`;
    const digest = as === "fact" ? digestHex(digestText({ id, stream, type, schemaVersion, data, meta })) : "";
    return { type, schemaVersion, data, ordinal, meta, digest };
  }
}

function metaText(unit: Unit, occurredAt: number | undefined): string {
  const { correlation, causation = unit.id, actor, tenant, trace, source } = unit.cause;
  // Canonical by the order in which the members stand here.
  return JSON.stringify({ actor, causation, correlation, occurredAt, source, tenant, trace } satisfies Record<
    keyof EventMeta,
    unknown
  >);
}

/** The bytes that a fact's digest covers: its id, stream, type, schema version, data and meta, a line each. */
export function digestText(event: {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly meta: string;
}): string {
  return `${event.id}\n${event.stream}\n${event.type}\n${event.schemaVersion}\n${event.data}\n${event.meta}`;
}

/** The part of a stream's name before the first `-`. */
export function categoryOf(stream: string): string {
  const end = stream.indexOf("-");
  return end < 0 ? stream : stream.slice(0, end);
}

function checkOwners(unit: Unit, owners: CategoryOwners): void {
  let first: string | undefined;
  for (const effect of unit.effects) {
    if (effect.kind !== "append" || effect.as === "work") continue;
    const category = categoryOf(effect.stream);
    const owner = owners[category];
    if (owner === undefined) throw unitInvalid(`no context owns streams of category "${category}"`);
    first ??= owner;
    if (owner !== first) throw unitInvalid(`one unit appends facts of ${first} and of ${owner}`);
  }
}
