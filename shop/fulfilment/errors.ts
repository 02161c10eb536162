import { defineError } from "@daybook/kernel/errors";

export const undoRefused = defineError({
  code: "undo-refused",
  advice:
    "A context refuses what the order needs to be finished or undone. Look at its state; the step is tried again until then.",
  retryable: true,
});
