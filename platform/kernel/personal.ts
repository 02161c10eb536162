import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { z } from "zod";
import { assert, defineError } from "./errors.ts";

/**
 * Personal data is sealed where it is written: `sealed:1:{subject}:{record}:{base64url}` holds one block of a subject
 * in a record, AES-256-GCM under the subject's key, nonce derived from the record's id. Whoever copies it copies the
 * ciphertext; deleting the subject's key erases every copy at once.
 */
export type Sealed = string & { readonly sealed: unique symbol };

/** Personal data in the clear (before it is written) or sealed (after). */
export type Personal<T> = T | Sealed;

/** The keys of data subjects. Its store has its own file or database with its own backup rule. */
export interface SubjectKeys {
  /** The subject's key (32 bytes), or undefined when it was erased or never made. */
  get(subject: string): Promise<Uint8Array | undefined>;
  /** The keys of all `subjects`, made where missing; resolves when they are durable. Erased subjects are refused. */
  ensure(subjects: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Deletes the subject's key for ever; idempotent. */
  erase(subject: string): Promise<void>;
}

/** A sealed block that does not open: it was changed, or the key is another one. */
export const sealBroken = defineError({
  code: "seal-broken",
  advice: "The stored bytes or the key file were changed. Run `daybook verify`, then restore from a backup.",
});

const PREFIX = "sealed:1:";
const PART = /^[^:]{1,255}$/;
const TAG_BYTES = 16;
const SEALED = /^sealed:1:[^:]{1,255}:[^:]{1,255}:[A-Za-z0-9_-]+$/;
const personalSchemas = new WeakSet<z.ZodType>();

/** Declares an object of a record's schema as personal: the codec seals it as one block. At most one per record. */
export function personal<T>(schema: z.ZodType<T>): z.ZodType<Personal<T>> {
  const sealed = z.custom<Sealed>((value) => isSealed(value));
  const either = z.union([sealed, schema]) as z.ZodType<Personal<T>>; // zod infers the union without the brand
  personalSchemas.add(either);
  return either;
}

export function isSealed(value: unknown): value is Sealed {
  return typeof value === "string" && value.startsWith(PREFIX) && SEALED.test(value);
}

/** Path of the personal field in an object schema; undefined without one. More than one is a mistake. */
export function personalPath(schema: z.ZodType): readonly string[] | undefined {
  const found = [...paths(schema, [])];
  assert(found.length <= 1, "a record's schema has at most one personal field");
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

/** Seals `text` for `subject` in the record `record`. Same arguments, same block. */
export function seal(key: Uint8Array, subject: string, record: string, text: string): Sealed {
  assert(PART.test(subject) && PART.test(record), "subject and record are 1 to 255 characters without a colon");
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(key, record), { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(`${subject}:${record}`));
  const block = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${PREFIX}${subject}:${record}:${block.toString("base64url")}` as Sealed; // made in the form of the brand
}

/** The text of a sealed block; `seal-broken` when it was tampered with. */
export function unseal(key: Uint8Array, sealed: Sealed): string {
  const [, , subject, record, block] = sealed.split(":") as [string, string, string, string, string]; // by SEALED
  const bytes = Buffer.from(block, "base64url");
  try {
    assert(bytes.length >= TAG_BYTES && bytes.toString("base64url") === block, "a block is a tag at least, in its one spelling");
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(key, record), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(`${subject}:${record}`));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw sealBroken(`the sealed block of record ${record} does not open`, { cause, details: { record } });
  }
}

/** The subject that a sealed block is about. */
export function subjectOf(sealed: Sealed): string {
  return sealed.split(":", 3)[2] ?? "";
}

/** What a personal value says, or undefined when its subject was erased. */
export async function reveal<T>(keys: SubjectKeys, value: Personal<T>): Promise<T | undefined> {
  if (!isSealed(value)) return value;
  const key = await keys.get(subjectOf(value));
  return key && (JSON.parse(unseal(key, value)) as T); // sealed by us from a value that its schema had checked
}

/** The nonce is unique for a key because a record has one block of a subject. */
function nonceOf(key: Uint8Array, record: string): Uint8Array {
  return createHmac("sha256", key).update(`nonce:${record}`).digest().subarray(0, 12);
}

/**
 * Keyed search tokens of a personal text: every run of three characters of its normalised form (NFKD, lower case), as
 * 16 hex digits of HMAC-SHA-256 under `secret`. Equal texts give equal tokens: that, and their number, is what they leak.
 */
export function searchTokens(secret: Uint8Array, text: string): readonly string[] {
  const normal = normalised(text);
  const grams = new Set<string>();
  for (let i = 0; i + 3 <= normal.length; i++) grams.add(normal.slice(i, i + 3));
  return [...grams].map((gram) => createHmac("sha256", secret).update(gram).digest("hex").slice(0, 16));
}

/** The form in which personal texts are compared: case-blind, without accents, single spaces. */
export function normalised(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}
