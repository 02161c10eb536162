import type { z } from "zod";
import { canonical } from "./canonical.ts";
import { assert, defineError } from "./errors.ts";
import { isSealed, personalPath, seal } from "./personal.ts";

/** A stored record whose type this program does not know, or whose text is not what the type says. */
export const unreadableRecord = defineError({
  code: "unreadable-record",
  advice: "The record was written by another program or was changed. Run `daybook verify`, or start the version that wrote it.",
});

/**
 * The type of a stored record (event, message, answer): its name, its current version, the schema that is the only
 * source of its shape, the subject of its personal field, and how each older version becomes the next.
 */
export interface RecordType<Data = unknown> {
  readonly name: string;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  /** Whose personal data a record holds. */
  subject?(data: Data): string;
  /** Where the personal field is; undefined without one. */
  readonly personalPath: readonly string[] | undefined;
  /** `upcasters[v]` makes version v + 1 out of version v. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
}

export interface RecordTypeOptions<Data> {
  readonly name: string;
  readonly version?: number;
  readonly schema: z.ZodType<Data>;
  /** Required when the schema has a `personal()` field. */
  readonly subject?: (data: Data) => string;
  readonly upcasters?: Readonly<Record<number, (data: unknown) => unknown>>;
}

export function recordType<Data>(options: RecordTypeOptions<Data>): RecordType<Data> {
  const version = options.version ?? 1;
  const path = personalPath(options.schema);
  assert((path === undefined) === (options.subject === undefined), `${options.name}: a personal field and a subject go together`);
  for (let v = 1; v < version; v++) assert(options.upcasters?.[v], `${options.name}: version ${v} has an upcaster`);
  return {
    name: options.name,
    version,
    schema: options.schema,
    ...(options.subject && { subject: options.subject }),
    personalPath: path,
    upcasters: options.upcasters ?? {},
  };
}

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
