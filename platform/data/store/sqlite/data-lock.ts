import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { dataFolderLocked } from "../errors.ts";
import { codedError } from "./open-file.ts";

/** Who works on a data folder, as it says itself in `owner.json`. */
export interface DataOwner {
  readonly pid: number;
  /** Where its console and API answer; undefined while it starts. */
  readonly url?: string;
  readonly startedAt: number;
}

/** Ownership of a data folder by this process. The operating system ends it with the process, however that dies. */
export interface DataLock {
  /** Writes the owner's address where other processes find it. */
  announce(url: string): void;
  /** Idempotent. */
  release(): void;
}

const OWNER = "owner.json";
/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Makes the folder and those above it, mode 0700, unless it is there. One level after another: node's own recursion never
 * ends where the system makes no folders, such as in /proc.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if ((await refusal(folder)) === undefined) return;
  if (parent !== folder) await makeDataFolder(parent);
  const error = await refusal(folder);
  if (error) throw error;
}

/** Why the folder could not be made for want of the one above it; undefined when it is there. */
async function refusal(folder: string): Promise<Error | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST" && isFolder(folder)) return undefined;
    if (error instanceof Error && code === "ENOENT") return error;
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Takes the folder for this process, or throws `data-folder-locked` with the owner's `pid` and `url` in its details. */
export function lockDataFolder(folder: string, clock: Clock = systemClock): DataLock {
  const held = holdFile(join(folder, "lock.db"));
  const startedAt = clock.now();
  writeOwner(folder, { pid: process.pid, startedAt });
  let isHeld = true;
  return {
    announce: (url) => writeOwner(folder, { pid: process.pid, url, startedAt }),
    release() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(join(folder, OWNER), { force: true });
      held.close();
    },
  };
}

/** What the folder's owner wrote last; also that of a dead one. Undefined when there is nothing to read. */
export function readOwner(folder: string): DataOwner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER), "utf8")) as DataOwner; // written by writeOwner
  } catch {
    return undefined;
  }
}

/**
 * Holds an exclusive lock of the operating system on `path`, an otherwise empty SQLite file, until it is closed. Throws
 * `data-folder-locked`, with the owner of the file's folder in its details, when another connection holds it.
 */
export function holdFile(path: string): { close(): void } {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db?.close();
    const isBusy = error instanceof Error && "errcode" in error && error.errcode === BUSY;
    throw isBusy ? lockedError(path, error) : codedError(error);
  }
}

function lockedError(path: string, cause: unknown): Error {
  const folder = dirname(path);
  const owner = readOwner(folder);
  const where = owner?.url === undefined ? "" : ` at ${owner.url}`;
  const who = owner === undefined ? "another process" : `process ${owner.pid}${where}`;
  return dataFolderLocked(`${folder} is in use by ${who}`, { cause, details: { ...owner } });
}

function writeOwner(folder: string, owner: DataOwner): void {
  const draft = join(folder, `${OWNER}.new`);
  writeFileSync(draft, `${JSON.stringify(owner)}\n`);
  renameSync(draft, join(folder, OWNER));
}
