import { createCipheriv, createDecipheriv } from "node:crypto";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "1:";

/** `1:` and the base64url text of nonce, key under `masterKey` (AES-256-GCM, `name` as additional data) and tag. */
export function wrapKey(masterKey: Uint8Array, name: string, key: Uint8Array, nonce: Uint8Array): string {
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce);
  cipher.setAAD(Buffer.from(name));
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}${wrapped.toString("base64url")}`;
}

/** The key that was wrapped; undefined when it does not open under `masterKey` and `name`. */
export function unwrapKey(masterKey: Uint8Array, name: string, wrapped: string): Uint8Array | undefined {
  if (!wrapped.startsWith(VERSION)) return undefined;
  const bytes = Buffer.from(wrapped.slice(VERSION.length), "base64url");
  if (bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
  } catch {
    return undefined;
  }
}
