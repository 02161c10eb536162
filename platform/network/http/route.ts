import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "@daybook/kernel/context";
import type { z } from "zod";
import type { Principal } from "./principals.ts";

/**
 * One route as data: what it takes, what it answers, who may, and the function behind it. Routing, checks and the
 * OpenAPI document are made from it. Unknown fields are refused: every object schema is strict.
 */
export interface Route<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: Method;
  /** `/api/v1/orders/{id}`: static segments win over parameters; one trailing slash is tolerated. */
  readonly path: string;
  /** Unique, camelCase: the operation's id in OpenAPI and the scope of its idempotency keys. */
  readonly name: string;
  readonly summary: string;
  /** Group in the OpenAPI document. */
  readonly tag?: string;
  readonly auth: RouteAuth;
  readonly params?: z.ZodType<Params>;
  /** Values arrive as texts: use `z.coerce` for numbers. A parameter that is given twice is refused. */
  readonly query?: z.ZodType<Query>;
  /** Without a schema, a request with a body is refused. */
  readonly body?: z.ZodType<Body>;
  /** Instead of `body`: the handler gets the body as it came (`received`), unparsed, for what is signed. */
  readonly rawBody?: boolean;
  readonly success: RouteSuccess;
  /** Codes of the problems that this route answers beyond those that every route may. */
  readonly problems?: readonly string[];
  /** Takes `Idempotency-Key`. */
  readonly isIdempotent?: boolean;
  /** `If-Match` with a version: refused as 428 when it is required and missing. */
  readonly ifMatch?: "none" | "optional" | "required";
  /** Answers an `eventStream`, and takes `Last-Event-ID`. Only for GET. */
  readonly isEventStream?: boolean;
  /** Takes a position (`Daybook-At-Least`, or the query parameter `atLeast`) that the answer must have reached. */
  readonly readsAtLeast?: boolean;
  /** Throws coded errors; the status table says what they mean. Refusals are answers (problem.ts). */
  handle(request: HttpRequest<Params, Query, Body>): HttpAnswer | Promise<HttpAnswer>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type RouteAuth = "public" | { readonly roles: readonly string[] };

export interface RouteSuccess {
  readonly status: number;
  readonly description?: string;
  /** Of the JSON body; none for an empty answer. */
  readonly schema?: z.ZodType;
  /** Headers of the answer: name → what it says. A GET with an `etag` takes `If-None-Match`, and answers 304 when it is named. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler gets: parsed, checked, authorized. */
export interface HttpRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** On routes with `rawBody`. */
  readonly received?: Received | undefined;
  readonly context: Context;
  /** `ANONYMOUS` on public routes. */
  readonly principal: Principal;
  readonly idempotencyKey?: string | undefined;
  /** The version that `If-Match` names; undefined without, and for `*`. */
  readonly ifMatch?: number | undefined;
  /** Position token that the answer must have reached. */
  readonly atLeast?: string | undefined;
  /** `Last-Event-ID`: the last event that the reader has. */
  readonly lastEventId?: string | undefined;
  /** SHA-256 (hex) of route, parameters and body in canonical form: equal questions, equal digests. */
  readonly requestDigest: string;
  /** Aborted at the deadline, when the client is gone, and for streams when the server stops. */
  readonly signal: AbortSignal;
  /** Path and query as they were sent. */
  readonly target: string;
  /** Address of the connection's other end: the caller's, or that of whatever stands before us. */
  readonly remoteAddress: string;
}

/** Headers (names in lower case) and body as they came: what a signature is of. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** An answer as it is sent, and as it is stored for replay: names in lower case, the body as text. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Sent as `Daybook-Position`; not part of what is replayed. */
  readonly position?: string | undefined;
  /** Sent instead of the body, as it comes. */
  readonly stream?: StreamedBody;
}

/** A body whose parts are sent as they come. */
export interface StreamedBody {
  readonly parts: AsyncIterable<string>;
  /** Sent now and then, so that both ends know that the other lives; means nothing. */
  readonly heartbeat: string;
}

/** Whether callers may send `If-None-Match`: a GET whose answer names its entity tag. */
export function isConditional({ method, success }: Route): boolean {
  return method === "GET" && success.headers?.["etag"] !== undefined;
}

/** The route with its schemas' types given to its handler. */
export function route<Params, Query, Body>(definition: Route<Params, Query, Body>): Route {
  return definition;
}

/** An answer with `value` as JSON. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

export const JSON_TYPE = "application/json; charset=utf-8";
