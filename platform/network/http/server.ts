import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { fastify, type FastifyInstance } from "fastify";
import { Edge } from "./edge.ts";
import { bodyTooLarge, pathAmbiguous, requestMalformed } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { StreamLimits } from "./open-streams.ts";
import { handleWireFaults } from "./wire-faults.ts";
import type { Principals } from "./principals.ts";
import { checkTarget } from "./request/target.ts";
import type { Route } from "./route.ts";
import { registerRoutes } from "./routing.ts";
import type { StatusTable } from "./statuses.ts";

/** The HTTP edge: routes as data in, one server out. */
export interface HttpServer {
  /** Starts to accept; `port` 0 takes a free one. Answers the base URL, without a slash at its end. */
  listen(port: number, host?: string): Promise<string>;
  /** Stops accepting, ends streams, lets requests under way finish for `graceMs` (10,000), then cuts what is left. Idempotent. */
  close(graceMs?: number): Promise<void>;
  /** One request without a socket, for tests. */
  inject(request: InjectedRequest): Promise<InjectedAnswer>;
}

export interface InjectedRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface InjectedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly principals: Principals;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly log: Log;
  /** The program's own codes (refusals, its errors) with their statuses; the edge knows its own. */
  readonly statuses?: StatusTable;
  /** 1,048,576. */
  readonly bodyBytesMax?: number;
  /** Time for a handler to answer; then 504. 10,000. */
  readonly deadlineMs?: number;
  /** Time for the headers to arrive; 10,000. */
  readonly headersTimeoutMs?: number;
  /** Time for the whole request to arrive; 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept; 72,000: longer than balancers keep theirs. */
  readonly keepAliveMs?: number;
  readonly streams?: StreamLimits;
  /** Connections at once; 10,000. More are closed at once. */
  readonly connectionsMax?: number;
}

const HEADER_BYTES_MAX = 16_384;

/** A server of `routes` on fastify. Nothing is open before `listen`. */
export function httpServer(options: HttpServerOptions): HttpServer {
  const edge = new Edge(options);
  const app = fastifyFor(options, edge);
  registerRoutes(app, edge, options.routes);
  return {
    async listen(port, host = "127.0.0.1") {
      await app.listen({ port, host });
      return urlOf(app, host);
    },
    async close(graceMs = 10_000) {
      edge.isStopping = true;
      edge.streams.stop();
      const cancel = options.clock.after(graceMs, () => app.server.closeAllConnections());
      await app.close();
      cancel();
      edge.deadlines.close();
    },
    inject: (request) => injected(app, request),
  };
}

function fastifyFor(options: HttpServerOptions, edge: Edge): FastifyInstance {
  const { headersTimeoutMs = 10_000, requestTimeoutMs = 30_000, keepAliveMs = 72_000, connectionsMax = 10_000 } = options;
  const app = fastify({
    logger: false,
    bodyLimit: edge.bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    genReqId: () => "", // ids are the exchange's
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      requireHostHeader: false,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs / 2,
    },
    routerOptions: {
      ignoreTrailingSlash: true,
      caseSensitive: true,
      maxParamLength: HEADER_BYTES_MAX,
      querystringParser: () => ({}), // read once, by the route
    },
    frameworkErrors: (_error, request, reply) =>
      new Exchange(edge, undefined, request.raw, reply.raw).fail(misrouted(request.raw.url)),
  });
  app.server.maxHeadersCount = 0; // counted by the edge, which refuses instead of dropping
  app.server.maxConnections = connectionsMax;
  app.decorateRequest("exchange", undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request) => request.exchange?.fail(readingFault(error, edge)));
  app.setNotFoundHandler((request, reply) => {
    new Exchange(edge, undefined, request.raw, reply.raw).fail(misrouted(request.raw.url)); // no path: the wildcard takes all paths
  });
  handleWireFaults(app.server, edge);
  return app;
}

/** Why the router could not read a target. */
function misrouted(target = ""): unknown {
  try {
    checkTarget(target);
  } catch (error) {
    return error;
  }
  return pathAmbiguous("the path cannot be read");
}

/** What went wrong while the body was read, in our words. */
function readingFault(error: unknown, edge: Edge): unknown {
  const { code } = error as { readonly code?: unknown }; // fastify's and node's errors carry one
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return bodyTooLarge(`the body is longer than ${edge.bodyBytesMax} bytes`);
  if (code === "ECONNRESET" || code === "FST_ERR_CTP_INVALID_CONTENT_LENGTH") return requestMalformed("the body is incomplete");
  return error;
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  assert(typeof address === "object" && address !== null, "a listening server has an address");
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}

async function injected(
  app: FastifyInstance,
  { method = "GET", url, headers = {}, body }: InjectedRequest,
): Promise<InjectedAnswer> {
  const answer = await app.inject({
    method,
    url,
    headers: { ...headers },
    ...(body !== undefined && { payload: typeof body === "string" ? body : Buffer.from(body) }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body };
}
