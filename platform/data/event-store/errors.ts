import { defineError } from "@daybook/kernel/errors";

export const unknownEventType = defineError({
  code: "unknown-event-type",
  advice:
    "The log holds events of a program that this one does not know. Start the version that wrote them, or register the type.",
});

export const commitUnknown = defineError({
  code: "commit-unknown",
  advice: "Whether it happened is not known yet. Send the same request with the same key again.",
  retryable: true,
});

export const sealBrokenRange = defineError({
  code: "log-changed-after-sealing",
  advice: "Records were changed outside Daybook. Keep the file, restore from a backup and compare.",
});

export const subjectErased = defineError({
  code: "subject-erased",
  advice: "This person's data was erased for ever. Register the person anew, under a new id.",
});

export const masterKeyWrong = defineError({
  code: "master-key-wrong",
  advice: "The keys were wrapped under another master key, or were changed. Bring back the key file that belongs to them.",
});

export const masterKeyBusy = defineError({
  code: "master-key-busy",
  advice: "Wait until the other process has exchanged the master key, or half a minute when it died; then run it again.",
  retryable: true,
});

export const keyFileInvalid = defineError({
  code: "key-file-invalid",
  advice: "Restore the key file from its backup, or give it back its owner and mode 600. Never make a new one for existing data.",
});

export const parkedEventUnknown = defineError({
  code: "parked-event-unknown",
  advice: "List the parked events of the subscription again: this one was handled, dropped or changed meanwhile.",
});

export const archiveBusy = defineError({
  code: "archive-busy",
  advice: "Another process archives old facts. Wait until it has, or half a minute when it died; then run it again.",
  retryable: true,
});
