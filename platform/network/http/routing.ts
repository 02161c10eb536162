import { METHODS, type IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assert, errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import type { Edge } from "./edge.ts";
import { forbidden, methodNotAllowed, notFound, preconditionRequired, requestInvalid } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { ANONYMOUS, type Principal } from "./principals.ts";
import type { FieldError } from "./problem.ts";
import { checkBodyHeaders, checkHeaders, idempotencyKeyOf } from "./request/headers.ts";
import { parseJsonBody } from "./request/json-body.ts";
import { ifMatchVersion, ifNoneMatchTags } from "./request/preconditions.ts";
import { checkTarget, queryOf } from "./request/target.ts";
import { isConditional, type Route, type RouteAuth } from "./route.ts";

declare module "fastify" {
  interface FastifyRequest {
    exchange: Exchange | undefined;
  }
}

/** What stands at one path for some methods: a route, or the refusal of methods and paths that have none. */
interface Gate {
  readonly auth: RouteAuth | "anybody";
  readonly route: Route | undefined;
  /** For refusals: answers the authenticated request. */
  readonly refuse?: (exchange: Exchange, method: string) => void;
}

const PATH = /^\/$|^(\/([a-zA-Z0-9._~-]+|\{[a-zA-Z][a-zA-Z0-9]*\}))+$/;
const BODILESS = ["GET", "HEAD", "TRACE"];

/**
 * Registers `routes`. Each path takes every method, so that the most static path decides alone: a method that it lacks
 * is a 405 there, never another path's route.
 */
export function registerRoutes(app: FastifyInstance, edge: Edge, routes: readonly Route[]): void {
  for (const method of METHODS) if (method !== "CONNECT") app.addHttpMethod(method, registered(method));
  const methods = METHODS.filter((method) => method !== "CONNECT");
  for (const [path, ofPath] of byPath(routes)) {
    for (const route of ofPath) registerGate(app, edge, path, methodsOf(route), { auth: route.auth, route });
    const allowed = ofPath.flatMap(methodsOf);
    const others = methods.filter((method) => !allowed.includes(method));
    registerGate(app, edge, path, others, notAllowed(ofPath, allowed));
  }
  registerGate(app, edge, "/*", methods, UNKNOWN);
}

function registered(method: string): { readonly hasBody: boolean; readonly overrideExisting: boolean } {
  return { hasBody: !BODILESS.includes(method), overrideExisting: true };
}

function byPath(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const paths = new Map<string, Route[]>();
  const names = new Set<string>();
  for (const route of routes) {
    assert(PATH.test(route.path), `${route.path} is a path of segments and {parameters}`);
    assert(!names.has(route.name), `the name ${route.name} is given to one route`);
    names.add(route.name);
    for (const schema of [route.params, route.query, route.body]) assertStrict(route, schema);
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    const others = paths.get(path) ?? [];
    assert(!others.some(({ method }) => method === route.method), `${route.method} ${route.path} is one route`);
    paths.set(path, [...others, route]);
  }
  return paths;
}

/** Unknown fields are refused everywhere: an object schema that would let them pass is a mistake. */
function assertStrict({ name }: Route, schema: z.ZodType | undefined): void {
  if (!schema) return;
  const isLoose = (node: unknown): boolean => {
    if (typeof node !== "object" || node === null) return false;
    if ("properties" in node && !("additionalProperties" in node)) return true;
    return Object.values(node).some(isLoose);
  };
  const { $schema: _, ...document } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  assert(!isLoose(document), `the objects that ${name} takes are strict: use z.strictObject`);
}

function methodsOf({ method }: Route): readonly string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}

function notAllowed(routes: readonly Route[], allowed: readonly string[]): Gate {
  const allow = allowed.join(", ");
  return {
    auth: routes.every(({ auth }) => auth === "public") ? "public" : "anybody",
    route: undefined,
    refuse: (exchange, method) => exchange.fail(methodNotAllowed(`${method} is not a method of this path`), { allow }),
  };
}

const UNKNOWN: Gate = {
  auth: "anybody",
  route: undefined,
  refuse: (exchange) => exchange.fail(notFound("nothing is at this path")),
};

function registerGate(app: FastifyInstance, edge: Edge, path: string, methods: readonly string[], gate: Gate): void {
  app.route({
    method: [...methods],
    url: path,
    onRequest: (request, reply, next) => admit(edge, gate, request, reply, next),
    handler: (request) => {
      if (request.exchange && gate.route) void serve(gate.route, request.exchange, request);
    },
  });
}

/** Before the body is read: form, identity, role. Goes on with `next` only when a route is to be served. */
function admit(edge: Edge, gate: Gate, request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  const exchange = new Exchange(edge, gate.route, request.raw, reply.raw);
  request.exchange = exchange;
  try {
    checkHeaders(request.raw);
    checkTarget(exchange.target);
    const principal = gate.auth === "public" ? ANONYMOUS : edge.authenticate(request.raw.headers);
    if (principal instanceof Promise) void admitLater(principal, gate, exchange, request, next);
    else admitAs(principal, gate, exchange, request, next);
  } catch (error) {
    refuse(exchange, error);
  }
}

async function admitLater(
  principal: Promise<Principal>,
  gate: Gate,
  exchange: Exchange,
  request: FastifyRequest,
  next: () => void,
): Promise<void> {
  try {
    admitAs(await principal, gate, exchange, request, next);
  } catch (error) {
    refuse(exchange, error);
  }
}

function admitAs(principal: Principal, gate: Gate, exchange: Exchange, request: FastifyRequest, next: () => void): void {
  exchange.principal = principal;
  if (!gate.route) {
    gate.refuse?.(exchange, request.method);
    return;
  }
  const { auth, body, rawBody = false } = gate.route;
  if (auth !== "public" && !auth.roles.some((role) => principal.roles.includes(role))) {
    throw forbidden("none of your roles may do this");
  }
  checkBodyHeaders(request.raw.headers, body !== undefined || rawBody);
  next();
}

function refuse(exchange: Exchange, error: unknown): void {
  exchange.fail(error, errorCode(error) === "unauthenticated" ? { "www-authenticate": 'Bearer realm="daybook"' } : undefined);
}

async function serve(route: Route, exchange: Exchange, request: FastifyRequest): Promise<void> {
  try {
    exchange.begin();
    readPreconditions(route, exchange, request);
    readInput(route, exchange, request);
    exchange.answer(await route.handle(exchange));
  } catch (error) {
    exchange.fail(error);
  }
}

function readPreconditions(route: Route, exchange: Exchange, { raw: { headers } }: FastifyRequest): void {
  if (route.isIdempotent) exchange.idempotencyKey = idempotencyKeyOf(headers);
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && isConditional(route)) exchange.ifNoneMatch = ifNoneMatchTags(ifNoneMatch);
  if (route.isEventStream) exchange.lastEventId = lastEventIdOf(headers);
  if (route.ifMatch === undefined || route.ifMatch === "none") return;
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) exchange.ifMatch = ifMatchVersion(ifMatch);
  else if (route.ifMatch === "required") throw preconditionRequired("this operation needs If-Match");
}

function lastEventIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" && id !== "" ? id : undefined; // an empty one says that there is none
}

/** Parses path, query and body by the route's schemas, once; all faults are answered together. */
function readInput(route: Route, exchange: Exchange, request: FastifyRequest): void {
  const query = queryOf(exchange.target);
  if (route.readsAtLeast) exchange.atLeast = takeAtLeast(request, query);
  const params = { ...(request.params as Readonly<Record<string, string>>) }; // find-my-way gives texts
  const bytes: unknown = request.body;
  const content = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  if (route.rawBody) exchange.received = { headers: request.raw.headers, body: content };
  const body = content.length > 0 && !route.rawBody ? parseJsonBody(content) : undefined;
  if (exchange.idempotencyKey !== undefined) exchange.question = { params, query, body };
  const faults: FieldError[] = [];
  exchange.params = checked(route.params ?? NOTHING, params, "path", faults);
  exchange.query = checked(route.query ?? NOTHING, query, "query", faults);
  if (route.body) exchange.body = checked(route.body, body, "body", faults);
  if (faults.length === 0) return;
  throw requestInvalid(faultsText(faults), { details: { errors: faults.slice(0, FAULTS_MAX) } });
}

const NOTHING = z.strictObject({});
const FAULTS_MAX = 100;

/** The position that the caller has seen: from the header, else from the query, where it is nobody else's. */
function takeAtLeast({ raw: { headers } }: FastifyRequest, query: Record<string, string>): string | undefined {
  const header = headers["daybook-at-least"];
  const { atLeast } = query;
  delete query["atLeast"];
  return typeof header === "string" ? header : atLeast;
}

function checked(schema: z.ZodType, value: unknown, where: "path" | "query" | "body", faults: FieldError[]): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    // An unknown field is named itself, not the object that it stands in.
    const fields = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const message = issue.code === "unrecognized_keys" ? "this field is not known" : issue.message;
    for (const path of fields) faults.push({ in: where, pointer: pointerOf(path), message });
  }
  return undefined;
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function faultsText(faults: readonly FieldError[]): string {
  const [first] = faults;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  return `${first?.in ?? ""}${first?.pointer ?? ""}: ${first?.message ?? ""}${more}`;
}
