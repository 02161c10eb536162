import { defineError } from "@daybook/kernel/errors";

export const contractUnknown = defineError({
  code: "contract-unknown",
  advice: "Nothing here serves this contract. Check which roles and contexts the process runs.",
  retryable: true,
});

export const callInvalid = defineError({
  code: "call-invalid",
  advice: "Caller and callee do not agree on the contract. Check which versions of them run.",
});

export const callTooLate = defineError({
  code: "call-too-late",
  advice: "The caller's deadline had passed before the call began: nothing was done.",
  retryable: true,
});

export const calleeFailed = defineError({
  code: "callee-failed",
  advice: "The callee failed unexpectedly; its log has the details. The same call under the same key may be made again.",
  retryable: true,
});
