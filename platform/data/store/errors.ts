import { defineError } from "@daybook/kernel/errors";

export const unitInvalid = defineError({
  code: "unit-invalid",
  advice: "The caller built a unit that the store's contract does not allow; this is a defect in the calling code.",
});

export const limitExceeded = defineError({
  code: "limit-exceeded",
  advice: "Send less at once: the message names the limit. See docs/limits.md.",
});

export const storeBusy = defineError({
  code: "store-busy",
  advice: "More is waiting than the store takes. Try again after a moment.",
  retryable: true,
});

export const storeStopped = defineError({
  code: "store-stopped",
  advice: "The store no longer accepts writes. Repair what the message names (disk, database), then restart.",
});

export const batchNotApplied = defineError({
  code: "batch-not-applied",
  advice: "The engine surely did nothing. The same unit may be committed again.",
  retryable: true,
});

export const positionFromLostFuture = defineError({
  code: "position-from-lost-future",
  advice: "The position is of a log that was replaced by a restore or a failover. Start again without it.",
});

export const positionInvalid = defineError({
  code: "position-invalid",
  advice: "Send a position exactly as it was received, or leave it out.",
});

export const storeForeignFile = defineError({
  code: "store-foreign-file",
  advice: "The file is not a Daybook store and was left as it is. Name another file or folder.",
});

export const storeNewerFormat = defineError({
  code: "store-newer-format",
  advice: "The file was written by a newer version. Start that version, or restore the backup made before the upgrade.",
});

export const storeOlderFormat = defineError({
  code: "store-older-format",
  advice: "A file opened read-only is not migrated. Start the program that owns it once, then open it again.",
});

export const storeMigrationChanged = defineError({
  code: "store-migration-changed",
  advice: "The file was made by another build of the same format. Start the build that made it, or restore a backup.",
});

export const storeCorrupt = defineError({
  code: "store-corrupt",
  advice: "The file is damaged. Keep a copy of it, check the disk, then restore the last backup.",
});

export const storeReadOnly = defineError({
  code: "store-read-only",
  advice: "The store was opened for reading only. Send the command to the process that owns the data folder.",
});

export const sqliteTooOld = defineError({
  code: "sqlite-too-old",
  advice: "Start the program with the Node version that its package.json pins; it brings a SQLite that is new enough.",
});

export const dataFolderLocked = defineError({
  code: "data-folder-locked",
  advice: "Another process owns the data. Use it through its address, stop it, or open the data read-only.",
});

export const backupTargetExists = defineError({
  code: "backup-target-exists",
  advice:
    "A backup or restore never overwrites anything. Name a folder that does not exist yet, or an empty one to restore into.",
});

export const backupInvalid = defineError({
  code: "backup-invalid",
  advice: "The backup is incomplete or was changed. Use another one.",
});

export const copyUnfinished = defineError({
  code: "copy-unfinished",
  advice:
    "Run the command that the message names again: it goes on where it ended. Or remove what is there (the folder, or both schemas) and copy anew.",
});

export const copyTargetTaken = defineError({
  code: "copy-target-taken",
  advice: "A copy goes into an empty place, or on where the same copy ended. Name another target, or remove what is there.",
});

export const copySourceMissing = defineError({
  code: "copy-source-missing",
  advice: "Name the folder or the database, with ?schema= if it has one, that holds the shop.",
});

export const copySourceInUse = defineError({
  code: "copy-source-in-use",
  advice: "Stop every program that works on the source, then try again: what a killed one held is free within 30 s.",
  retryable: true,
});

export const copySourceChanged = defineError({
  code: "copy-source-changed",
  advice: "Stop whatever writes to the source, remove what was copied (the folder, or both schemas), and copy anew.",
});

export const copyIncomplete = defineError({
  code: "copy-incomplete",
  advice: "The copy lacks records that the source has, and was not given free. Keep the source, remove the copy, and report it.",
});

export const databaseUnsuitable = defineError({
  code: "database-unsuitable",
  advice: "Change the setting that the message names, or use another PostgreSQL database.",
});

export const storeIoFailed = defineError({
  code: "store-io-failed",
  advice:
    "The file system refused: check that the folder exists, that it may be written, and that the disk is sound and not full.",
  retryable: true,
});

export const segmentUnreachable = defineError({
  code: "segment-unreachable",
  advice:
    "Put the file that the message names back, from a backup or another machine, or give this process its folder (--cold). What is not in it is read all the same.",
});

export const segmentDamaged = defineError({
  code: "segment-damaged",
  advice:
    "The file is not the one that was archived. Keep it, check the disk, and put the one of a backup in its place. What is not in it is read all the same.",
});

export const segmentTaken = defineError({
  code: "segment-taken",
  advice:
    "The folder holds a file of that name that is not of this store's log. Give each store a folder of its own (--cold); if nobody needs the file, move it away. Nothing was archived.",
});
