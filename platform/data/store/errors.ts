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
  advice: "The position is of a log that was replaced by a restore. Start again without it.",
});

export const positionInvalid = defineError({
  code: "position-invalid",
  advice: "Send a position exactly as it was received, or leave it out.",
});
