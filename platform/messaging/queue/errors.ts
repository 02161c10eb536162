import { defineError } from "@daybook/kernel/errors";

export const queueFull = defineError({
  code: "queue-full",
  advice: "The queue holds as many messages as its settings allow. Send again later, add consumers, or raise `sizeMax`.",
  retryable: true,
});

export const messageTooLarge = defineError({
  code: "message-too-large",
  advice: "Keep what is large elsewhere and send where it is.",
});

export const messageUnreadable = defineError({
  code: "message-unreadable",
  advice: "The message is not in the form that its queue has. Edit the dead letter and redrive it, or discard it.",
});

export const messageExpired = defineError({
  code: "message-expired",
  advice: "The message was not delivered before its time was over. Redrive it when it still matters; it then has no end.",
});

export const deliveriesUsedUp = defineError({
  code: "deliveries-used-up",
  advice: "Each consumer that took the message was not heard of again. Look for what ends them, then redrive it.",
});

export const effectsRefused = defineError({
  code: "effects-refused",
  advice: "What the handler had read was changed before its effects were committed: nothing of them happened. It is tried again.",
  retryable: true,
});

export const deadLetterUnknown = defineError({
  code: "dead-letter-unknown",
  advice: "It was redriven, discarded or removed after its time. List the dead letters again.",
});
