import { defineError } from "@daybook/kernel/errors";

export const benchCommandInvalid = defineError({
  code: "bench-command-invalid",
  advice: "npm run bench -- NAME [--json] [--rounds N] [--store sqlite|postgres]",
});

export const benchFailed = defineError({
  code: "bench-failed",
  advice: "Read the reason; a row that fails does not stop the others.",
});
