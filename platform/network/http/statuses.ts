/**
 * The error table of the HTTP edge, once: code → status. What is not in it (and not in the program's own part) is a
 * 500 without details.
 */
export type StatusTable = Readonly<Record<string, number>>;

export const STATUSES: StatusTable = {
  // The request's form.
  "request-malformed": 400,
  "path-ambiguous": 400,
  "header-ambiguous": 400,
  "header-invalid": 400,
  "body-unexpected": 400,
  "body-malformed": 400,
  "request-invalid": 400,
  "input-invalid": 400,
  "cursor-invalid": 400,
  "position-invalid": 400,
  "invalid-amount": 400,
  "request-timeout": 408,
  "body-too-large": 413,
  "limit-exceeded": 413,
  "target-too-long": 414,
  "media-type-unsupported": 415,
  "expectation-failed": 417,
  "headers-too-large": 431,
  // Who asks.
  unauthenticated: 401,
  "webhook-untrusted": 401,
  forbidden: 403,
  // What is asked for.
  "not-found": 404,
  "unknown-operation": 404,
  "method-not-allowed": 405,
  "request-in-progress": 409,
  contention: 409,
  "position-from-lost-future": 409,
  "version-mismatch": 412,
  "idempotency-key-reused": 422,
  "precondition-required": 428,
  // Not now.
  "rate-limited": 429,
  "position-not-reached": 503,
  "store-busy": 503,
  "store-stopped": 503,
  "store-read-only": 503,
  "store-io-failed": 503,
  "batch-not-applied": 503,
  "commit-unknown": 503,
  "partner-unavailable": 503,
  "retry-deferred": 503,
  "server-stopping": 503,
  "deadline-exceeded": 504,
  "segment-unreachable": 503,
  "segment-damaged": 500,
  "store-corrupt": 500,
  "internal-error": 500,
};
