import { digestOf } from "@daybook/kernel/canonical";
import { limitExceeded, unitInvalid } from "./errors.ts";
import type { EncodedAppend, EncodedEffect, EncodedEvent, EncodedUnit } from "./engine.ts";
import { LIMITS } from "./limits.ts";
import type { EventMeta } from "./port.ts";
import type { Condition, Effect, NewEvent, StreamKind, Unit } from "./unit.ts";

/** Which context owns the facts of which stream category. A unit appends facts of one context only. */
export type CategoryOwners = Readonly<Record<string, string>>;

const NO_DIGEST = new Uint8Array(0);
const STREAM = /^[a-z][a-zA-Z0-9]*-\S+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Checks a unit against the contract and its limits and makes what engines write. Refuses before anything is sent. */
export function encodeUnit(unit: Unit, owners?: CategoryOwners): EncodedUnit {
  checkName("unit id", unit.id);
  checkName("correlation", unit.cause.correlation);
  if (unit.effects.length > LIMITS.unitEffects) {
    throw limitExceeded(`a unit has at most ${LIMITS.unitEffects} effects (unitEffects), this one ${unit.effects.length}`);
  }
  for (const condition of unit.conditions) checkCondition(condition);
  const encoder = new EffectEncoder(unit, owners);
  const effects = unit.effects.map((effect) => encoder.encode(effect));
  if (encoder.bytes > LIMITS.unitBytes) {
    throw limitExceeded(`a unit has at most ${LIMITS.unitBytes} bytes (unitBytes), this one ${encoder.bytes}`);
  }
  return { id: unit.id, correlation: unit.cause.correlation, conditions: unit.conditions, effects, bytes: encoder.bytes };
}

class EffectEncoder {
  bytes = 0;
  private ordinal = 0;
  private owner: string | undefined;
  private readonly unit: Unit;
  private readonly owners: CategoryOwners | undefined;
  private readonly meta: string;

  constructor(unit: Unit, owners: CategoryOwners | undefined) {
    this.unit = unit;
    this.owners = owners;
    this.meta = metaText(unit, undefined);
  }

  encode(effect: Effect): EncodedEffect {
    switch (effect.kind) {
      case "append":
        return this.append(effect.stream, effect.as ?? "fact", effect.events);
      case "putRow":
        checkIndex(effect.index);
        checkName("collection", effect.collection);
        checkName("row key", effect.key);
        this.size("rowBytes", effect.value);
        return effect;
      case "deleteRow":
        checkName("row key", effect.key);
        return effect;
      case "putKey":
        checkName("key", effect.key);
        checkWhole("an expiry", effect.expiresAt ?? 0);
        this.size("rowBytes", effect.value);
        return effect;
      case "deleteKey":
        checkName("key", effect.key);
        return effect;
      case "schedule":
        checkName("queue", effect.queue);
        checkName("due id", effect.id);
        this.size("messageBytes", effect.payload);
        checkWhole("a due time", effect.at);
        return effect;
      case "takeLease":
      case "freeLease":
        return checkLease(this.unit, effect);
      case "finish":
      case "deleteWork":
        return effect;
    }
  }

  private append(stream: string, as: StreamKind, events: readonly NewEvent[]): EncodedAppend {
    if (!STREAM.test(stream)) throw unitInvalid(`a stream is named category-id, not "${stream.slice(0, 80)}"`);
    checkName("stream", stream);
    if (as === "fact") this.checkOwner(stream);
    return { kind: "append", stream, as, events: events.map((event) => this.event(stream, as, event)) };
  }

  private event(stream: string, as: StreamKind, event: NewEvent): EncodedEvent {
    checkName("event type", event.type);
    checkWhole("a schema version", event.schemaVersion);
    this.size("eventBytes", event.data);
    const meta = event.occurredAt === undefined ? this.meta : metaText(this.unit, event.occurredAt);
    this.bytes += meta.length;
    const ordinal = this.ordinal++;
    const id = `${this.unit.id}/${ordinal}`;
    const digest = as === "fact" ? digestOf(digestText({ ...event, id, stream, meta })) : NO_DIGEST;
    return { ...event, ordinal, meta, digest };
  }

  private checkOwner(stream: string): void {
    if (!this.owners) return;
    const category = categoryOf(stream);
    const owner = this.owners[category];
    if (owner === undefined) throw unitInvalid(`no context owns streams of category "${category}"`);
    this.owner ??= owner;
    if (owner !== this.owner) throw unitInvalid(`one unit appends facts of ${this.owner} and of ${owner}`);
  }

  private size(limit: "eventBytes" | "rowBytes" | "messageBytes", text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > LIMITS[limit]) throw limitExceeded(`at most ${LIMITS[limit]} bytes are stored here (${limit}), not ${bytes}`);
    this.bytes += bytes;
  }
}

function metaText(unit: Unit, occurredAt: number | undefined): string {
  const { correlation, causation = unit.id, actor, tenant, trace, source } = unit.cause;
  // Canonical by the order in which the members stand here.
  return JSON.stringify({ actor, causation, correlation, occurredAt, source, tenant, trace } satisfies Record<keyof EventMeta, unknown>);
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

function checkCondition(condition: Condition): void {
  if (condition.kind === "version" && !(Number.isSafeInteger(condition.is) && condition.is >= 0)) {
    throw unitInvalid("an expected version is a whole number from 0");
  }
}

/** Engines keep whole numbers: anything else would fail in the middle of a batch. */
function checkWhole(what: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw unitInvalid(`${what} is a whole number, not ${value}`);
}

function checkLease<E extends Effect & { kind: "takeLease" | "freeLease" }>(unit: Unit, effect: E): E {
  checkName("lease", effect.name);
  if (effect.kind === "takeLease") checkWhole("a lease's time", effect.ttlMs);
  const needed = effect.kind === "takeLease" ? "leaseFree" : "leaseHeld";
  const isGuarded = unit.conditions.some((c) => c.kind === needed && c.name === effect.name);
  if (!isGuarded) throw unitInvalid(`${effect.kind} of "${effect.name}" needs the condition ${needed} in the same unit`);
  return effect;
}

function checkIndex(index: Readonly<Record<string, readonly string[]>> | undefined): void {
  if (!index) return;
  let entries = 0;
  for (const [name, texts] of Object.entries(index)) {
    checkName("index", name);
    for (const text of texts) checkName("index entry", text);
    entries += texts.length;
  }
  if (entries > LIMITS.indexEntries) throw limitExceeded(`a row has at most ${LIMITS.indexEntries} entries (indexEntries)`);
}

function checkName(what: string, text: string): void {
  if (text === "" || CONTROL.test(text) || !text.isWellFormed()) throw unitInvalid(`a ${what} is well-formed text without control characters, and not empty`);
  if (text.length > LIMITS.keyBytes / 3 && Buffer.byteLength(text) > LIMITS.keyBytes) {
    throw limitExceeded(`a ${what} has at most ${LIMITS.keyBytes} bytes (keyBytes)`);
  }
}
