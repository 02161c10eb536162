import { z } from "zod";
import { assert } from "./errors.ts";

/**
 * Personal data is sealed where it is written: `sealed:1:{subject}:{record}:{base64url}` holds one block of a subject
 * in a record, AES-256-GCM under the subject's key, nonce derived from the record's id. Whoever copies it copies the
 * ciphertext; deleting the subject's key erases every copy at once.
 */
export type Sealed = string & { readonly sealed: unique symbol };

/** Personal data in the clear (before it is written) or sealed (after). */
export type Personal<T> = T | Sealed;

/** How every sealed block begins. */
export const SEALED_PREFIX = "sealed:1:";
const SEALED = /^sealed:1:[^:]{1,255}:[^:]{1,255}:[A-Za-z0-9_-]+$/;
const personalSchemas = new WeakSet<z.ZodType>();
/** What `personalPath` said of a schema, which does not change. */
const looked = new WeakMap<z.ZodType, readonly string[] | undefined>();

/** Declares an object of a record's schema as personal: the codec seals it as one block. At most one per record. */
export function personal<T>(schema: z.ZodType<T>): z.ZodType<Personal<T>> {
  const sealed = z.custom<Sealed>((value) => isSealed(value));
  const either = z.union([sealed, schema]) as z.ZodType<Personal<T>>; // zod infers the union without the brand
  personalSchemas.add(either);
  return either;
}

export function isSealed(value: unknown): value is Sealed {
  return typeof value === "string" && value.startsWith(SEALED_PREFIX) && SEALED.test(value);
}

/** Path of the personal field in an object schema; undefined without one. More than one is a mistake. */
export function personalPath(schema: z.ZodType): readonly string[] | undefined {
  if (looked.has(schema)) return looked.get(schema);
  const found = [...paths(schema, [])];
  assert(found.length <= 1, "a record's schema has at most one personal field");
  looked.set(schema, found[0]);
  return found[0];
}

function* paths(schema: z.ZodType, path: readonly string[]): Generator<readonly string[]> {
  if (personalSchemas.has(schema)) {
    yield path;
  } else if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    yield* paths(schema.unwrap() as z.ZodType, path); // zod types the inner schema as its core type
  } else if (schema instanceof z.ZodObject) {
    for (const [key, field] of Object.entries(schema.shape)) yield* paths(field as z.ZodType, [...path, key]); // likewise
  } else {
    assert(!isHidden(schema, new Set()), "a personal field stands in objects only: elsewhere it would not be sealed");
  }
}

/** Whether a personal field stands where the codec does not look: in a list, in a union, behind a default. */
function isHidden(schema: z.ZodType, seen: Set<z.ZodType>): boolean {
  if (personalSchemas.has(schema)) return true;
  if (seen.has(schema)) return false;
  seen.add(schema);
  return Object.values(schema.def).some((part: unknown) => partsOf(part).some((inner) => isHidden(inner, seen)));
}

/** A schema's definition holds schemas, lists of schemas and objects of schemas. */
function partsOf(part: unknown): readonly z.ZodType[] {
  const parts: readonly unknown[] = part instanceof z.ZodType ? [part] : Object.values(part ?? {});
  return parts.filter((inner) => inner instanceof z.ZodType);
}
