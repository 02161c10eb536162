import { defineError } from "@daybook/kernel/errors";

export const returnBlocked = defineError({
  code: "return-blocked",
  advice: "A context refuses what a return needs to be completed. Look at its state; the step is tried again until then.",
  retryable: true,
});
