import { join, resolve } from "node:path";
import { backup, restore, verifyBackup, type BackupManifest } from "@daybook/data/store/sqlite/backup";
import { noShopHere } from "@daybook/shop/errors";
import { FILES } from "@daybook/shop/shop";
import { holdsShop } from "../connection/folder.ts";
import { usageInvalid } from "../errors.ts";
import { confirm } from "../shell/confirm.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument, type Fields } from "../shell/output.ts";

export const backupCommand: Command = {
  noun: "backup",
  summary: "Copy a data folder while it is in use, checked and synced",
  details:
    "The folder named by --to appears whole or not at all. It holds the keys, too: whoever has it can read everything.\n" +
    "A store on PostgreSQL is backed up with PostgreSQL's own tools.",
  flags: [{ name: "to", value: "DIR", summary: "The folder to make" }, FLAGS.data, FLAGS.cold, ...OUTPUT],
  examples: ["daybook backup --data ./data --to ./backups/today"],
  run: backUp,
};

async function backUp(invocation: Invocation): Promise<void> {
  const { flags, settings, clock } = invocation;
  const to = flags.text("to");
  if (to === undefined) throw usageInvalid("backup needs --to DIR");
  if (settings.store !== "sqlite") throw usageInvalid("backup copies the folder of a SQLite store; use pg_dump for PostgreSQL");
  const folder = resolve(settings.data);
  if (!holdsShop(folder)) throw noShopHere(`${folder} holds no shop`);
  const cold = resolve(settings.cold ?? join(folder, FILES.cold));
  const files = [FILES.masterKey, FILES.nextMasterKey, FILES.developmentKey];
  // The store first: subject keys are durable before their first use, so the later copy has all that the store's copy needs.
  const manifest = await backup({ folder, to: resolve(to), databases: [FILES.store, FILES.keys], files, cold, clock });
  printDocument(invocation, documentOf(manifest, { folder, to: resolve(to) }));
}

export const restoreCommand: Command = {
  noun: "restore",
  summary: "Make a data folder from a backup, and begin a new life of its log",
  details:
    "Only into a folder that is empty or missing. Positions that were handed out after the backup are refused from then on.",
  flags: [
    { name: "from", value: "DIR", summary: "The backup's folder" },
    FLAGS.data,
    FLAGS.yes,
    FLAGS.noInput,
    FLAGS.dryRun,
    ...OUTPUT,
  ],
  examples: ["daybook restore --from ./backups/today --data ./data --yes"],
  run: restoreFolder,
};

async function restoreFolder(invocation: Invocation): Promise<void> {
  const { flags, settings, clock } = invocation;
  const from = flags.text("from");
  if (from === undefined) throw usageInvalid("restore needs --from DIR");
  const folder = resolve(settings.data);
  if (flags.isSet("dry-run")) {
    const manifest = await verifyBackup(resolve(from));
    printDocument(invocation, documentOf(manifest, { dryRun: true, from: resolve(from), folder }));
    return;
  }
  await confirm(invocation, `Make ${folder} from the backup ${resolve(from)}?`);
  const manifest = await restore({ from: resolve(from), folder, clock });
  printDocument(invocation, documentOf(manifest, { from: resolve(from), folder }));
}

function documentOf({ madeAt, databases, files, segments = [] }: BackupManifest, more: Fields): Fields {
  return {
    ...more,
    madeAt: Temporal.Instant.fromEpochMilliseconds(madeAt).toString(),
    databases: databases.map(({ name, bytes, epoch, position }) => ({ name, bytes, epoch, position })),
    files: files.map(({ name, bytes }) => ({ name, bytes })),
    segments: segments.map(({ name, bytes }) => ({ name, bytes })),
  };
}
