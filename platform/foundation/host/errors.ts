import { defineError } from "@daybook/kernel/errors";

export const startFailed = defineError({
  code: "start-failed",
  advice: "Repair what the cause names, then start again.",
});

export const stopIncomplete = defineError({
  code: "stop-incomplete",
  advice: "A part did not stop in time. What it had acknowledged is durable; what it was doing is continued at the next start.",
});
