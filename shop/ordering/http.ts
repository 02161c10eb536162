import type { Around } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import type { RowCursor, Store } from "@daybook/data/store";
import { readPosition } from "@daybook/data/store/position";
import { givenId } from "@daybook/kernel/ids";
import { notFound, positionNotReached } from "@daybook/network/http/errors";
import { pageAnswer, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import {
  countOrders,
  getWholeOrder,
  listOrders,
  orderStatusSchema,
  paymentStatusSchema,
  rowCursorSchema,
  searchOrders,
  shipmentStatusSchema,
  type JoinedOrder,
  type SomeOrders,
} from "./contract.ts";
import { placedAtSchema } from "./events.ts";
import { orderBody, orderListSchema, wholeOrderBody, wholeOrderSchema } from "./http-bodies.ts";
import { changeRoutes, orderIdSchema, ownCustomer, type OrderRoutesParts } from "./http-changes.ts";
import { followRoute } from "./http-events.ts";
import type { OrderingService } from "./service.ts";

export { ORDER_STATUSES } from "./http-changes.ts";

const READ_ROLES = ["operator", "viewer", "customer"];
const REACH_WITHIN_MS = 2_000;
const COUNT_CAP = 10_000;
/** A numbered page is looked for in so many pages of the list: each has a thousand orders, or has looked at as many. */
const TURNS_MAX = 20;
const momentSchema = z.iso.datetime({ offset: true, abort: true });
const placedSchema = momentSchema
  .refine((text) => placedAtSchema.safeParse(epochMs(text)).success, "a moment of the years 1970 to 9999")
  .optional();

/** The routes of orders. */
export function orderRoutes(parts: OrderRoutesParts): readonly Route[] {
  return [...changeRoutes(parts), list(parts), search(parts), listOfCustomer(parts), followRoute(parts), details(parts)];
}

function details({ ordering, store }: OrderRoutesParts): Route {
  const query = z.strictObject({
    version: z.coerce.number().int().min(1).optional(),
    at: momentSchema.optional(),
  });
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}",
    name: "getOrder",
    summary: "An order with its payment, shipment and timeline, now or as of a version or a moment",
    tag: "orders",
    auth: { roles: READ_ROLES },
    params: orderIdSchema,
    query,
    readsAtLeast: true,
    success: {
      status: 200,
      schema: wholeOrderSchema,
      headers: { etag: "The order's version, and how much is known of payment and shipment" },
    },
    problems: ["not-found"],
    async handle(request) {
      await checkReached(store, request);
      const { version, at } = request.query;
      const query = { orderId: request.params.id, version, recordedAt: epochMs(at) };
      const order = await ordering.queries.dispatch(getWholeOrder, query, request);
      const own = ownCustomer(request);
      if (!order || (own !== undefined && order.customer.id !== own)) throw notFound(`there is no order ${request.params.id}`);
      return jsonAnswer(200, wholeOrderBody(order), { etag: etag(order.version, order.revision) });
    },
  });
}

const listQuery = z
  .strictObject({
    status: orderStatusSchema.optional(),
    payment: paymentStatusSchema.optional(),
    shipment: shipmentStatusSchema.optional(),
    placedFrom: placedSchema,
    placedBefore: placedSchema,
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: z.string().max(600).optional(),
    page: z.coerce.number().int().min(1).max(1_000).optional(),
    pageSize: z.coerce.number().int().min(1).max(200).optional(),
  })
  .refine(
    ({ cursor, page, pageSize }) => cursor === undefined || (page ?? pageSize) === undefined,
    "a cursor, or a page and its size",
  );
type ListQuery = z.infer<typeof listQuery>;

function list(parts: OrderRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders",
    name: "listOrders",
    summary: "All orders, newest first",
    tag: "orders",
    auth: { roles: ["operator", "viewer"] },
    query: listQuery,
    readsAtLeast: true,
    success: { status: 200, schema: orderListSchema, headers: { link: "The next page" } },
    handle: (request) => listed(parts, request, request.query, undefined),
  });
}

function listOfCustomer(parts: OrderRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/orders/customer/{customerId}",
    name: "listCustomerOrders",
    summary: "A customer's orders, newest first",
    tag: "orders",
    auth: { roles: READ_ROLES },
    params: z.strictObject({ customerId: givenId }),
    query: listQuery,
    readsAtLeast: true,
    success: { status: 200, schema: orderListSchema, headers: { link: "The next page" } },
    handle(request) {
      const own = ownCustomer(request);
      const { customerId } = request.params;
      if (own !== undefined && own !== customerId) throw notFound(`there is no customer ${customerId}`);
      return listed(parts, request, request.query, customerId);
    },
  });
}

async function listed(
  parts: OrderRoutesParts,
  request: HttpRequest,
  { limit, cursor, page, pageSize, placedFrom, placedBefore, ...statuses }: ListQuery,
  customerId: string | undefined,
): Promise<HttpAnswer> {
  const { ordering } = parts;
  await checkShown(parts, ordering.details, request);
  const list = { ...statuses, customerId, placedFrom: epochMs(placedFrom), placedBefore: epochMs(placedBefore) };
  if (page !== undefined || pageSize !== undefined) return numbered(ordering, request, list, page ?? 1, pageSize ?? 20);
  const after = cursor === undefined ? undefined : readCursor(cursor, rowCursorSchema);
  const found = await ordering.queries.dispatch(listOrders, { ...list, limit, after }, request);
  return pageAnswer(request.target, { orders: found.orders.map(orderBody) }, found.next satisfies RowCursor | undefined);
}

/** A numbered page walks the list from its start: the total is counted up to a cap, and so are the pages. */
async function numbered(
  { queries }: OrderingService,
  around: Around,
  list: SomeOrders,
  page: number,
  pageSize: number,
): Promise<HttpAnswer> {
  const { count: total, isCapped } = await queries.dispatch(countOrders, { ...list, cap: COUNT_CAP }, around);
  const pages = Math.ceil(total / pageSize);
  const orders = page > pages ? [] : await skippedTo(queries, around, list, (page - 1) * pageSize, pageSize);
  return jsonAnswer(200, { orders: orders.map(orderBody), page, pageSize, total, pages, isTotalCapped: isCapped });
}

/** `count` orders of the list, after `skipped` of them. */
async function skippedTo(
  queries: OrderingService["queries"],
  around: Around,
  list: SomeOrders,
  skipped: number,
  count: number,
): Promise<readonly JoinedOrder[]> {
  const orders: JoinedOrder[] = [];
  let rest = skipped;
  let after: RowCursor | undefined;
  for (let turn = 0; turn < TURNS_MAX && orders.length < count; turn++) {
    const limit = rest > 0 ? Math.min(rest, 1_000) : count - orders.length;
    const found = await queries.dispatch(listOrders, { ...list, limit, after }, around);
    if (rest > 0) rest -= found.orders.length;
    else orders.push(...found.orders);
    after = found.next;
    if (!after) break;
  }
  return orders;
}

function search(parts: OrderRoutesParts): Route {
  const { ordering } = parts;
  return route({
    method: "GET",
    path: "/api/v1/orders/search",
    name: "searchOrders",
    summary: "Orders by start or end of the id, or by a part of the customer's name or e-mail",
    tag: "orders",
    auth: { roles: ["operator", "viewer"] },
    query: z.strictObject({ q: z.string().trim().min(3).max(100), limit: z.coerce.number().int().min(1).max(100).default(20) }),
    readsAtLeast: true,
    success: { status: 200, schema: orderListSchema },
    async handle(request) {
      await checkShown(parts, ordering.search, request);
      const orders = await ordering.queries.dispatch(
        searchOrders,
        { text: request.query.q, limit: request.query.limit },
        request,
      );
      return jsonAnswer(200, { orders: orders.map(orderBody) });
    },
  });
}

/** The position that the request asks to have been reached, 0 without one. Rows and streams of orders are as new as the log. */
async function checkReached(store: Store, { atLeast }: HttpRequest): Promise<number> {
  return atLeast === undefined ? 0 : readPosition(atLeast, await store.head());
}

/** Waits until the read model shows it; throws `position-not-reached` when that takes too long. */
async function checkShown(
  { store, clock }: OrderRoutesParts,
  model: OrderingService["search" | "details"],
  request: HttpRequest,
): Promise<void> {
  const position = await checkReached(store, request);
  if (position === 0) return;
  const { isReached, lag } = await waitFor(store, model, position, REACH_WITHIN_MS, clock);
  if (!isReached)
    throw positionNotReached(`${model.name} has not seen this position yet`, { details: { lag, retryAfterMs: 1_000 } });
}

function epochMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Temporal.Instant.from(text).epochMilliseconds;
}
