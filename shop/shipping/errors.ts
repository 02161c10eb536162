import { defineError } from "@daybook/kernel/errors";

export const carrierUnavailable = defineError({
  code: "carrier-unavailable",
  advice: "The carrier does not answer, or says that it cannot. The same request under the same key may be sent again.",
  retryable: true,
});

export const carrierRefused = defineError({
  code: "carrier-refused",
  advice: "The carrier does not understand the request. Check its address, its version and the integration's settings.",
});
