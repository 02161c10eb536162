import { defineError } from "@daybook/kernel/errors";

export const requestMalformed = defineError({
  code: "request-malformed",
  advice: "Send a request that follows HTTP/1.1 to the letter: one Host, one framing of the body, no control characters.",
});

export const pathAmbiguous = defineError({
  code: "path-ambiguous",
  advice: "Send the path in its one form: no empty or dot segments, no encoded slashes, escapes in UTF-8.",
});

export const headerAmbiguous = defineError({
  code: "header-ambiguous",
  advice: "Send the header once.",
});

export const headerInvalid = defineError({
  code: "header-invalid",
  advice: "Correct the header that the message names, or leave it out.",
});

export const headersTooLarge = defineError({
  code: "headers-too-large",
  advice: "Send fewer or shorter headers: at most 100, 16 KiB in all.",
});

export const bodyUnexpected = defineError({
  code: "body-unexpected",
  advice: "This operation takes no body. Send the request without one.",
});

export const bodyMalformed = defineError({
  code: "body-malformed",
  advice: "Send one JSON document in UTF-8, each key once in its object.",
});

export const bodyTooLarge = defineError({
  code: "body-too-large",
  advice: "Send less at once: the message names the limit.",
});

export const targetTooLong = defineError({
  code: "target-too-long",
  advice: "Send a shorter path and query.",
});

export const mediaTypeUnsupported = defineError({
  code: "media-type-unsupported",
  advice: "Send the body as application/json in UTF-8, without content encoding.",
});

export const expectationFailed = defineError({
  code: "expectation-failed",
  advice: "Send the request without the Expect header.",
});

export const requestTimeout = defineError({
  code: "request-timeout",
  advice: "The request did not arrive completely in time. Send it again, at once.",
  retryable: true,
});

export const requestInvalid = defineError({
  code: "request-invalid",
  advice: "Correct the fields that the answer lists, then send it again.",
});

export const cursorInvalid = defineError({
  code: "cursor-invalid",
  advice: "Send a cursor exactly as it was received, with the same query, or start again without it.",
});

export const unauthenticated = defineError({
  code: "unauthenticated",
  advice: "Send a valid token: Authorization: Bearer <token>.",
});

export const forbidden = defineError({
  code: "forbidden",
  advice: "Ask with a role that may do this.",
});

export const notFound = defineError({
  code: "not-found",
  advice: "Check the path and the id.",
});

export const methodNotAllowed = defineError({
  code: "method-not-allowed",
  advice: "Use one of the methods that the Allow header lists.",
});

export const versionMismatch = defineError({
  code: "version-mismatch",
  advice: "It changed since you read it. Read it again, decide again, send the new version in If-Match.",
});

export const webhookUntrusted = defineError({
  code: "webhook-untrusted",
  advice: "Sign the web hook with the secret that both sides know, and send it within five minutes (Standard Webhooks).",
});

export const idempotencyKeyReused = defineError({
  code: "idempotency-key-reused",
  advice: "The key was used for another request. Take a new key for a new request.",
});

export const preconditionRequired = defineError({
  code: "precondition-required",
  advice: "Send If-Match with the ETag that you have read.",
});

export const rateLimited = defineError({
  code: "rate-limited",
  advice: "Wait as long as Retry-After says.",
  retryable: true,
});

export const positionNotReached = defineError({
  code: "position-not-reached",
  advice: "The read model is behind the position that you asked for. Try again after a moment.",
  retryable: true,
});

export const serverStopping = defineError({
  code: "server-stopping",
  advice: "The process is stopping. Send the request again: another process takes it.",
  retryable: true,
});

export const deadlineExceeded = defineError({
  code: "deadline-exceeded",
  advice: "The answer was not there in time; what was asked may still happen. Send it again with the same idempotency key.",
  retryable: true,
});

export const internalError = defineError({
  code: "internal-error",
  advice: "A defect. Report the trace id; the log has the details under it.",
});

export const partnerUnavailable = defineError({
  code: "partner-unavailable",
  advice: "A partner outside does not answer, or says that it cannot. The same request under the same key may be sent again.",
  retryable: true,
});
