import { defineError } from "@daybook/kernel/errors";

export const logInBusy = defineError({
  code: "log-in-busy",
  advice: "Too many log in or register at once. Try again after a moment.",
  retryable: true,
});
