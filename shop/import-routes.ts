import { jsonAnswer, route, type HttpRequest, type Route } from "@daybook/network/http/route";
import { givenId } from "@daybook/kernel/ids";
import { moneySchema } from "@daybook/kernel/money";
import type { Context } from "@daybook/kernel/context";
import { productSchema } from "@daybook/shop-catalog/contract";
import { getOrder, IMPORT_ACTOR, importOrderSchema } from "@daybook/shop-ordering/contract";
import { requestReturnSchema, type RequestReturn, type Return } from "@daybook/shop-returns/contract";
import { z } from "zod";
import { ordersNotCarriedOut } from "./errors.ts";
import { orderEnd, orderEndSchema, untilKnown } from "./import-ends.ts";
import { importOrders } from "./import-orders.ts";
import type { Shop } from "./service.ts";

const AT_ONCE = 200;

const refusedSchema = z.strictObject({ outcome: z.literal("refused"), code: z.string(), message: z.string() });
const placementSchema = z.union([z.strictObject({ outcome: z.enum(["placed", "exists"]) }), refusedSchema]);
const returnedSchema = z.union([
  z.strictObject({ outcome: z.literal("completed"), amount: moneySchema }),
  z.strictObject({ outcome: z.literal("under-way") }),
  refusedSchema,
]);

/** The return of a credit note: under its key, for ever, one. */
const importReturnSchema = requestReturnSchema.pick({ orderId: true, reason: true }).extend({
  key: z.string().min(1).max(300),
  items: requestReturnSchema.shape.items.unwrap(),
  returnedAt: requestReturnSchema.shape.returnedAt.unwrap(),
  origin: requestReturnSchema.shape.origin.unwrap(),
});

/** The routes by which an import brings a shop's past in; asked again, each changes nothing. */
export function importRoutes(shop: Shop): readonly Route[] {
  return [productsRoute(shop), ordersRoute(shop), endsRoute(shop), returnsRoute(shop)];
}

interface Importing<Body> {
  readonly what: string;
  readonly name: string;
  readonly summary: string;
  readonly body: z.ZodType<Body>;
  readonly schema: z.ZodType;
  readonly answer: (body: Body, context: Context) => Promise<unknown>;
}

function importing<Body>({ what, schema, answer, ...shape }: Importing<Body>): Route {
  return route<unknown, unknown, Body>({
    ...shape,
    method: "POST",
    path: `/api/v1/imports/${what}`,
    tag: "imports",
    auth: { roles: ["admin"] },
    success: { status: 200, schema },
    handle: async (request) => jsonAnswer(200, await answer(request.body, contextOf(request))),
  });
}

/** The import acts, caused by the request. */
function contextOf({ context }: HttpRequest): Context {
  return { ...context, actor: IMPORT_ACTOR, causationId: context.correlationId };
}

function productsRoute(shop: Shop): Route {
  return importing({
    what: "products",
    name: "importProducts",
    summary: "List products from elsewhere that are missing; one that is there stays as it is",
    body: z.strictObject({ products: z.array(productSchema).min(1).max(AT_ONCE) }),
    schema: z.strictObject({}),
    async answer({ products }, context) {
      checkIsServed(shop);
      await shop.catalogue.listMissing(products, context);
      return {};
    },
  });
}

function ordersRoute(shop: Shop): Route {
  return importing({
    what: "orders",
    name: "importOrders",
    summary:
      "Place orders from elsewhere, with their own ids, prices and times; those with a payment are carried out, and what they need for it is there",
    body: z.strictObject({ orders: z.array(importOrderSchema).min(1).max(AT_ONCE) }),
    schema: z.strictObject({ results: z.array(placementSchema) }),
    async answer({ orders }, context) {
      if (orders.some(({ payment }) => payment)) checkIsServed(shop);
      return { results: await importOrders(shop, orders, context) };
    },
  });
}

function endsRoute(shop: Shop): Route {
  return importing({
    what: "ends",
    name: "importEnds",
    summary: "How imported orders ended; waits 2 s for those that are under way",
    body: z.strictObject({ orderIds: z.array(givenId).min(1).max(AT_ONCE) }),
    schema: z.strictObject({ orders: z.array(orderEndSchema) }),
    async answer({ orderIds }, context) {
      checkIsServed(shop);
      const ends = await untilKnown(shop, orderIds, (orderId) => orderEnd(shop, orderId, context));
      return { orders: orderIds.map((orderId, at) => ends[at] ?? { orderId }) };
    },
  });
}

function returnsRoute(shop: Shop): Route {
  return importing({
    what: "returns",
    name: "importReturns",
    summary: "Returns from elsewhere: accepted and received, under their keys once; waits 2 s for those that are under way",
    body: z.strictObject({ returns: z.array(importReturnSchema).min(1).max(AT_ONCE) }),
    schema: z.strictObject({ results: z.array(returnedSchema) }),
    async answer({ returns }, context) {
      checkIsServed(shop);
      const asked = await Promise.all(
        returns.map(async ({ key, ...rest }) => {
          const request: RequestReturn = { ...rest, received: { writtenOff: [] } };
          const answer = await shop.returns.operations.request(request, { context, key });
          return "refusal" in answer ? answer.refusal : answer.value;
        }),
      );
      const ended = await untilKnown(shop, asked, async (each) => ("code" in each ? each : completed(shop, each, context)));
      return { results: ended.map((each) => (each && "code" in each ? refusedOf(each) : returnedOf(each))) };
    },
  });
}

/** Once it is completed and its order shows it. */
async function completed(
  { returns, ordering }: Shop,
  { returnId, orderId }: Return,
  context: Context,
): Promise<Return | undefined> {
  const row = await returns.get(returnId);
  if (row?.return.status !== "completed") return undefined;
  const order = await ordering.queries.dispatch(getOrder, { orderId }, { context });
  return order?.returns?.some((each) => each.returnId === returnId) ? row.return : undefined;
}

function returnedOf(ended: Return | undefined): z.infer<typeof returnedSchema> {
  return ended ? { outcome: "completed", amount: ended.amount } : { outcome: "under-way" };
}

function refusedOf({ code, message }: { readonly code: string; readonly message: string }): z.infer<typeof returnedSchema> {
  return { outcome: "refused", code, message };
}

/** Nobody waits for what nobody does. */
function checkIsServed(shop: Shop): void {
  if (!shop.work()?.fulfilment)
    throw ordersNotCarriedOut("this shop has no partners outside, and carries no orders out: it can place them only");
}
