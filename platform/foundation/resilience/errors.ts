import { defineError } from "@daybook/kernel/errors";

export const attemptTimeout = defineError({
  code: "attempt-timeout",
  advice:
    "The attempt took longer than its policy allows; what it does late is refused. It is tried again while the policy says so.",
  retryable: true,
});

export const attemptCancelled = defineError({
  code: "attempt-cancelled",
  advice: "Who asked for it has left or is stopping. Ask again when the result is still wanted.",
});

export const retryDeferred = defineError({
  code: "retry-deferred",
  advice:
    "What is called has failed lately, and whoever tries again takes turns. Nothing was sent: wait for the turn that was given.",
  retryable: true,
});

export const circuitOpen = defineError({
  code: "circuit-open",
  advice:
    "What is called has failed again and again and is left alone for a while. Try again later; look at its health meanwhile.",
  retryable: true,
});
