import { closeSync, existsSync, fdatasync, fdatasyncSync, fsyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "@daybook/kernel/errors";
import { storeIoFailed, storeStopped } from "../errors.ts";

/**
 * Makes what was written to the write-ahead log durable, off the main thread, and lets readers wait for it. SQLite runs
 * with `synchronous=NORMAL`: COMMIT only fills the page cache, the sync here is what an answer waits for. Once a sync has
 * failed nobody knows what the disk holds: every later sync and read is refused.
 *
 * The descriptor is of the `-wal` file, never of the database file: closing one of that would drop SQLite's locks.
 */
export class Durability {
  private readonly descriptor: number;
  private inFlight: Promise<void> | undefined;
  private failure: unknown;

  /** `file`: the database, open in WAL mode. */
  constructor(file: string) {
    this.descriptor = openSync(`${file}-wal`, "r");
  }

  /** Resolves when everything written before the call is on the disk. One at a time. */
  sync(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(brokenError(this.failure));
    const done = new Promise<void>((resolve, reject) => {
      fdatasync(this.descriptor, (error) => {
        this.inFlight = undefined;
        if (!error) return resolve();
        const failure = storeIoFailed(`a sync of the log failed: ${messageOf(error)}`, { cause: error });
        this.fail(failure);
        reject(failure);
      });
    });
    this.inFlight = done;
    return done;
  }

  get isSound(): boolean {
    return this.failure === undefined;
  }

  /** From now on nothing that is read can be called durable. */
  fail(error: unknown): void {
    this.failure ??= error;
  }

  /** What a reader does after its query: waits for the sync under way, if any. Throws `store-stopped` after a failure. */
  settled(): Promise<void> | undefined {
    if (this.failure !== undefined) throw brokenError(this.failure);
    return this.inFlight?.catch((error: unknown) => {
      throw brokenError(error);
    });
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function brokenError(cause: unknown): Error {
  return storeStopped("a write to the disk failed; what is on it is known after a restart only", { cause });
}

/**
 * Writes the `-wal` file that a dead process left once more, byte for byte, and syncs it. After a failed sync the kernel
 * calls pages clean that the disk does not hold; only writing them again makes them durable, and a checkpoint that trusts
 * them could otherwise tear the database. Only for the owner of the file, before SQLite opens it.
 */
export function rewriteLog(file: string): void {
  const log = `${file}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  const descriptor = openSync(log, "r+");
  try {
    const block = Buffer.allocUnsafe(1024 * 1024);
    for (let at = 0; ;) {
      const bytes = readSync(descriptor, block, 0, block.length, at);
      if (bytes === 0) break;
      for (let done = 0; done < bytes;) done += writeSync(descriptor, block, done, bytes - done, at + done);
      at += bytes;
    }
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the names in the folder of `file` durable. */
export function syncFolderOf(file: string): void {
  syncPath(dirname(file));
}

/** Makes a file's bytes, or a folder's names, durable. Never of an open database: see `Durability`. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
