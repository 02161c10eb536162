import { chmodSync, existsSync, renameSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { segmentFile, type Segment } from "../archive/segment.ts";
import { segmentDamaged, segmentTaken } from "../errors.ts";
import { makeDataFolder } from "./data-lock.ts";
import { syncFolderOf, syncPath } from "./durability.ts";
import { DRAFT, segmentFolder } from "./segment-folder.ts";

/**
 * Copies the file of a segment from one folder to another, where it appears whole, durable, and as it was recorded. One that is
 * there already is not copied again. Rejects with `segment-unreachable`, `segment-damaged`,
 * and `segment-taken` when another file has its name.
 */
export async function copySegment(
  segment: Pick<Segment, "from" | "to" | "bytes" | "digest">,
  from: string,
  to: string,
): Promise<void> {
  const file = segmentFile(segment);
  const [source, target] = [segmentFolder(from), segmentFolder(to)];
  const isSame = async (name: string) => (await target.describe(name)).digest === segment.digest;
  if (existsSync(join(to, file))) {
    if (await isSame(file)) return;
    throw segmentTaken(`${join(to, file)} is another file`);
  }
  await source.describe(file); // says what is wrong with it
  await makeDataFolder(to);
  const draft = `${file}${DRAFT}`;
  await copyFile(join(from, file), join(to, draft));
  if (!(await isSame(draft))) throw segmentDamaged(`${join(from, file)} is not what was recorded`);
  chmodSync(join(to, draft), 0o400);
  syncPath(join(to, draft));
  renameSync(join(to, draft), join(to, file));
  syncFolderOf(join(to, file));
}
