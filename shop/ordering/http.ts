import type { Around } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import type { RowCursor, Store } from "@daybook/data/store";
import { readPosition } from "@daybook/data/store/position";
import { givenId } from "@daybook/kernel/ids";
import { notFound, positionNotReached } from "@daybook/network/http/errors";
import { nextLink, pageCursor, readCursor } from "@daybook/network/http/paging";
import { etag } from "@daybook/network/http/preconditions";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import {
  countOrders,
  getOrder,
  listOrders,
  orderStatusSchema,
  rowCursorSchema,
  searchOrders,
  type SomeOrders,
} from "./contract.ts";
import { orderBody, orderBodySchema, orderListSchema } from "./http-bodies.ts";
import { changeRoutes, orderIdSchema, ownCustomer, type OrderRoutesParts } from "./http-changes.ts";
import { followRoute } from "./http-events.ts";
import type { OrderingService } from "./service.ts";

export { ORDER_STATUSES } from "./http-changes.ts";

const READ_ROLES = ["operator", "viewer", "customer"];
const REACH_WITHIN_MS = 2_000;
const COUNT_CAP = 10_000;
const STATUS = orderStatusSchema.optional();

/** The routes of orders. */
export function orderRoutes(parts: OrderRoutesParts): readonly Route[] {
  return [...changeRoutes(parts), list(parts), search(parts), listOfCustomer(parts), followRoute(parts), details(parts)];
}

function details({ ordering, store }: OrderRoutesParts): Route {
  const query = z.strictObject({
    version: z.coerce.number().int().min(1).optional(),
    at: z.iso.datetime({ offset: true }).optional(),
  });
  return route({
    method: "GET",
    path: "/api/v1/orders/{id}",
    name: "getOrder",
    summary: "An order, now or as of a version or a moment",
    tag: "orders",
    auth: { roles: READ_ROLES },
    params: orderIdSchema,
    query,
    readsAtLeast: true,
    success: { status: 200, schema: orderBodySchema, headers: { etag: "The order's version" } },
    problems: ["not-found"],
    async handle(request) {
      await checkReached(store, request);
      const { version, at } = request.query;
      const query = { orderId: request.params.id, version, recordedAt: at === undefined ? undefined : epochMs(at) };
      const order = await ordering.queries.dispatch(getOrder, query, request);
      const own = ownCustomer(request);
      if (!order || (own !== undefined && order.customer.id !== own)) throw notFound(`there is no order ${request.params.id}`);
      return jsonAnswer(200, orderBody(order), { etag: etag(order.version) });
    },
  });
}

const listQuery = z.strictObject({
  status: STATUS,
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(600).optional(),
  page: z.coerce.number().int().min(1).max(1_000).optional(),
  pageSize: z.coerce.number().int().min(1).max(200).optional(),
});
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
  { ordering, store }: OrderRoutesParts,
  request: HttpRequest,
  { status, limit, cursor, page, pageSize }: ListQuery,
  customerId: string | undefined,
): Promise<HttpAnswer> {
  await checkReached(store, request);
  if (page !== undefined || pageSize !== undefined) {
    return numbered(ordering, request, { customerId, status }, page ?? 1, pageSize ?? 20);
  }
  const after = cursor === undefined ? undefined : readCursor(cursor, rowCursorSchema);
  const found = await ordering.queries.dispatch(listOrders, { customerId, status, limit, after }, request);
  const next = found.next && pageCursor(found.next satisfies RowCursor);
  return jsonAnswer(
    200,
    { orders: found.orders.map(orderBody), ...(next && { next }) },
    next ? { link: nextLink(request.target, next) } : {},
  );
}

/** A numbered page walks the list from its start: the total is counted up to a cap, and so are the pages. */
async function numbered(
  { queries }: OrderingService,
  around: Around,
  list: SomeOrders,
  page: number,
  pageSize: number,
): Promise<HttpAnswer> {
  const total = await queries.dispatch(countOrders, { ...list, cap: COUNT_CAP }, around);
  const pages = Math.ceil(total / pageSize);
  let after: RowCursor | undefined;
  let rest = Math.min(page, pages + 1) - 1;
  for (rest *= pageSize; rest > 0;) {
    const skipped = await queries.dispatch(listOrders, { ...list, limit: Math.min(rest, 1_000), after }, around);
    rest -= skipped.orders.length;
    after = skipped.next;
    if (!after) break;
  }
  const isBeyond = page > 1 && !after;
  const { orders } = isBeyond ? { orders: [] } : await queries.dispatch(listOrders, { ...list, limit: pageSize, after }, around);
  return jsonAnswer(200, { orders: orders.map(orderBody), page, pageSize, total, pages, isTotalCapped: total === COUNT_CAP });
}

function search({ ordering, store, clock }: OrderRoutesParts): Route {
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
      const position = await checkReached(store, request);
      const reached = await waitFor(store, ordering.search, position, REACH_WITHIN_MS, clock);
      if (!reached.isReached) {
        throw positionNotReached("the search has not seen this position yet", {
          details: { lag: reached.lag, retryAfterMs: 1_000 },
        });
      }
      const orders = await ordering.queries.dispatch(
        searchOrders,
        { text: request.query.q, limit: request.query.limit },
        request,
      );
      return jsonAnswer(200, { orders: orders.map(orderBody) });
    },
  });
}

/** The position that the request asks to have been reached, 0 without one. Rows of orders are as new as the log. */
async function checkReached(store: Store, { atLeast }: HttpRequest): Promise<number> {
  return atLeast === undefined ? 0 : readPosition(atLeast, await store.head());
}

function epochMs(text: string): number {
  return Temporal.Instant.from(text).epochMilliseconds;
}
