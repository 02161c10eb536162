import { createDecipheriv, createHmac } from "node:crypto";

/** A sealed block of personal data, taken apart: docs/format.md, section "Sealed personal blocks". */
export interface SealedBlock {
  readonly subject: string;
  /** Id of the record that the block was sealed in. */
  readonly record: string;
  /** Ciphertext, then tag. */
  readonly bytes: Uint8Array;
}

const FORM = /^sealed:1:([^:]{1,255}):([^:]{1,255}):([A-Za-z0-9_-]+)$/;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Undefined for text that is no sealed block in its one spelling. */
export function readSealedBlock(text: string): SealedBlock | undefined {
  const [, subject, record, spelled] = FORM.exec(text) ?? [];
  if (subject === undefined || record === undefined || spelled === undefined) return undefined;
  const bytes = Buffer.from(spelled, "base64url");
  if (bytes.length < TAG_BYTES || bytes.toString("base64url") !== spelled) return undefined;
  return { subject, record, bytes };
}

/** The block's plain text under the subject's key; undefined when it does not open. */
export function openBlock(key: Uint8Array, { subject, record, bytes }: SealedBlock): string | undefined {
  const nonce = createHmac("sha256", key).update(`nonce:${record}`).digest().subarray(0, NONCE_BYTES);
  return opened(key, nonce, `${subject}:${record}`, bytes)?.toString("utf8");
}

/** A subject's key out of its wrapped form (`1:` and base64url); undefined when it does not open under the master key. */
export function unwrapKey(masterKey: Uint8Array, subject: string, wrapped: string): Uint8Array | undefined {
  if (!wrapped.startsWith("1:")) return undefined;
  const bytes = Buffer.from(wrapped.slice(2), "base64url");
  if (bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return undefined;
  return opened(masterKey, bytes.subarray(0, NONCE_BYTES), subject, bytes.subarray(NONCE_BYTES));
}

/** As `unwrapKey`, under the first of the keys that opens it. */
export function unwrapWithAny(masterKeys: readonly Uint8Array[], name: string, wrapped: string): Uint8Array | undefined {
  for (const masterKey of masterKeys) {
    const key = unwrapKey(masterKey, name, wrapped);
    if (key) return key;
  }
  return undefined;
}

function opened(key: Uint8Array, nonce: Uint8Array, additional: string, bytes: Uint8Array): Buffer | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(additional));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
