import { defineError } from "@daybook/kernel/errors";

export const unknownEventType = defineError({
  code: "unknown-event-type",
  advice: "The log holds events of a program that this one does not know. Start the version that wrote them, or register the type.",
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
