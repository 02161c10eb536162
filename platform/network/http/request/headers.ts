import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import {
  bodyUnexpected,
  headerAmbiguous,
  headerInvalid,
  headersTooLarge,
  mediaTypeUnsupported,
  requestMalformed,
} from "../errors.ts";

const HEADERS_MAX = 100;

/** Headers that mean one thing: sent twice, two readers could take different ones. */
const SINGLE = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "daybook-at-least",
  "expect",
  "host",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "last-event-id",
  "traceparent",
  "transfer-encoding",
]);
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const JSON_IN_UTF_8 = /^application\/json\s*(?:;\s*charset\s*=\s*("?)utf-8\1\s*)?$/i;
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,1024}=*)$/i;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Refuses ambiguous or malformed headers; what node's parser refuses never comes here. */
export function checkHeaders(request: IncomingMessage): void {
  const { headers, rawHeaders, httpVersion } = request;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw requestMalformed(`HTTP/${httpVersion} is not served here`);
  if (rawHeaders.length > 2 * HEADERS_MAX) throw headersTooLarge(`there are more than ${HEADERS_MAX} headers`);
  // Node joins or drops repeated headers: equal counts mean that there are none.
  if (rawHeaders.length !== 2 * Object.keys(headers).length) checkRepeated(rawHeaders);
  if (headers.host === undefined ? httpVersion === "1.1" : !HOST.test(headers.host)) {
    throw requestMalformed("the Host header is missing or malformed");
  }
  const coding = headers["transfer-encoding"];
  if (coding === undefined) return;
  if (coding.toLowerCase() !== "chunked" || httpVersion !== "1.1" || headers["content-length"] !== undefined) {
    throw requestMalformed("the framing of the body is ambiguous");
  }
}

function checkRepeated(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    if (seen.has(name) && SINGLE.has(name)) throw headerAmbiguous(`the header ${name} is sent more than once`);
    seen.add(name);
  }
}

/** Whether a body follows the headers. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Refuses a body where none belongs, and every form but plain JSON in UTF-8. */
export function checkBodyHeaders(headers: IncomingHttpHeaders, takesBody: boolean): void {
  if (!hasBody(headers)) return;
  if (!takesBody) throw bodyUnexpected("this operation takes no body");
  if (!JSON_IN_UTF_8.test(headers["content-type"] ?? "")) {
    throw mediaTypeUnsupported("the Content-Type is not application/json in UTF-8");
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw mediaTypeUnsupported("the body has a content encoding");
  }
}

/** The bearer token; undefined when there is none, or another scheme. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return headers.authorization === undefined ? undefined : BEARER.exec(headers.authorization)?.[1];
}

/** The `Idempotency-Key`: 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !IDEMPOTENCY_KEY.test(key)) {
    throw headerInvalid("Idempotency-Key is not 1 to 255 visible ASCII characters");
  }
  return key;
}
