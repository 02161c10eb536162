import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { jsonAnswer, type Route } from "./route.ts";
import { KEEPER_TOKEN, READER_TOKEN, sampleServer, sendRaw } from "./sample-server.ts";

interface Hostile {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly status: number;
  readonly code: string;
}

const KEEPER = `Authorization: Bearer ${KEEPER_TOKEN}`;
const JSON_HEADER = "Content-Type: application/json";

const HOSTILE: readonly Hostile[] = [
  // Framing
  refused("bytes that are not HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "request-malformed"),
  refused("a request line without version", "GET /livez\r\n\r\n", 400, "request-malformed"),
  refused("HTTP/2.0 in the request line", request("GET /livez HTTP/2.0"), 400, "request-malformed"),
  refused("an unknown method", request("FETCH /livez HTTP/1.1"), 400, "request-malformed"),
  refused("CONNECT", request("CONNECT example.com:443 HTTP/1.1"), 400, "request-malformed"),
  refused("a header without colon", request("GET /livez HTTP/1.1", "Broken"), 400, "request-malformed"),
  refused("a space before the colon", request("GET /livez HTTP/1.1", "X-A : 1"), 400, "request-malformed"),
  refused("a NUL in a header", request("GET /livez HTTP/1.1", "X-A: a\0b"), 400, "request-malformed"),
  refused("a bare carriage return in a header", request("GET /livez HTTP/1.1", "X-A: a\rb"), 400, "request-malformed"),
  refused("no Host", "GET /livez HTTP/1.1\r\n\r\n", 400, "request-malformed"),
  refused("a Host with a path", "GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "request-malformed"),
  refused("a Host with a user", "GET /livez HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "request-malformed"),
  refused("two Hosts", request("GET /livez HTTP/1.1", "Host: b"), 400, "header-ambiguous"),
  refused("length and chunks", post("{}", "Content-Length: 2", "Transfer-Encoding: chunked"), 400, "request-malformed"),
  refused("two lengths", post("{}", "Content-Length: 2", "Content-Length: 3"), 400, "request-malformed"),
  refused("a negative length", post("{}", "Content-Length: -1"), 400, "request-malformed"),
  refused("a length in hex", post("{}", "Content-Length: 0x2"), 400, "request-malformed"),
  refused("a length with a plus", post("{}", "Content-Length: +2"), 400, "request-malformed"),
  refused("a coding before chunked", post("0\r\n\r\n", "Transfer-Encoding: gzip, chunked"), 400, "request-malformed"),
  refused("a coding that is not chunked", post("{}", "Transfer-Encoding: identity"), 400, "request-malformed"),
  refused(
    "a broken chunk size",
    post("zz\r\n{}\r\n0\r\n\r\n", JSON_HEADER, "Transfer-Encoding: chunked"),
    400,
    "request-malformed",
  ),
  refused("an unknown expectation", request("GET /livez HTTP/1.1", "Expect: miracles"), 417, "expectation-failed"),
  refused("headers of 20 KiB", request("GET /livez HTTP/1.1", `X-A: ${"a".repeat(20_000)}`), 431, "headers-too-large"),
  refused("150 headers", request("GET /livez HTTP/1.1", ...many(150)), 431, "headers-too-large"),
  // Targets
  refused("a target of 10,000 characters", request(`GET /${"a".repeat(10_000)} HTTP/1.1`), 414, "target-too-long"),
  refused("an absolute target", request("GET http://a/livez HTTP/1.1"), 400, "request-malformed"),
  refused("a target that is a star", request("OPTIONS * HTTP/1.1"), 400, "request-malformed"),
  refused("a fragment", request("GET /livez#a HTTP/1.1"), 400, "request-malformed"),
  refused("a backslash", request("GET /notes\\1 HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("an encoded slash", request("GET /notes%2f1 HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("an encoded backslash", request("GET /notes/%5C1 HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("an encoded NUL", request("GET /notes/1%00 HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("an encoded line break", request("GET /notes/1%0d%0aX HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("a dot segment", request("GET /notes/../livez HTTP/1.1"), 400, "path-ambiguous"),
  refused("an encoded dot segment", request("GET /notes/%2e%2E/livez HTTP/1.1"), 400, "path-ambiguous"),
  refused("a dot segment encoded twice", request("GET /notes/%252e%252e/livez HTTP/1.1"), 400, "path-ambiguous"),
  refused("a double slash", request("GET //livez HTTP/1.1"), 400, "path-ambiguous"),
  refused("two slashes at the end", request("GET /livez// HTTP/1.1"), 400, "path-ambiguous"),
  refused("an escape that is not UTF-8", request("GET /notes/%ff HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("an overlong escape", request("GET /notes/%c0%af HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("a broken escape", request("GET /notes/%zz HTTP/1.1", KEEPER), 400, "path-ambiguous"),
  refused("a broken escape in the query", request("GET /notes/search?q=%ff HTTP/1.1", KEEPER), 400, "request-malformed"),
  refused("a parameter twice", request("GET /notes/search?q=a&q=b HTTP/1.1", KEEPER), 400, "request-malformed"),
  refused("an unknown parameter", request("GET /notes/search?isAdmin=1 HTTP/1.1", KEEPER), 400, "request-invalid"),
  refused("a limit that is too large", request("GET /notes/search?limit=1e9 HTTP/1.1", KEEPER), 400, "request-invalid"),
  refused("a prototype as parameter", request("GET /notes/search?__proto__=1 HTTP/1.1", KEEPER), 400, "request-invalid"),
  // Identity
  refused("no token", request("GET /notes/1 HTTP/1.1"), 401, "unauthenticated"),
  refused("an unknown token", request("GET /notes/1 HTTP/1.1", "Authorization: Bearer dbk_other"), 401, "unauthenticated"),
  refused("another scheme", request("GET /notes/1 HTTP/1.1", "Authorization: Basic a2VlcGVy"), 401, "unauthenticated"),
  refused(
    "identity in other headers",
    request("GET /notes/1 HTTP/1.1", "X-User: usr_keeper", "X-Roles: keeper"),
    401,
    "unauthenticated",
  ),
  refused("two Authorizations", request("GET /notes/1 HTTP/1.1", KEEPER, KEEPER), 400, "header-ambiguous"),
  refused("a role that may not", postAs(READER_TOKEN, '{"text":"a"}'), 403, "forbidden"),
  refused("an unknown path without identity", request("GET /admin HTTP/1.1"), 401, "unauthenticated"),
  refused("an unknown path with identity", request("GET /admin HTTP/1.1", KEEPER), 404, "not-found"),
  refused("a prefix of a route", request("GET /note HTTP/1.1", KEEPER), 404, "not-found"),
  refused("a path in another case", request("GET /NOTES/1 HTTP/1.1", KEEPER), 404, "not-found"),
  refused("a wrong method without identity", request("DELETE /notes/1 HTTP/1.1"), 401, "unauthenticated"),
  refused("a wrong method with identity", request("DELETE /notes/1 HTTP/1.1", KEEPER), 405, "method-not-allowed"),
  refused("a rare method", request("PROPFIND /notes/1 HTTP/1.1", KEEPER), 405, "method-not-allowed"),
  refused("a static path's missing method", request("PUT /notes/search HTTP/1.1", KEEPER), 405, "method-not-allowed"),
  // Headers with a meaning
  refused("an empty idempotency key", write('{"text":"a"}', "Idempotency-Key:"), 400, "header-invalid"),
  refused("an idempotency key of 256", write('{"text":"a"}', `Idempotency-Key: ${"k".repeat(256)}`), 400, "header-invalid"),
  refused("an idempotency key with a space", write('{"text":"a"}', "Idempotency-Key: a b"), 400, "header-invalid"),
  refused("two idempotency keys", write('{"text":"a"}', "Idempotency-Key: a", "Idempotency-Key: b"), 400, "header-ambiguous"),
  refused("no If-Match where it is needed", replace(), 428, "precondition-required"),
  refused("a bare word in If-Match", replace("If-Match: 3"), 400, "header-invalid"),
  refused("a list in If-Match", replace('If-Match: "3", "4"'), 400, "header-invalid"),
  refused("a weak tag in If-Match", replace('If-Match: W/"3"'), 412, "version-mismatch"),
  refused("a foreign tag in If-Match", replace('If-Match: "abc"'), 412, "version-mismatch"),
  refused("a foreign tag that begins with a version", replace('If-Match: "3-x"'), 412, "version-mismatch"),
  // Bodies
  refused("a body for a GET", request("GET /notes/1 HTTP/1.1", KEEPER, "Content-Length: 2") + "{}", 400, "body-unexpected"),
  refused("no content type", post('{"text":"a"}', "Content-Length: 12"), 415, "media-type-unsupported"),
  refused("a form", write("text=a", "Content-Type: application/x-www-form-urlencoded"), 415, "media-type-unsupported"),
  refused("another charset", write('{"text":"a"}', `${JSON_HEADER}; charset=utf-16`), 415, "media-type-unsupported"),
  refused("two content types", write('{"text":"a"}', JSON_HEADER, "Content-Type: text/plain"), 400, "header-ambiguous"),
  refused("a content encoding", write('{"text":"a"}', "Content-Encoding: gzip"), 415, "media-type-unsupported"),
  refused("no body", write(""), 400, "request-invalid"),
  refused("a broken document", write('{"text":'), 400, "body-malformed"),
  refused("two documents", write('{"text":"a"}{"text":"b"}'), 400, "body-malformed"),
  refused("a byte order mark", write('\ufeff{"text":"a"}'), 400, "body-malformed"),
  refused("bytes that are not UTF-8", writeBytes(Buffer.from('{"text":"\xff"}', "latin1")), 400, "body-malformed"),
  refused("half a surrogate pair", write('{"text":"\\ud800"}'), 400, "body-malformed"),
  refused("a key twice", write('{"text":"a","text":"b"}'), 400, "body-malformed"),
  refused("a key twice, once escaped", write('{"text":"a","te\\u0078t":"b"}'), 400, "body-malformed"),
  refused("__proto__", write('{"text":"a","__proto__":{"isAdmin":true}}'), 400, "body-malformed"),
  refused("__proto__, escaped", write('{"text":"a","\\u005f_proto__":{}}'), 400, "body-malformed"),
  refused("constructor", write('{"text":"a","constructor":{"prototype":{}}}'), 400, "request-invalid"),
  refused("an unknown field", write('{"text":"a","isAdmin":true}'), 400, "request-invalid"),
  refused("a number beyond range", write('{"text":1e999}'), 400, "body-malformed"),
  refused("100 levels", write("[".repeat(100) + "]".repeat(100)), 413, "body-too-large"),
  refused("100,000 levels", write("[".repeat(100_000) + "]".repeat(100_000)), 413, "body-too-large"),
  refused("60,000 values", write(`[${"1,".repeat(60_000)}1]`), 413, "body-too-large"),
  refused("a body above the limit", write(`{"text":"${"a".repeat(1_100_000)}"}`), 413, "body-too-large"),
  refused("chunks above the limit", chunked("a".repeat(1_100_000)), 413, "body-too-large"),
  refused("a list instead of an object", write("[]"), 400, "request-invalid"),
];

describe("hostile requests are refused as problems, and the server goes on", () => {
  const server = sampleServer();
  let url = "";
  before(async () => {
    url = await server.listen(0);
  });
  after(() => server.close());

  for (const { name, bytes, status, code } of HOSTILE) {
    test(`${name}: ${status} ${code}`, async () => {
      const answer = await sendRaw(url, bytes);
      assert.equal(answer.status, status, answer.head + answer.body);
      assert.match(answer.head, /content-type: application\/problem\+json/i);
      const problem = JSON.parse(answer.body);
      assert.equal(problem.code, code);
      assert.equal(problem.status, status);
      assert.match(problem.traceId, /^[0-9a-f]{32}$/);
      assert.doesNotMatch(answer.body, /node_modules|\.ts:|at .*\(/);
      assert.equal((await fetch(`${url}/livez`)).status, 200);
    });
  }

  test("a second request hidden in a refused one is never served", async () => {
    const smuggled = post(
      `0\r\n\r\n${request("GET /notes/1 HTTP/1.1", KEEPER)}`,
      "Content-Length: 4",
      "Transfer-Encoding: chunked",
    );
    const answer = await sendRaw(url, smuggled);
    assert.equal(answer.status, 400);
    assert.match(answer.head, /connection: close/i);
  });

  test("garbage after a request under way does not become its answer", async () => {
    const slow = sampleServer({}, [waiting]);
    const base = await slow.listen(0);
    const answer = await sendRaw(base, `${request("GET /waiting HTTP/1.1")}\x16\x03\r\n\r\n`);
    assert.equal(answer.status, 0, "the connection is cut: the outcome is unknown");
    assert.equal((await fetch(`${base}/livez`)).status, 200);
    await slow.close();
  });

  test("a client that sends its headers too slowly gets 408", async () => {
    const impatient = sampleServer({ headersTimeoutMs: 60 });
    const answer = await sendRaw(await impatient.listen(0), "GET /livez HTTP/1.1\r\nHost: a\r\n");
    assert.equal(answer.status, 408);
    assert.equal(JSON.parse(answer.body).code, "request-timeout");
    await impatient.close();
  });
});

const waiting: Route = {
  method: "GET",
  path: "/waiting",
  name: "wait",
  summary: "Answers when the caller is gone",
  auth: "public",
  success: { status: 200 },
  handle: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(jsonAnswer(200, {})))),
};

function refused(name: string, bytes: string | Buffer, status: number, code: string): Hostile {
  return { name, bytes, status, code };
}

function request(line: string, ...headers: readonly string[]): string {
  return [line, "Host: a", ...headers, "", ""].join("\r\n");
}

/** A post with exactly these headers beside identity. */
function post(body: string, ...headers: readonly string[]): string {
  return request("POST /notes HTTP/1.1", KEEPER, ...headers) + body;
}

/** A post that is right but for `body` or the headers given. */
function write(body: string, ...headers: readonly string[]): string {
  const type = headers.some((header) => header.toLowerCase().startsWith("content-type")) ? [] : [JSON_HEADER];
  return post(body, ...type, `Content-Length: ${Buffer.byteLength(body)}`, ...headers);
}

function writeBytes(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(post("", JSON_HEADER, `Content-Length: ${body.length}`)), body]);
}

function chunked(body: string): string {
  return post(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, JSON_HEADER, "Transfer-Encoding: chunked");
}

function postAs(token: string, body: string): string {
  const headers = [`Authorization: Bearer ${token}`, JSON_HEADER, `Content-Length: ${body.length}`];
  return request("POST /notes HTTP/1.1", ...headers) + body;
}

function replace(...headers: readonly string[]): string {
  return request("PUT /notes/1 HTTP/1.1", KEEPER, JSON_HEADER, "Content-Length: 12", ...headers) + '{"text":"a"}';
}

function many(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `X-${index}: 1`);
}
