import { defineError } from "@daybook/kernel/errors";

export const channelUnavailable = defineError({
  code: "channel-unavailable",
  advice: "The mail server, or whoever takes the web hook, does not answer, or says that it cannot. It is tried again.",
  retryable: true,
});

export const notificationRefused = defineError({
  code: "notification-refused",
  advice: "Whoever takes the notification refuses it for good. Look at the address and the channel's settings, then redrive it.",
});
