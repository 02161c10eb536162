import { randomBytes } from "node:crypto";
import { link, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { IdSource } from "@daybook/kernel/ids";
import { keyFileInvalid } from "./errors.ts";

export interface KeyFileOptions {
  /** Names the temporary file. */
  readonly ids: IdSource;
  /** A missing file is not made but `key-file-invalid`. */
  readonly isReadOnly?: boolean;
  readonly random?: (bytes: number) => Uint8Array;
}

/**
 * The secret of `bytes` bytes in the file at `path`; made at first: whole, durable, mode 0600, and by one of several that
 * start at once. A file of another size, or one that others may read, is `key-file-invalid`.
 */
export async function loadOrCreateKeyFile(path: string, bytes: number, options: KeyFileOptions): Promise<Uint8Array> {
  const existing = await loadKeyFile(path, bytes);
  if (existing) return existing;
  if (options.isReadOnly) throw keyFileInvalid(`there is no key file ${path}`, { details: { path } });
  await create(path, (options.random ?? randomBytes)(bytes), options.ids("tmp"));
  const created = await loadKeyFile(path, bytes);
  if (!created) throw keyFileInvalid(`the key file ${path} went away`, { details: { path } });
  return created;
}

/** Puts the key file `next` in the place of the one at `path`, durably; nothing when another process did so before. */
export async function replaceKeyFile(path: string, next: string): Promise<void> {
  try {
    await rename(next, path);
  } catch (cause) {
    if (!isCode(cause, "ENOENT")) throw keyFileInvalid(`the key file ${path} cannot be replaced`, { cause, details: { path } });
  }
  await syncFolder(dirname(path));
}

/** The secret in the file at `path`, checked as above; undefined when there is no such file. */
export async function loadKeyFile(path: string, bytes: number): Promise<Uint8Array | undefined> {
  const file = await opened(path);
  if (!file) return undefined;
  try {
    const stats = await file.stat();
    const fault = !stats.isFile()
      ? "is no file"
      : (stats.mode & 0o077) !== 0
        ? `has mode ${(stats.mode & 0o777).toString(8)}, not 600`
        : stats.size !== bytes
          ? `has ${stats.size} bytes, not ${bytes}`
          : undefined;
    if (fault !== undefined) throw keyFileInvalid(`the key file ${path} ${fault}`, { details: { path } });
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return undefined;
    throw keyFileInvalid(`the key file ${path} cannot be read`, { cause, details: { path } });
  }
}

/** Written beside, synced, then linked: the name never stands for half a key, and the first of two keeps it. */
async function create(path: string, secret: Uint8Array, suffix: string): Promise<void> {
  const temporary = `${path}.${suffix}`;
  try {
    await writeDurably(temporary, secret);
    await link(temporary, path);
  } catch (cause) {
    if (!isCode(cause, "EEXIST")) throw keyFileInvalid(`the key file ${path} cannot be made`, { cause, details: { path } });
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
