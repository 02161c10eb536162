import { defineError } from "@daybook/kernel/errors";

export const unknownHandler = defineError({
  code: "unknown-operation",
  advice: "Nothing in this process handles this command or query. Check its name, and the roles that this process runs.",
});

export const inputInvalid = defineError({
  code: "input-invalid",
  advice: "Correct the fields that the answer lists, then send it again.",
});

export const contention = defineError({
  code: "contention",
  advice: "Others change the same thing all the time. Try again after a moment.",
  retryable: true,
});

export const requestInProgress = defineError({
  code: "request-in-progress",
  advice: "The first request with this idempotency key is still under way. Send it again after a moment.",
  retryable: true,
});

export const projectionMoved = defineError({
  code: "projection-moved",
  advice: "Another process went on applying events while the two generations were compared. Compare again.",
  retryable: true,
});

export const rebuildAbandoned = defineError({
  code: "rebuild-abandoned",
  advice:
    "This rebuild was given up or replaced by one of another version. Look at the projection's status, then start a new one.",
});
