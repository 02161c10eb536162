import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, messageOf } from "@daybook/kernel/errors";
import { freshFolder, leftBehind } from "../../tools/engines/fresh-server.ts";
import { engineFolder, execute } from "../../tools/engines/machine.ts";
import { postgresServer, type PostgresServer } from "../../tools/engines/postgres.ts";

/** A file system of a few megabytes, with a server on it. */
export interface SmallDisk {
  readonly server: PostgresServer;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  /** With the server. */
  remove(): Promise<void>;
}

/** Undefined when this process may not mount one. */
export async function smallDisk(name: string, megabytes: number): Promise<SmallDisk | undefined> {
  for (const left of leftBehind(name)) await unmount(engineFolder(left));
  const folder = freshFolder(name);
  mkdirSync(folder, { recursive: true });
  const mounted = execute("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "daybook-small-disk", folder]);
  if (!(await mounted.then(yes, no))) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const ballast = join(folder, "ballast");
  return {
    server: serverOn(folder),
    fill: () => fill(ballast, freeBytes(folder)),
    free: () => rmSync(ballast),
    remove: () => unmount(folder),
  };
}

/** Segments of one megabyte, so that the log needs new space soon. */
function serverOn(folder: string): PostgresServer {
  return postgresServer("server", { parent: folder, initdb: ["--wal-segsize=1"] });
}

/** The server may take space at the same time. */
function fill(file: string, bytes: number): void {
  try {
    writeFileSync(file, Buffer.alloc(bytes));
  } catch (error) {
    assert(error instanceof Error && "code" in error && error.code === "ENOSPC", messageOf(error));
  }
}

async function unmount(folder: string): Promise<void> {
  rmSync(join(folder, "ballast"), { force: true });
  await serverOn(folder).remove();
  await execute("umount", [folder]).catch(no); // a killed run may have left the folder only
  rmSync(folder, { recursive: true });
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

const yes = () => true;
const no = () => false;
