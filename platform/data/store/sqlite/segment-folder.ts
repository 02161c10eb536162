import { createHash } from "node:crypto";
import { chmodSync, closeSync, existsSync, openSync, readdirSync, readSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { assert, CodedError, messageOf } from "@daybook/kernel/errors";
import type { FileDescription, SegmentPage, SegmentPlace, SegmentReads } from "../archive/segment-place.ts";
import { segmentDamaged, segmentUnreachable } from "../errors.ts";
import { makeDataFolder } from "./data-lock.ts";
import { syncFolderOf, syncPath } from "./durability.ts";
import { codedError } from "./open-file.ts";
import { sqliteEngine } from "./sqlite-store.ts";
import { sqliteTransferTarget } from "./transfer-target.ts";

/** At the end of the name of a file that is being made. */
export const DRAFT = ".draft";
const BLOCK = 1024 * 1024;

/** Segments in a folder: each is a store's file, made as a copy is (transfer.ts), then read only. The folder is made with the first. */
export function segmentFolder(folder: string): SegmentPlace {
  const path = (file: string) => join(folder, file);
  return {
    has: (file) => existsSync(path(file)),
    write: (file, content) => reached(path(file), () => write(folder, file, content)),
    describe: (file) => reached(path(file), () => describe(path(file))),
    open: (file) => reached(path(file), () => openSegment(path(file))),
    shown: path,
  };
}

async function write(folder: string, file: string, content: AsyncIterable<SegmentPage>): Promise<void> {
  await makeDataFolder(folder);
  for (const name of readdirSync(folder)) if (name.includes(DRAFT)) rmSync(join(folder, name));
  const draft = join(folder, `${file}${DRAFT}`);
  const target = sqliteTransferTarget({ file: draft });
  try {
    await target.begin({ source: NOTHING, from: "a store", command: "daybook archive run" });
    for await (const { table, records } of content) await target.write(table, records);
    await target.finish(NOTHING);
  } finally {
    await target.close();
  }
  withoutLog(draft);
  rmSync(`${draft}-lock`);
  chmodSync(draft, 0o400);
  syncPath(draft);
  assert(!existsSync(join(folder, file)), "a segment is never replaced");
  renameSync(draft, join(folder, file));
  syncFolderOf(join(folder, file));
}

const NOTHING = { epoch: 1, position: 0, recordedAt: 0, factRecordedAt: 0, units: 0 };

/** So that it is one file, which also a folder that may not be written to can hold. */
function withoutLog(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = DELETE");
  db.close();
}

/** In blocks, each in a turn of its own. */
async function describe(path: string): Promise<FileDescription> {
  const descriptor = openSync(path, "r");
  try {
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(BLOCK);
    for (let at = 0; ;) {
      const bytes = readSync(descriptor, block, 0, BLOCK, at);
      if (bytes === 0) return { bytes: at, digest: hash.digest("hex") };
      hash.update(block.subarray(0, bytes));
      at += bytes;
      await new Promise((resolve) => void setImmediate(resolve));
    }
  } finally {
    closeSync(descriptor);
  }
}

async function openSegment(path: string): Promise<SegmentReads> {
  if (!existsSync(path)) throw segmentUnreachable(`there is no ${path}`);
  return sqliteEngine({ file: path, readOnly: true });
}

/** What the file system refuses is `segment-unreachable`; what is no store, or a broken one, `segment-damaged`. */
async function reached<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw segmentError(path, codedError(error));
  }
}

const DAMAGED = ["store-corrupt", "store-foreign-file", "copy-unfinished", "store-older-format"];

function segmentError(path: string, cause: unknown): unknown {
  const message = `${path}: ${messageOf(cause)}`;
  if (!(cause instanceof CodedError)) return isOfFiles(cause) ? segmentUnreachable(message, { cause }) : cause;
  if (DAMAGED.includes(cause.code)) return segmentDamaged(message, { cause });
  return cause.code === "store-io-failed" ? segmentUnreachable(message, { cause }) : cause;
}

function isOfFiles(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
