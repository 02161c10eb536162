import { eachOf, wrong, type WrongRequest } from "../wrong-request.ts";

const PLACE = "POST /api/v1/orders";
const ORDER = '{"items":[{"productId":"teapot","quantity":1}]}';

/** Bodies and headers that are not what they should be. */
export const SYNTAX: readonly WrongRequest[] = [
  ...eachOf(["{", "{]", "{'items':[]}", "{items:[]}", `${ORDER}${ORDER}`, `${ORDER},`, "\u0000", "NaN", "undefined"], (body) =>
    wrong(`the body ${JSON.stringify(body.slice(0, 16))}`, PLACE, body, 400, "body-malformed"),
  ),
  wrong("a key twice", PLACE, '{"items":[],"items":[{"productId":"teapot","quantity":1}]}', 400, "body-malformed"),
  wrong("__proto__", PLACE, '{"__proto__":{"roles":["admin"]},"items":[]}', 400, "body-malformed"),
  wrong("100 levels", PLACE, `${"[".repeat(100)}${"]".repeat(100)}`, 413, "body-too-large"),
  wrong("two megabytes", PLACE, `"${"x".repeat(2_000_000)}"`, 413, "body-too-large"),
  wrong("a number beyond range", PLACE, '{"items":[{"productId":"teapot","quantity":1e999}]}', 400, "body-malformed"),
  wrong("half a surrogate pair", PLACE, '{"items":[{"productId":"\\ud800","quantity":1}]}', 400, "body-malformed"),
  ...eachOf(
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=latin1", "x"],
    (type) => wrong(`an order as ${type}`, PLACE, ORDER, 415, "media-type-unsupported", { headers: { "content-type": type } }),
  ),
  wrong("an order in gzip", PLACE, ORDER, 415, "media-type-unsupported", { headers: { "content-encoding": "gzip" } }),
  ...eachOf(["", " ", "a b", "k".repeat(256), "ключ"], (key) =>
    wrong(`the idempotency key "${key.slice(0, 5)}" (${key.length})`, PLACE, ORDER, 400, "header-invalid", {
      headers: { "idempotency-key": Buffer.from(key).toString("latin1") },
    }),
  ),
  ...eachOf(["1", "W/1", '"a', "x, y", '"1" x'], (tag) =>
    wrong(`If-Match: ${tag}`, "POST /api/v1/orders/{order}/cancel", { reason: "x" }, 400, "header-invalid", {
      headers: { "if-match": tag },
    }),
  ),
  wrong("a body for a read", "GET /api/v1/orders/{order}", {}, 400, "body-unexpected"),
  ...eachOf(
    ["/api/v1/orders/..%2f..%2fdata", "/api/v1//orders", "/api/v1/orders/%00", "/api/v1/./orders", "/api/v1/orders/%ff"],
    (path) => wrong(`the path ${path}`, `GET ${path}`, undefined, 400, "path-ambiguous"),
  ),
  wrong("a parameter that is none", "GET /api/v1/orders?admin=1", undefined, 400, "request-invalid"),
  wrong("a parameter twice", "GET /api/v1/orders?limit=1&limit=2", undefined, 400, "request-malformed"),
];
