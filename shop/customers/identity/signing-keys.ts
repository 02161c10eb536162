import { createPrivateKey, createPublicKey, hash, randomBytes, type KeyObject } from "node:crypto";
import { rm } from "node:fs/promises";
import { loadKeyFile, loadOrCreateKeyFile, replaceKeyFile } from "@daybook/data/event-store/key-file";
import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";

/** An Ed25519 key that signs sessions. */
export interface SigningKey {
  /** Says which key it is: of the public half, 16 hex digits. */
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Epoch milliseconds. */
  readonly madeAt: number;
}

export interface SigningKeys {
  readonly current: SigningKey;
  /** The one before: what it signed is good until it ends. */
  readonly previous?: SigningKey | undefined;
}

/** Where the keys are: files of one folder, mode 0600. */
export interface SigningKeyFiles {
  readonly current: string;
  readonly previous: string;
  /** There while the key is exchanged. */
  readonly next: string;
}

export interface SigningKeysOptions {
  readonly files: SigningKeyFiles;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** A missing key is not made but `key-file-invalid`. */
  readonly isReadOnly?: boolean;
  readonly random?: (bytes: number) => Uint8Array;
}

const MADE_AT_BYTES = 8;
const SEED_BYTES = 32;
const FILE_BYTES = MADE_AT_BYTES + SEED_BYTES;
/** PKCS #8 of an Ed25519 key (RFC 8410) up to its seed. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** The keys of the files; the first is made when there is none. */
export async function loadSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { files } = options;
  const current = signingKey(await currentFile(options));
  const previous = await loadKeyFile(files.previous, FILE_BYTES);
  return { current, previous: previous && signingKey(previous) };
}

/** Signs by a new key from now on. By one process at a time; what was interrupted is done again. */
export async function rotateSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { files, ids } = options;
  await put(files.previous, files.next, await currentFile(options), ids);
  await put(files.current, files.next, fresh(options), ids);
  return loadSigningKeys(options);
}

function currentFile(options: SigningKeysOptions): Promise<Uint8Array> {
  const { files, ids, isReadOnly = false } = options;
  return loadOrCreateKeyFile(files.current, FILE_BYTES, { ids, isReadOnly, random: () => fresh(options) });
}

async function put(path: string, next: string, content: Uint8Array, ids: IdSource): Promise<void> {
  await rm(next, { force: true });
  await loadOrCreateKeyFile(next, FILE_BYTES, { ids, random: () => content });
  await replaceKeyFile(path, next);
}

/** A file's content: when it was made, 8 bytes, and the seed. */
function fresh({ clock, random = randomBytes }: SigningKeysOptions): Uint8Array {
  const content = Buffer.alloc(FILE_BYTES);
  content.writeBigUInt64BE(BigInt(clock.now()));
  content.set(random(SEED_BYTES), MADE_AT_BYTES);
  return content;
}

function signingKey(bytes: Uint8Array): SigningKey {
  assert(bytes.length === FILE_BYTES, "a signing key's file has 40 bytes");
  const content = Buffer.from(bytes);
  const der = Buffer.concat([PKCS8, content.subarray(MADE_AT_BYTES)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  const id = hash("sha256", publicKey.export({ format: "der", type: "spki" }), "hex").slice(0, 16);
  return { id, privateKey, publicKey, madeAt: Number(content.readBigUInt64BE()) };
}
