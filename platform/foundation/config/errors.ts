import { defineError } from "@daybook/kernel/errors";

export const configInvalid = defineError({
  code: "config-invalid",
  advice: "Correct the settings that the message names: each with the place that it came from.",
});
