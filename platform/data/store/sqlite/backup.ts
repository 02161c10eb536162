import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { assert, messageOf } from "@daybook/kernel/errors";
import { systemRandom, type Random } from "@daybook/kernel/random";
import { listSegments, segmentFile } from "../archive/segment.ts";
import { backupInvalid, backupTargetExists } from "../errors.ts";
import { newEpoch } from "../new-epoch.ts";
import { makeDataFolder } from "./data-lock.ts";
import { syncFolderOf, syncPath } from "./durability.ts";
import { FileWorker } from "./file-worker.ts";
import { copySegment } from "./segment-copy.ts";
import { sqliteEngine } from "./sqlite-store.ts";

export interface BackupOptions {
  readonly folder: string;
  /** The folder to make; it must not exist. */
  readonly to: string;
  /**
   * Names of the stores' files, copied in this order, each as of one moment. What others refer to comes later: subject keys
   * are durable before their first use, so a copy made after the store's has all that the store's copy needs.
   */
  readonly databases: readonly string[];
  /** Names of plain files, such as keys, that may be missing: one that comes, goes or changes meanwhile makes it `backup-invalid`. */
  readonly files?: readonly string[];
  /** The folder of segments; those that the first database has recorded are copied to the folder `cold`. */
  readonly cold?: string;
  readonly clock?: Clock;
}

export interface RestoreOptions {
  readonly from: string;
  /** Must be empty or missing. */
  readonly folder: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What a backup holds, as written in its `backup.json`. */
export interface BackupManifest {
  readonly format: 1;
  readonly madeAt: number;
  readonly databases: readonly BackedUpDatabase[];
  readonly files: readonly BackedUpFile[];
  /** In the folder `cold`; older backups say nothing of it. */
  readonly segments?: readonly BackedUpFile[];
}

export interface BackedUpFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

export interface BackedUpDatabase extends BackedUpFile {
  readonly epoch: number;
  /** Head of its log. */
  readonly position: number;
}

const MANIFEST = "backup.json";
const COLD = "cold";

/**
 * Copies stores and files while they are in use, by this process or another, checks the copies and syncs them. The target
 * appears whole or not at all, and never replaces anything (`backup-target-exists`); a copy that does not pass its check
 * is `backup-invalid`.
 */
export async function backup(options: BackupOptions): Promise<BackupManifest> {
  const { folder, to } = options;
  if (existsSync(to)) throw backupTargetExists(`${to} exists already`);
  return whole(to, async (draft) => {
    const names = (options.files ?? []).map(plain);
    const before = await Promise.all(names.map((name) => describeIfThere(join(folder, name))));
    const madeAt = (options.clock ?? systemClock).now();
    const databases: BackedUpDatabase[] = [];
    for (const name of options.databases) databases.push(await copyDatabase(join(folder, plain(name)), join(draft, name)));
    const segments = await copySegments(join(draft, plain(options.databases[0] ?? "")), options.cold ?? join(folder, COLD));
    const files: BackedUpFile[] = [];
    for (const [index, name] of names.entries()) {
      const copy = existsSync(join(folder, name)) ? await copyPlain(join(folder, name), join(draft, name)) : undefined;
      if (copy?.digest !== before[index]?.digest) throw backupInvalid(`${name} was changed while the backup was made`);
      if (copy) files.push(copy);
    }
    const manifest: BackupManifest = { format: 1, madeAt, databases, files, segments };
    await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    syncPath(join(draft, MANIFEST));
    return manifest;
  });
}

/**
 * Puts a backup into an empty folder, after checking it, and begins a new life of each log: its epoch rises above every
 * epoch of an earlier restore, so that positions of a lost future are refused. The folder appears whole or not at all.
 * Answers the backup's manifest, with the epochs that the logs have now.
 */
export async function restore(options: RestoreOptions): Promise<BackupManifest> {
  const { from, folder } = options;
  if (existsSync(folder) && (await readdir(folder)).length > 0) throw backupTargetExists(`${folder} is not empty`);
  const manifest = await verifyBackup(from);
  const epoch = newEpoch((options.clock ?? systemClock).now(), options.random ?? systemRandom());
  return whole(folder, async (draft) => {
    for (const { name } of [...manifest.databases, ...manifest.files]) await copyPlain(join(from, name), join(draft, name));
    for (const { name } of manifest.segments ?? []) {
      await makeDataFolder(join(draft, COLD));
      await copyPlain(join(from, COLD, name), join(draft, COLD, name));
    }
    for (const { name } of manifest.databases) beginNewLife(join(draft, name), epoch);
    const databases = manifest.databases.map((each) => ({ ...each, ...headOf(join(draft, each.name)) }));
    return { ...manifest, databases };
  });
}

/** Reads a backup whole: each file as the manifest says, each store sound. Throws `backup-invalid`. */
export async function verifyBackup(from: string): Promise<BackupManifest> {
  const manifest = await readManifest(from);
  for (const file of [...manifest.databases, ...manifest.files]) await checkFile(join(from, file.name), file);
  for (const file of manifest.segments ?? []) await checkFile(join(from, COLD, file.name), file);
  return manifest;
}

async function checkFile(path: string, { name, digest }: BackedUpFile): Promise<void> {
  const found = await describeIfThere(path);
  if (found?.digest !== digest) throw backupInvalid(`${name} is not the file that was backed up`);
}

async function readManifest(from: string): Promise<BackupManifest> {
  try {
    const manifest = JSON.parse(await readFile(join(from, MANIFEST), "utf8")) as BackupManifest; // written by backup
    assert(manifest.format === 1, "a backup has format 1");
    for (const { name } of [...manifest.databases, ...manifest.files, ...(manifest.segments ?? [])]) plain(name);
    return manifest;
  } catch (cause) {
    throw backupInvalid(`${from} is not a backup: ${messageOf(cause)}`, { cause });
  }
}

/** Makes `target` by filling a draft beside it and giving that its name at the end. */
async function whole<T>(target: string, fill: (draft: string) => Promise<T>): Promise<T> {
  await makeDataFolder(dirname(target));
  const draft = await mkdtemp(`${target}.partial-`);
  try {
    const result = await fill(draft);
    syncPath(draft);
    await rename(draft, target); // refused when the target has become a folder with something in it
    syncFolderOf(target);
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function copyDatabase(from: string, to: string): Promise<BackedUpDatabase> {
  const { mode } = await stat(from); // SQLite would make a missing file
  await inWorker(from, (worker) => worker.copy(to));
  await chmod(to, mode);
  syncPath(to);
  const findings = await inWorker(to, (worker) => worker.check());
  if (findings.length > 0) throw backupInvalid(`the copy of ${basename(from)} is not sound: ${findings.join("; ")}`);
  return { ...(await describeFile(to)), ...headOf(to) };
}

/** Those that the copy of a store knows. What is recorded is never changed, so they are copied after it. */
async function copySegments(file: string, cold: string): Promise<readonly BackedUpFile[]> {
  const reads = await sqliteEngine({ file, readOnly: true });
  try {
    const segments = await listSegments(reads);
    for (const segment of segments) await copySegment(segment, cold, join(dirname(file), COLD));
    return segments.map(({ from, to, bytes, digest }) => ({ name: segmentFile({ from, to }), bytes, digest }));
  } finally {
    await reads.close();
  }
}

async function inWorker<T>(file: string, task: (worker: FileWorker) => Promise<T>): Promise<T> {
  const worker = new FileWorker(file, true);
  try {
    return await task(worker);
  } finally {
    await worker.close();
  }
}

async function copyPlain(from: string, to: string): Promise<BackedUpFile> {
  await copyFile(from, to);
  syncPath(to);
  return describeFile(to);
}

async function describeIfThere(path: string): Promise<BackedUpFile | undefined> {
  return existsSync(path) ? describeFile(path) : undefined;
}

async function describeFile(path: string): Promise<BackedUpFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  const blocks = createReadStream(path) as AsyncIterable<Uint8Array>; // a stream without encoding gives bytes
  for await (const block of blocks) {
    hash.update(block);
    bytes += block.length;
  }
  return { name: basename(path), bytes, digest: hash.digest("hex") };
}

function headOf(file: string): { readonly epoch: number; readonly position: number } {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const found = db
      .prepare("SELECT (SELECT value FROM meta WHERE name = 'epoch') AS epoch, (SELECT max(position) FROM facts) AS position")
      .get();
    return { epoch: Number(found?.["epoch"]), position: Number(found?.["position"] ?? 0) };
  } finally {
    db.close();
  }
}

function beginNewLife(file: string, epoch: number): void {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA synchronous = FULL");
    db.prepare("UPDATE meta SET value = max(value + 1, ?) WHERE name = 'epoch'").run(epoch);
  } finally {
    db.close();
  }
  syncPath(file);
}

function plain(name: string): string {
  assert(name !== "" && name === basename(name) && !name.startsWith("."), "a file to back up is named without its folder");
  return name;
}
