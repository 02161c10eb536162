import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { assert, defineError } from "./errors.ts";
import { isSealed, SEALED_PREFIX, type Personal, type Sealed } from "./personal.ts";

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

const PART = /^[^:]{1,255}$/;
const TAG_BYTES = 16;

/** Seals `text` for `subject` in the record `record`. Same arguments, same block. */
export function seal(key: Uint8Array, subject: string, record: string, text: string): Sealed {
  assert(PART.test(subject) && PART.test(record), "subject and record are 1 to 255 characters without a colon");
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(key, record), { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(`${subject}:${record}`));
  const block = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${SEALED_PREFIX}${subject}:${record}:${block.toString("base64url")}` as Sealed; // made in the form of the brand
}

/** The text of a sealed block; `seal-broken` when it was tampered with. */
export function unseal(key: Uint8Array, sealed: Sealed): string {
  const [, , subject, record, block] = sealed.split(":") as [string, string, string, string, string]; // by its brand
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
  return gramsOf(text).map((gram) => tokenOf(secret, gram));
}

/** `searchTokens` of many texts under one secret: runs of characters are few, and those that came before are not hashed again. */
export function searchTokenizer(secret: Uint8Array, rememberedMax = 10_000): (text: string) => readonly string[] {
  const known = new Map<string, string>();
  return (text) =>
    gramsOf(text).map((gram) => {
      const token = known.get(gram) ?? tokenOf(secret, gram);
      if (known.size >= rememberedMax) known.clear();
      known.set(gram, token);
      return token;
    });
}

/** Each once. */
function gramsOf(text: string): readonly string[] {
  const normal = normalised(text);
  const grams = new Set<string>();
  for (let i = 0; i + 3 <= normal.length; i++) grams.add(normal.slice(i, i + 3));
  return [...grams];
}

function tokenOf(secret: Uint8Array, gram: string): string {
  return createHmac("sha256", secret).update(gram).digest("hex").slice(0, 16);
}

/** The form in which personal texts are compared: case-blind, without accents, single spaces. */
export function normalised(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}
