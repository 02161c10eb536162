import { limitExceeded, unitInvalid } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Condition, Effect, RowIndex, Unit } from "./unit.ts";

/**
 * Refuses what no engine could keep, before it is gathered with others: an engine that met it would fail in the middle
 * of a batch. `unit-invalid` is a defect of the caller, `limit-exceeded` names the limit. Answers the size of the names.
 */
export function checkUnit(unit: Unit): number {
  checkName("unit id", unit.id);
  checkName("correlation", unit.cause.correlation);
  if (unit.effects.length > LIMITS.unitEffects) {
    throw limitExceeded(`a unit has at most ${LIMITS.unitEffects} effects (unitEffects), this one ${unit.effects.length}`);
  }
  if (unit.conditions.length > LIMITS.unitEffects) {
    throw limitExceeded(`a unit has at most ${LIMITS.unitEffects} conditions (unitEffects), this one ${unit.conditions.length}`);
  }
  let bytes = 0;
  for (const condition of unit.conditions) bytes += checkCondition(condition);
  for (const effect of unit.effects) bytes += checkEffect(effect, unit.conditions);
  return bytes;
}

const STREAM = /^[a-z][a-zA-Z0-9]*-\S+$/;
/** Of most names: one look tells that they are well-formed, without control characters and not empty. */
const PLAIN = /^[ -~]+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

function checkCondition(condition: Condition): number {
  switch (condition.kind) {
    case "version":
      if (condition.is < 0) throw unitInvalid("an expected version is a whole number from 0");
      checkWhole("an expected version", condition.is);
      return checkName("stream", condition.stream);
    case "exists":
      return checkName("stream", condition.stream);
    case "keyAbsent":
    case "keyPresent":
      return checkName("key", condition.key);
    case "keyValue":
      return checkName("key", condition.key) + checkText(condition.value, "rowBytes");
    case "due":
      checkWhole("a revision", condition.revision);
      return checkName("queue", condition.queue) + checkName("due id", condition.id);
    case "leaseHeld":
      checkWhole("a token", condition.token);
      return checkName("lease", condition.name);
    case "leaseFree":
      return checkName("lease", condition.name) + checkName("lease's owner", condition.owner);
  }
}

/** Sizes of events are the encoder's. */
function checkEffect(effect: Effect, conditions: readonly Condition[]): number {
  switch (effect.kind) {
    case "append":
      return checkAppend(effect);
    case "deleteWork":
      return checkName("stream", effect.stream);
    case "putRow": {
      const names = checkName("collection", effect.collection) + checkName("row key", effect.key);
      return names + checkIndex(effect.index) + checkText(effect.value, "rowBytes");
    }
    case "deleteRow":
      return checkName("collection", effect.collection) + checkName("row key", effect.key);
    case "putKey":
      if (effect.expiresAt !== undefined) checkWhole("an expiry", effect.expiresAt);
      return checkName("key", effect.key) + checkText(effect.value, "rowBytes");
    case "deleteKey":
      return checkName("key", effect.key);
    case "schedule":
      checkWhole("a due time", effect.at);
      return checkName("queue", effect.queue) + checkName("due id", effect.id) + checkText(effect.payload, "messageBytes");
    case "finish":
      return checkName("queue", effect.queue) + checkName("due id", effect.id);
    case "takeLease":
      return checkTake(effect, conditions);
    case "freeLease":
      if (!conditions.some((condition) => condition.kind === "leaseHeld" && condition.name === effect.name)) {
        throw unitInvalid(`freeing "${effect.name}" needs the condition leaseHeld in the same unit`);
      }
      return checkName("lease", effect.name);
  }
}

function checkAppend(effect: Effect & { kind: "append" }): number {
  if (!STREAM.test(effect.stream)) throw unitInvalid(`a stream is named category-id, not "${effect.stream.slice(0, 80)}"`);
  let bytes = checkName("stream", effect.stream);
  for (const event of effect.events) {
    bytes += checkName("event type", event.type) + checkText(event.data, "eventBytes");
    checkWhole("a schema version", event.schemaVersion);
    if (event.occurredAt !== undefined) checkWhole("a business time", event.occurredAt);
  }
  return bytes;
}

function checkTake({ name, owner, ttlMs }: Effect & { kind: "takeLease" }, conditions: readonly Condition[]): number {
  checkWhole("a lease's time", ttlMs);
  const isGuarded = conditions.some(
    (condition) => condition.kind === "leaseFree" && condition.name === name && condition.owner === owner,
  );
  if (!isGuarded) throw unitInvalid(`taking "${name}" needs the condition leaseFree for the same owner in the same unit`);
  return checkName("lease", name) + checkName("lease's owner", owner);
}

function checkIndex(index: RowIndex | undefined): number {
  if (!index) return 0;
  let entries = 0;
  let bytes = 0;
  for (const [name, texts] of Object.entries(index)) {
    checkName("index", name);
    for (const text of texts) bytes += name.length + checkName("index entry", text);
    entries += texts.length;
  }
  if (entries > LIMITS.indexEntries) throw limitExceeded(`a row has at most ${LIMITS.indexEntries} entries (indexEntries)`);
  return bytes;
}

function checkName(what: string, text: string): number {
  if (!PLAIN.test(text) && (text === "" || CONTROL.test(text) || !text.isWellFormed())) {
    throw unitInvalid(`a ${what} is well-formed text without control characters, and not empty`);
  }
  if (text.length > LIMITS.keyBytes / 3 && Buffer.byteLength(text) > LIMITS.keyBytes) {
    throw limitExceeded(`a ${what} has at most ${LIMITS.keyBytes} bytes (keyBytes)`);
  }
  return text.length;
}

function checkText(text: string, limit: "eventBytes" | "rowBytes" | "messageBytes"): number {
  if (text.includes("\u0000") || !text.isWellFormed()) throw unitInvalid("a stored text is well-formed and without NUL");
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS[limit]) throw limitExceeded(`at most ${LIMITS[limit]} bytes are stored here (${limit}), not ${bytes}`);
  return bytes;
}

function checkWhole(what: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw unitInvalid(`${what} is a whole number, not ${value}`);
}
