import type { Store, StoredEvent } from "@daybook/data/store";
import { positionToken, readPosition } from "@daybook/data/store/position";
import { givenId } from "@daybook/kernel/ids";
import { jsonAnswer, route, type HttpRequest, type Route } from "@daybook/network/http/route";
import { notFound, positionNotReached } from "@daybook/network/http/errors";
import { z } from "zod";
import { lifeOf } from "./order-life.ts";
import { OWNERS } from "./roles.ts";
import type { Shop } from "./service.ts";

const eventSchema = z.strictObject({
  id: z.string(),
  position: z.int(),
  stream: z.string(),
  version: z.int(),
  type: z.string(),
  schemaVersion: z.int(),
  data: z.unknown(),
  meta: z.unknown(),
  recordedAt: z.int(),
});

const REACH_WITHIN_MS = 2_000;
const PAGE = 1_000;
const ADMIN = { roles: ["admin"] };

/** Routes for operators and for the command line: streams, life lines, projections. */
export function adminRoutes(shop: Shop): readonly Route[] {
  return [
    streamRoute(shop),
    logRoute(shop),
    lifeRoute(shop),
    projectionsRoute(shop),
    rebuildRoute(shop),
    rebuildStateRoute(shop),
  ];
}

interface Answering<Params, Query, Body> extends Omit<Route<Params, Query, Body>, "auth" | "success" | "handle"> {
  /** Of what is answered. */
  readonly schema: z.ZodType;
  /** Undefined is `not-found`, with what `missing` says. */
  readonly answer: (request: HttpRequest<Params, Query, Body>) => unknown;
  readonly missing?: (params: Params) => string;
}

/** A route for operators that answers a value. */
function answering<Params, Query, Body>(definition: Answering<Params, Query, Body>): Route {
  const { schema, answer, missing = () => "there is none", ...shape } = definition;
  return route<Params, Query, Body>({
    ...shape,
    auth: ADMIN,
    success: { status: 200, schema },
    ...(definition.missing && { problems: ["not-found"] }),
    async handle(request) {
      const value = await answer(request);
      if (value === undefined) throw notFound(missing(request.params));
      return jsonAnswer(200, value);
    },
  });
}

const LIMIT = z.coerce.number().int().min(1).max(1_000).default(100);
const events = z.array(eventSchema);

function streamRoute({ store }: Shop): Route {
  return answering({
    method: "GET",
    path: "/api/v1/streams/{stream}",
    name: "readStream",
    summary: "Events of a stream, oldest first, personal fields sealed",
    tag: "streams",
    params: z.strictObject({ stream: z.string().regex(/^[a-z][a-zA-Z0-9]*-[A-Za-z0-9_.-]{1,200}$/, "category-id") }),
    query: z.strictObject({ from: z.coerce.number().int().min(1).default(1), limit: LIMIT }),
    schema: z.strictObject({ stream: z.string(), events }),
    answer: async ({ params: { stream }, query }) => {
      const found = await store.readStream(stream, query);
      if (found.length === 0 && (await store.streamVersion(stream)) === 0) return undefined;
      return { stream, events: found.map(eventBody) };
    },
    missing: ({ stream }) => `there is no stream ${stream}`,
  });
}

/** How far `latest` stands for: what is recorded from now on. */
const LATEST = "latest";

function logRoute({ store }: Shop): Route {
  return answering({
    method: "GET",
    path: "/api/v1/log",
    name: "readLog",
    summary: "Facts after a position, in the order they were recorded, personal fields sealed; `after=latest` starts now",
    tag: "streams",
    query: z.strictObject({
      after: z.string().max(40).optional(),
      category: z.string().min(1).max(100).optional(),
      limit: LIMIT,
    }),
    schema: z.strictObject({ events, next: z.string() }),
    answer: async ({ query: { after, category, limit } }) => {
      const head = await store.head();
      if (after === LATEST) return { events: [], next: positionToken(head.epoch, head.position) };
      const from = after === undefined ? 0 : readPosition(after, head);
      const page = await store.readLog({ after: from, limit, ...(category !== undefined && { categories: [category] }) });
      return { events: page.events.map(eventBody), next: positionToken(head.epoch, page.scannedTo) };
    },
  });
}

function lifeRoute({ store }: Shop): Route {
  return answering({
    method: "GET",
    path: "/api/v1/orders/{id}/life",
    name: "orderLife",
    summary:
      "Everything that was recorded under the order's correlation id, in all contexts: as a story of causes, and as events",
    tag: "orders",
    params: z.strictObject({ id: givenId }),
    schema: z.strictObject({ life: z.array(z.looseObject({ id: z.string(), what: z.string() })), events }),
    answer: async ({ params: { id } }) => {
      const found = await readCase(store, id);
      if (found.length === 0) return undefined;
      const inOrder = found.toSorted((a, b) => a.recordedAt - b.recordedAt || a.position - b.position);
      return { life: lifeOf(found, contextOf), events: inOrder.map(eventBody) };
    },
    missing: ({ id }) => `there is no order ${id}`,
  });
}

async function readCase(store: Store, correlation: string): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (;;) {
    const page = await store.readCorrelation(correlation, { after: found.length, limit: PAGE });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

function contextOf(category: string): string {
  return (OWNERS as Readonly<Record<string, string>>)[category] ?? category; // work streams are nobody's category
}

function projectionsRoute(shop: Shop): Route {
  return answering({
    method: "GET",
    path: "/api/v1/projections",
    name: "listProjections",
    summary: "Asynchronous read models, with their lag; asked for a position, when all of them show it",
    tag: "projections",
    readsAtLeast: true,
    schema: z.strictObject({ projections: z.array(z.unknown()) }),
    answer: async ({ atLeast }) => {
      if (atLeast !== undefined) await checkShown(shop, atLeast);
      const running = shop.projections();
      return { projections: running.length > 0 ? running : await shop.restingProjections() };
    },
  });
}

/** Waits a while until every read model shows what stands at a position. */
async function checkShown(shop: Shop, atLeast: string): Promise<void> {
  const position = readPosition(atLeast, await shop.store.head());
  const { isReached, lag } = await shop.whenShown(position, REACH_WITHIN_MS);
  if (!isReached)
    throw positionNotReached("a read model has not seen this position yet", { details: { lag, retryAfterMs: 1_000 } });
}

const rebuildSchema = z.strictObject({
  generation: z.int(),
  state: z.enum(["building", "switched", "failed"]),
  progress: z.unknown(),
  comparison: z.unknown(),
  error: z.string().optional(),
});
const ofProjection = {
  path: "/api/v1/projections/{name}/rebuild",
  tag: "projections",
  params: z.strictObject({ name: givenId }),
} as const;

function rebuildRoute({ rebuilds }: Shop): Route {
  return route({
    ...ofProjection,
    method: "POST",
    name: "rebuildProjection",
    summary: "Starts to build the read model from zero beside the live one; then compares both and switches",
    auth: ADMIN,
    success: { status: 202, schema: rebuildSchema, headers: { location: "Where its progress is" } },
    problems: ["not-found"],
    async handle({ params: { name } }) {
      const state = await rebuilds.start(name);
      if (!state) throw notFound(`there is no projection ${name}`);
      return jsonAnswer(202, state, { location: `/api/v1/projections/${name}/rebuild` });
    },
  });
}

function rebuildStateRoute({ rebuilds }: Shop): Route {
  return answering({
    ...ofProjection,
    method: "GET",
    name: "getRebuild",
    summary: "How far the last rebuild of the read model is",
    schema: rebuildSchema,
    answer: ({ params: { name } }) => rebuilds.state(name),
    missing: ({ name }) => `no rebuild of ${name} was started since the program was`,
  });
}

function eventBody(event: StoredEvent): z.infer<typeof eventSchema> {
  const { id, position, stream, version, type, schemaVersion, recordedAt } = event;
  const data: unknown = JSON.parse(event.data);
  const meta: unknown = JSON.parse(event.meta);
  return { id, position, stream, version, type, schemaVersion, data, meta, recordedAt };
}
