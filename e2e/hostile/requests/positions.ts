import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const TOKENS = ["x", "p1", "p1-", "p1--1", "p-1-1", "p1-1.5", "p1-99999999999999999999", "1-1"] as const;

/** Positions that this shop never gave out. */
export const POSITIONS: readonly WrongRequest[] = [
  ...eachOf(TOKENS, (token) =>
    wrong(`the log after ${token}`, `GET /api/v1/log?after=${token}`, undefined, 400, "position-invalid"),
  ),
  wrong("the log after a NUL", "GET /api/v1/log?after=p1-1%00", undefined, 400, "request-malformed"),
  wrong("the log after a position of another life", "GET /api/v1/log?after=p9-1", undefined, 409, "position-from-lost-future"),
  ...eachOf(["x", "p1-", "7"], (token) =>
    wrong(`an order at least at ${token}`, `GET /api/v1/orders/{order}?atLeast=${token}`, undefined, 400, "position-invalid"),
  ),
  wrong(
    "an order at a position of another life",
    "GET /api/v1/orders/{order}?atLeast=p9-1",
    undefined,
    409,
    "position-from-lost-future",
  ),
  wrong("a last event that is no position", "GET /api/v1/orders/{order}/events", undefined, 400, "position-invalid", {
    headers: { "last-event-id": "yesterday" },
  }),
  wrong("a last event of another life", "GET /api/v1/orders/{order}/events", undefined, 409, "position-from-lost-future", {
    headers: { "last-event-id": "p9-1" },
  }),
  wrong("a stream from nothing", "GET /api/v1/streams/order-{order}?from=0", undefined, 400, "request-invalid"),
  wrong("a stream that is not there", "GET /api/v1/streams/order-none", undefined, 404, "not-found"),
  wrong("a stream, by a customer", "GET /api/v1/streams/order-{order}", undefined, 403, "forbidden", { as: "ada" }),
  wrong("the log, by nobody", "GET /api/v1/log", undefined, 401, "unauthenticated", { as: "nobody" }),
];
