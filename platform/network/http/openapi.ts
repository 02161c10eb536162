import { z } from "zod";
import { titleOf, statusOf } from "./problem.ts";
import { isConditional, jsonAnswer, type Route } from "./route.ts";
import type { StatusTable } from "./statuses.ts";

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly routes: readonly Route[];
  /** Those of the server: where each route's problems stand. */
  readonly statuses?: StatusTable;
}

type Document = Readonly<Record<string, unknown>>;

/** `GET /openapi.json`, public: the OpenAPI 3.1 document of `routes`, made once. */
export function openApiRoute(options: OpenApiOptions): Route {
  const answer = jsonAnswer(200, openApiDocument(options), { "cache-control": "no-cache" });
  return {
    method: "GET",
    path: "/openapi.json",
    name: "openApi",
    summary: "This interface as an OpenAPI 3.1 document",
    tag: "documents",
    auth: "public",
    success: { status: 200, schema: z.record(z.string(), z.unknown()) },
    handle: () => answer,
  };
}

/** The OpenAPI 3.1 document of `routes`: schemas are JSON Schema 2020-12, made from the routes' own. */
export function openApiDocument({ title, version, routes, statuses = {} }: OpenApiOptions): Document {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route, statuses);
  }
  return {
    openapi: "3.1.1",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: { title, version },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, "output") },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

const problemSchema = z.object({
  type: z.string().describe("urn:daybook:problem:{code}; stable"),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("Stable; compare by it"),
  detail: z.string(),
  traceId: z.string(),
  retryable: z.boolean().describe("Whether the same request may succeed later"),
  errors: z
    .array(
      z.object({
        in: z.enum(["body", "query", "path"]).optional(),
        pointer: z.string().describe("JSON pointer (RFC 6901)"),
        message: z.string(),
      }),
    )
    .optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

function operation(route: Route, statuses: StatusTable): Document {
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.tag !== undefined && { tags: [route.tag] }),
    security: route.auth === "public" ? [] : [{ bearer: [] }],
    ...(route.auth !== "public" && { "x-roles": route.auth.roles }),
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { "application/json": { schema: jsonSchema(route.body, "input") } },
      },
    }),
    ...(route.rawBody && { requestBody: { required: true, content: { "application/json": {} } } }),
    responses: {
      [route.success.status]: successOf(route),
      ...(isConditional(route) && { 304: { description: "It is the one that If-None-Match names" } }),
      ...problemsOf(route, statuses),
    },
  };
}

function parametersOf(route: Route): readonly Document[] {
  return [
    ...fieldsOf(route.params, "path"),
    ...fieldsOf(route.query, "query"),
    ...(route.isIdempotent ? [header("Idempotency-Key", "The same key and request get the same answer", IDEMPOTENCY_KEY)] : []),
    ...(route.ifMatch === "optional" || route.ifMatch === "required"
      ? [header("If-Match", "The ETag that was read", { type: "string" }, route.ifMatch === "required")]
      : []),
    ...(route.isEventStream
      ? [header("Last-Event-ID", "The last event that the reader has: what comes after it is sent", { type: "string" })]
      : []),
    ...(isConditional(route) ? [header("If-None-Match", "ETags of what the caller has", { type: "string" })] : []),
    ...(route.readsAtLeast
      ? [
          header("Daybook-At-Least", "A Daybook-Position that the answer must have reached", { type: "string" }),
          { ...header("atLeast", "The same in the query", { type: "string" }), in: "query" },
        ]
      : []),
  ];
}

const IDEMPOTENCY_KEY = { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]+$" };

function header(name: string, description: string, schema: Document, required = false): Document {
  return { name, in: "header", description, required, schema };
}

function fieldsOf(schema: z.ZodType | undefined, where: "path" | "query"): readonly Document[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as ObjectSchema; // parameters are objects
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: field,
  }));
}

interface ObjectSchema extends Document {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function successOf({ success, isEventStream }: Route): Document {
  const type = isEventStream ? "text/event-stream" : "application/json";
  const headers = Object.entries({ traceparent: "The trace of this request", ...success.headers });
  return {
    description: success.description ?? "Done",
    headers: Object.fromEntries(headers.map(([name, description]) => [name, { description, schema: { type: "string" } }])),
    ...(success.schema && { content: { [type]: { schema: jsonSchema(success.schema, "output") } } }),
  };
}

/** The route's own problems and those that its form brings with it, by status. */
function problemsOf(route: Route, statuses: StatusTable): Document {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...formProblems(route), ...(route.problems ?? [])])) {
    const status = statusOf(code, statuses) ?? 500;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => titleOf(code)).join("; "),
        content: {
          "application/problem+json": {
            schema: { allOf: [{ $ref: "#/components/schemas/Problem" }, { properties: { code: { enum: codes } } }] },
          },
        },
      },
    ]),
  );
}

function formProblems(route: Route): readonly string[] {
  return [
    "request-malformed",
    "path-ambiguous",
    "header-ambiguous",
    "request-invalid",
    "internal-error",
    "deadline-exceeded",
    ...(route.auth === "public" ? [] : ["unauthenticated", "forbidden"]),
    ...(route.body || route.rawBody
      ? ["body-malformed", "body-too-large", "media-type-unsupported", "store-busy"]
      : ["body-unexpected"]),
    ...(route.isIdempotent ? ["header-invalid", "request-in-progress", "idempotency-key-reused"] : []),
    ...(route.ifMatch === "optional" || route.ifMatch === "required" ? ["header-invalid", "version-mismatch"] : []),
    ...(isConditional(route) ? ["header-invalid"] : []),
    ...(route.isEventStream ? ["rate-limited", "server-stopping"] : []),
    ...(route.ifMatch === "required" ? ["precondition-required"] : []),
    ...(route.readsAtLeast ? ["position-invalid", "position-from-lost-future", "position-not-reached"] : []),
  ];
}

/** JSON Schema 2020-12. What it cannot say (checks written as code) is left open there, and still holds. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output"): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io, unrepresentable: "any" });
  return rest;
}
