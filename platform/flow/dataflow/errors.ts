import { defineError } from "@daybook/kernel/errors";

export const stageFailed = defineError({
  code: "stage-failed",
  advice: "The cause says what went wrong with the item that the message names. What was finished before stays.",
});
