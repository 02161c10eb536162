import { defineError } from "@daybook/kernel/errors";

export const engineUnavailable = defineError({
  code: "engine-unavailable",
  advice: "Read what the engine's log says, install the program by hand, or run as a user who may install it.",
});

export const engineCommandInvalid = defineError({
  code: "engine-command-invalid",
  advice: "npm run engines -- up <engine> | down [engine] | status [--json]",
});
