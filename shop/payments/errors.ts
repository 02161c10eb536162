import { defineError } from "@daybook/kernel/errors";

export const providerUnavailable = defineError({
  code: "provider-unavailable",
  advice: "The card provider does not answer, or says that it cannot. The same request under the same key may be sent again.",
  retryable: true,
});

export const providerRefused = defineError({
  code: "provider-refused",
  advice: "The card provider does not understand the request. Check its address, its version and the integration's settings.",
});
