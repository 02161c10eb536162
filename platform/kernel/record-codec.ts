import { canonical } from "./canonical.ts";
import { assert, defineError } from "./errors.ts";
import { isSealed } from "./personal.ts";
import type { RecordType } from "./record-type.ts";
import { seal } from "./sealed.ts";

/** A stored record whose type this program does not know, or whose text is not what the type says. */
export const unreadableRecord = defineError({
  code: "unreadable-record",
  advice: "The record was written by another program or was changed. Run `daybook verify`, or start the version that wrote it.",
});

/** A record in the form in which it is stored: canonical text, and the same as data (personal fields sealed). */
export interface EncodedRecord<Data> {
  readonly text: string;
  readonly data: Data;
}

/**
 * Checks `data` against the schema, seals its personal field under `keys` (which must hold the subject's key) and
 * gives the canonical text. `recordId` must be unique: the nonce derives from it.
 */
export function encodeRecord<Data>(
  type: RecordType<Data>,
  data: Data,
  recordId: string,
  keys: ReadonlyMap<string, Uint8Array>,
): EncodedRecord<Data> {
  const checked = type.schema.safeParse(data);
  assert(checked.success, `${type.name} v${type.version} fits its schema: ${checked.success ? "" : checked.error.message}`);
  const stored = sealedForm(type, checked.data, recordId, keys);
  return { text: canonical(stored), data: stored };
}

function sealedForm<Data>(type: RecordType<Data>, data: Data, recordId: string, keys: ReadonlyMap<string, Uint8Array>): Data {
  if (!type.personalPath || !type.subject) return data;
  const value = at(data, type.personalPath);
  if (value === undefined || value === null || isSealed(value)) return data;
  const subject = type.subject(data);
  const key = keys.get(subject);
  assert(key, `the key of ${subject} is ready before a record of it is encoded`);
  return replaced(data, type.personalPath, seal(key, subject, recordId, canonical(value))) as Data; // same shape, by Personal<T>
}

function at(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key]; // checked by the schema
  return value;
}

function replaced(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const fields = data as Readonly<Record<string, unknown>>; // a path leads through objects only
  return { ...fields, [key]: replaced(fields[key], rest, value) };
}

/** Subjects whose keys `encodeRecord` will need. */
export function subjectsOf<Data>(type: RecordType<Data>, data: Data): readonly string[] {
  if (!type.personalPath || !type.subject) return [];
  const value = at(data, type.personalPath);
  return value === undefined || value === null || isSealed(value) ? [] : [type.subject(data)];
}

/**
 * The data of a stored record, brought to the current version. Tolerant: fields that this program does not know stay,
 * and a newer version than its own is read as it is. Text that is no JSON is `unreadable-record`.
 */
export function decodeRecord<Data>(type: RecordType<Data>, version: number, text: string): Data {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw unreadableRecord(`a stored ${type.name} is not JSON`, { cause, details: { type: type.name } });
  }
  for (let v = version; v < type.version; v++) {
    const upcast = type.upcasters[v];
    assert(upcast, `${type.name}: version ${v} has an upcaster`);
    data = upcast(data);
  }
  return data as Data; // checked by the schema when it was written
}
