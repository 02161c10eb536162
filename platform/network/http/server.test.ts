import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { systemClock } from "@daybook/kernel/clock";
import { defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { z } from "zod";
import { healthRoutes } from "./health.ts";
import { positionNotReached } from "./errors.ts";
import { problemAnswer } from "./problem.ts";
import { jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from "./route.ts";
import { KEEPER_TOKEN, READER_TOKEN, sampleServer, sendRaw } from "./sample-server.ts";
import type { HttpServer, HttpServerOptions } from "./server.ts";

const KEEPER = { authorization: `Bearer ${KEEPER_TOKEN}`, "content-type": "application/json" };
const READER = { authorization: `Bearer ${READER_TOKEN}` };

function publicRoute(handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>, path = "/thing"): Route {
  return { method: "GET", path, name: `get${path}`, summary: "A thing", auth: "public", success: { status: 200 }, handle };
}

async function ask(server: HttpServer, url: string, headers: Readonly<Record<string, string>> = KEEPER) {
  const answer = await server.inject({ url, headers });
  return { ...answer, json: JSON.parse(answer.body) };
}

function serverOf(handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>, options: Partial<HttpServerOptions> = {}) {
  return sampleServer(options, [publicRoute(handle)]);
}

describe("routes", () => {
  const server = sampleServer();

  test("a handler learns where the connection comes from, whatever headers say", async () => {
    const own = serverOf((request) => jsonAnswer(200, { from: request.remoteAddress }));
    const { body } = await own.inject({ url: "/thing", headers: { "x-forwarded-for": "203.0.113.9" } });
    assert.deepEqual(JSON.parse(body), { from: "127.0.0.1" });
  });

  test("static segments win over parameters", async () => {
    assert.equal((await ask(server, "/notes/search?limit=5")).json.limit, 5);
    assert.equal((await ask(server, "/notes/searches")).json.id, "searches");
  });

  test("one slash at the end changes nothing", async () => {
    assert.equal((await ask(server, "/notes/7/")).json.id, "7");
    assert.equal((await ask(server, "/livez/")).status, 200);
  });

  test("an escaped parameter arrives decoded", async () => {
    assert.equal((await ask(server, "/notes/caf%C3%A9%20%2B")).json.id, "café +");
  });

  test("HEAD answers as GET, without the body", async () => {
    const url = await server.listen(0);
    const answer = await sendRaw(url, "HEAD /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.equal(answer.status, 200);
    assert.match(answer.head, /content-length: 17/);
    assert.equal(answer.body, "");
    await server.close();
  });

  test("Allow lists the methods of the most static path", async () => {
    const other = sampleServer();
    const answer = await other.inject({ method: "DELETE", url: "/notes/search", headers: KEEPER });
    assert.equal(answer.headers["allow"], "GET, HEAD");
  });

  test("two routes of one name, or of one method and path, are a mistake", () => {
    const one = publicRoute(() => jsonAnswer(200, {}), "/one");
    assert.throws(() => sampleServer({}, [one, one]), /is given to one route/);
    assert.throws(() => sampleServer({}, [one, { ...one, name: "other" }]), /is one route/);
  });

  test("a schema that lets unknown fields pass is a mistake", () => {
    const loose: Route = { ...publicRoute(() => jsonAnswer(200, {})), query: z.object({ a: z.string() }) };
    assert.throws(() => sampleServer({}, [loose]), /strict/);
  });
});

describe("answers", () => {
  test("status, headers and body are sent byte for byte", async () => {
    const body = '{ "b":1,\n"a" : "é\\u00e9" }';
    const headers = { "content-type": "application/vnd.own+json", "x-own": "1" };
    const answer = await serverOf(() => ({ status: 202, headers, body })).inject({ url: "/thing" });
    assert.equal(answer.status, 202);
    assert.equal(answer.body, body);
    assert.equal(answer.headers["content-type"], "application/vnd.own+json");
    assert.equal(answer.headers["x-own"], "1");
  });

  test("the position stands in a header of its own", async () => {
    const answer = await sampleServer().inject({ url: "/notes/search", headers: KEEPER });
    assert.equal(answer.headers["daybook-position"], "p1-1");
  });

  test("every answer carries the security headers and no word on the software", async () => {
    const { headers } = await sampleServer().inject({ url: "/nowhere" });
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.match(String(headers["content-security-policy"]), /default-src 'none'/);
    assert.equal(headers["server"] ?? headers["x-powered-by"], undefined);
  });

  test("204 has neither body nor length", async () => {
    const answer = await serverOf(() => ({ status: 204, headers: {}, body: "" })).inject({ url: "/thing" });
    assert.equal(answer.headers["content-length"], undefined);
  });

  test("a header that HTTP does not allow becomes a 500, not a second header", async () => {
    const answer = await serverOf(() => jsonAnswer(200, {}, { "x-own": "a\r\nx-evil: 1" })).inject({ url: "/thing" });
    assert.equal(answer.status, 500);
    assert.equal(answer.headers["x-evil"], undefined);
  });
});

describe("failures", () => {
  const odd = defineError({ code: "odd", advice: "Even it out." });

  test("an unexpected error is a 500 without details, and logged with its trace", async () => {
    const lines: string[] = [];
    const log = jsonLog({ clock: systemClock, to: { write: (line) => lines.push(line) } });
    const failing = () => Promise.reject(new TypeError("select * from secrets"));
    const { status, json, body } = await ask(serverOf(failing, { log }), "/thing");
    assert.equal(status, 500);
    assert.equal(json.code, "internal-error");
    assert.doesNotMatch(body, /select|TypeError|\.ts/);
    const line = JSON.parse(lines.join(""));
    assert.equal(line.trace, json.traceId);
    assert.equal(line.error.message, "select * from secrets");
  });

  test("a coded error without a status is a 500, too", async () => {
    const { status, json } = await ask(
      serverOf(() => Promise.reject(odd("inside"))),
      "/thing",
    );
    assert.equal(status, 500);
    assert.equal(json.code, "internal-error");
  });

  test("the program's own table gives its codes their statuses", async () => {
    const { status, json } = await ask(
      serverOf(() => Promise.reject(odd("three is odd", { details: { number: 3 } })), { statuses: { odd: 409 } }),
      "/thing",
    );
    assert.equal(status, 409);
    assert.deepEqual(
      { ...json, traceId: "" },
      {
        type: "urn:daybook:problem:odd",
        title: "Odd",
        status: 409,
        code: "odd",
        detail: "three is odd",
        traceId: "",
        retryable: false,
        details: { number: 3 },
      },
    );
  });

  test("what may succeed later says when to ask again", async () => {
    const lagging = () => Promise.reject(positionNotReached("behind", { details: { lag: 12, retryAfterMs: 2_500 } }));
    const { status, headers, json } = await ask(serverOf(lagging), "/thing");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "3");
    assert.equal(json.retryable, true);
    assert.deepEqual(json.details, { lag: 12 });
  });

  test("a refusal renders as a problem and comes back byte for byte", async () => {
    const refusal = problemAnswer({ code: "sold-out", message: "none left" }, { "sold-out": 409 }, undefined);
    const answer = await serverOf(() => JSON.parse(JSON.stringify(refusal))).inject({ url: "/thing" });
    assert.equal(answer.status, 409);
    assert.equal(answer.body, refusal.body);
  });

  test("faults of path, query and body are answered together, with pointers", async () => {
    const answer = await sampleServer().inject({
      method: "PUT",
      url: `/notes/${"x".repeat(50)}?a~%2Fb=1`,
      headers: { ...KEEPER, "if-match": "*" },
      body: JSON.stringify({ text: 1, tags: ["a", 2], more: {} }),
    });
    const pointers = JSON.parse(answer.body).errors.map(
      (fault: { in: string; pointer: string }) => `${fault.in} ${fault.pointer}`,
    );
    assert.deepEqual(pointers, ["path /id", "query /a~0~1b", "body /text", "body /tags/1", "body /more"]);
  });
});

describe("context", () => {
  const seen: HttpRequest[] = [];
  const server = serverOf((request) => {
    seen.push(request);
    return jsonAnswer(200, { trace: request.context.traceparent });
  });

  test("a valid traceparent is continued: same trace, own span", async () => {
    const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { headers, json } = await ask(server, "/thing", { traceparent: sent });
    assert.match(json.trace, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    assert.notEqual(json.trace, sent);
    assert.equal(headers["traceparent"], json.trace);
  });

  for (const sent of [
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "nonsense",
  ]) {
    test(`an invalid traceparent starts a new trace: ${sent}`, async () => {
      const { json } = await ask(server, "/thing", { traceparent: sent });
      assert.match(json.trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      assert.doesNotMatch(json.trace, /0af7651916cd43dd8448eb211c80319c/);
    });
  }

  test("the context names the principal, its tenant, a correlation and the deadline", async () => {
    const clock = virtualClock();
    const contexts: unknown[] = [];
    const secret: Route = { ...publicRoute(() => jsonAnswer(200, {})), auth: { roles: ["reader"] } };
    const handle = (request: HttpRequest) => {
      contexts.push({ ...request.context, traceparent: "", correlationId: request.context.correlationId.slice(0, 4) });
      return jsonAnswer(200, {});
    };
    await ask(sampleServer({ clock, deadlineMs: 3_000 }, [{ ...secret, handle }]), "/thing", READER);
    const expected = {
      correlationId: "cor_",
      actor: "usr_reader",
      tenant: "default",
      traceparent: "",
      deadline: clock.now() + 3_000,
    };
    assert.deepEqual(contexts, [expected]);
  });

  test("equal questions have equal digests, whatever their form", async () => {
    const server = sampleServer();
    const digest = async (body: string, key = "k") => {
      const headers = { ...KEEPER, "idempotency-key": key };
      return JSON.parse((await server.inject({ method: "POST", url: "/notes", headers, body })).body).requestDigest;
    };
    const one = await digest('{"text":"a","tags":["b"]}');
    assert.equal(await digest('{ "tags" : ["\\u0062"], "text":"a" }', "other"), one);
    assert.notEqual(await digest('{"text":"a","tags":["c"]}'), one);
  });

  test("the position to have reached comes from the header, else from the query", async () => {
    const server = sampleServer();
    assert.equal((await ask(server, "/notes/search", { ...KEEPER, "daybook-at-least": "p1-5" })).json.atLeast, "p1-5");
    assert.equal((await ask(server, "/notes/search?atLeast=p1-6")).json.atLeast, "p1-6");
  });

  test("If-Match names a version, also as a joined view has it, or anything", async () => {
    const server = sampleServer();
    const replace = async (ifMatch: string) => {
      const headers = { ...KEEPER, "if-match": ifMatch };
      return JSON.parse((await server.inject({ method: "PUT", url: "/notes/1", headers, body: '{"text":"a"}' })).body);
    };
    assert.deepEqual(await replace('"3"'), { ifMatch: 3 });
    assert.deepEqual(await replace('"3-17"'), { ifMatch: 3 }, "of a joined view the version counts");
    assert.deepEqual(await replace("*"), {});
  });
});

describe("a conditional GET", () => {
  const server = sampleServer();
  const read = (ifNoneMatch: string, method = "GET", url = "/notes/1") =>
    server.inject({ method, url, headers: { ...KEEPER, "if-none-match": ifNoneMatch } });

  for (const names of ['"3"', 'W/"3"', '"a,b" , W/"2","3"', "*"]) {
    test(`of what the caller has (${names}) is 304, without a body`, async () => {
      const { status, body, headers } = await read(names);
      assert.deepEqual([status, body, headers["etag"], headers["content-type"]], [304, "", '"3"', undefined]);
      assert.equal((await read(names, "HEAD")).status, 304);
    });
  }

  for (const names of ['"2"', '"33"', '"a\\"', '""']) {
    test(`of something else (${names}) is answered`, async () => {
      const { status, body } = await read(names);
      assert.deepEqual([status, JSON.parse(body)], [200, { id: "1", text: "…" }]);
    });
  }

  for (const wrong of ["3", '"3', '"3" "2"', '"3",', "*, *", 'w/"3"', '"\u00e9"']) {
    test(`that names no entity tag (${wrong}) is refused`, async () => {
      assert.deepEqual([(await read(wrong)).status, JSON.parse((await read(wrong)).body).code], [400, "header-invalid"]);
    });
  }

  test("without an entity tag to compare is as any other", async () => {
    assert.equal((await read('"3"', "GET", "/notes/search")).status, 200);
    assert.equal((await read("3", "GET", "/notes/search")).status, 200);
  });

  test("is in the document", async () => {
    const { json } = await ask(server, "/openapi.json", {});
    const { parameters, responses } = json.paths["/notes/{id}"].get;
    assert.ok(responses["304"] && parameters.some(({ name }: { name: string }) => name === "If-None-Match"));
    assert.equal(json.paths["/notes/search"].get.responses["304"], undefined);
  });
});

describe("time", () => {
  test("a handler that is too slow is answered 504 and told", async () => {
    const clock = virtualClock();
    const told = Promise.withResolvers<void>();
    const server = serverOf(
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            told.resolve();
            resolve(jsonAnswer(200, "too late"));
          });
          queueMicrotask(() => clock.advance(10_000));
        }),
      { clock },
    );
    const { status, json, headers } = await ask(server, "/thing");
    await told.promise;
    assert.equal(status, 504);
    assert.equal(json.code, "deadline-exceeded");
    assert.equal(headers["retry-after"], "1");
  });

  test("a client that goes away aborts the signal", async () => {
    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const server = serverOf(({ signal }) => {
      signal.addEventListener("abort", () => gone.resolve());
      begun.resolve();
      return new Promise(() => undefined);
    });
    const socket = connect(Number(new URL(await server.listen(0)).port), "127.0.0.1");
    socket.write("GET /thing HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.promise;
    socket.destroy();
    await gone.promise;
    await server.close();
  });

  test("closing lets a request under way finish, then ends its kept connection", async () => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const server = serverOf(async () => {
      begun.resolve();
      await go.promise;
      return jsonAnswer(200, "done");
    });
    const url = await server.listen(0);
    const answer = sendRaw(url, "GET /thing HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.promise;
    const closed = server.close();
    await assert.rejects(fetch(`${url}/livez`), "nothing new is accepted");
    go.resolve();
    const { status, head, body } = await answer;
    assert.equal(status, 200);
    assert.equal(body, '"done"');
    assert.match(head, /connection: close/i);
    await closed;
  });

  test("what does not finish in the grace is cut", async () => {
    const clock = virtualClock();
    const begun = Promise.withResolvers<void>();
    const server = serverOf(
      () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
      { clock },
    );
    const answer = sendRaw(await server.listen(0), "GET /thing HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.promise;
    const closed = server.close(500);
    clock.advance(500);
    assert.equal((await answer).status, 0);
    await closed;
  });

  test("idle connections do not hold up the closing", async () => {
    const server = sampleServer();
    const url = await server.listen(0);
    await (await fetch(`${url}/livez`)).text();
    await server.close();
  });
});

describe("health and documents", () => {
  test("readiness names each dependency; degraded still serves", async () => {
    const states = ["healthy", "degraded", "unhealthy"] as const;
    const statusWith = async (count: number) => {
      const checks = states.slice(0, count).map((state) => ({ name: state, check: () => ({ state, reason: "told" }) }));
      const routes = healthRoutes({ checks, clock: systemClock });
      const server = sampleServer({ routes });
      return { ready: await ask(server, "/readyz", {}), health: await ask(server, "/health", {}) };
    };
    assert.equal((await statusWith(2)).ready.status, 200);
    const { ready, health } = await statusWith(3);
    assert.equal(ready.status, 503);
    assert.equal(health.status, 503);
    assert.equal(health.json.status, "down");
    assert.deepEqual(Object.keys(health.json.components[0]), ["name", "status", "details", "response_time_ms"]);
    assert.equal(health.json.components[2].details.reason, "told");
  });

  test("a check that throws is unhealthy and tells no secret; one that hangs is unknown", async () => {
    const clock = virtualClock();
    const checks = [
      { name: "throws", check: () => Promise.reject(new TypeError("postgres://u:p@h")) },
      {
        name: "hangs",
        check: () => {
          queueMicrotask(() => clock.advance(2_000));
          return new Promise<never>(() => undefined);
        },
      },
    ];
    const { json } = await ask(sampleServer({ clock, routes: healthRoutes({ checks, clock }) }), "/readyz", {});
    assert.deepEqual(
      json.dependencies.map(({ state, reason }: { state: string; reason: string }) => [state, reason]),
      [
        ["unhealthy", "the check failed"],
        ["unknown", "no answer within 2000 ms"],
      ],
    );
  });

  test("the document describes each route with its problems, headers and identity", async () => {
    const { json } = await ask(sampleServer(), "/openapi.json", {});
    assert.match(json.openapi, /^3\.1/);
    assert.deepEqual(Object.keys(json.paths), ["/notes", "/notes/search", "/notes/{id}"]);
    const post = json.paths["/notes"].post;
    assert.deepEqual(post.security, [{ bearer: [] }]);
    assert.equal(post.requestBody.content["application/json"].schema.additionalProperties, false);
    assert.equal(post.parameters[0].name, "Idempotency-Key");
    const codes = post.responses["422"].content["application/problem+json"].schema.allOf[1].properties.code.enum;
    assert.deepEqual(codes, ["idempotency-key-reused"]);
    assert.ok(json.paths["/notes/{id}"].put.responses["428"]);
    const at = json.paths["/notes/search"].get.parameters.map(({ name }: { name: string }) => name);
    assert.deepEqual(at, ["q", "limit", "Daybook-At-Least", "atLeast"]);
  });
});
