import type { Store } from "@daybook/data/store";
import { givenId } from "@daybook/kernel/ids";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { notFound } from "@daybook/network/http/errors";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { valueOf, type Answer } from "@daybook/network/rpc/contract";
import { z } from "zod";
import type { ByHand } from "./by-hand.ts";
import { checkedSchema, itemsSchema, stockSchema, type Stock } from "./contract.ts";
import type { InventoryService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const STOCK_STATUSES: StatusTable = {
  "unknown-product": 409,
  "insufficient-stock": 409,
  "stock-too-large": 400,
};

export interface StockRoutesParts {
  readonly inventory: InventoryService;
  readonly store: Store;
}

const productSchema = z.strictObject({ productId: givenId });
const quantitySchema = z.int().min(1).max(1_000_000_000);

/** The routes of stock. */
export function stockRoutes(parts: StockRoutesParts): readonly Route[] {
  const received = z.strictObject({ quantity: quantitySchema, reference: z.string().trim().max(200).optional() });
  const lost = z.strictObject({ quantity: quantitySchema, reason: z.string().trim().min(1).max(500) });
  return [
    details(parts),
    check(parts),
    movement(parts, "receive", "Note pieces that have arrived", received, (body) => ({ type: "receive", ...body })),
    movement(parts, "write-off", "Note pieces on hand that are lost", lost, (body) => ({ type: "write-off", ...body })),
  ];
}

function details({ inventory }: StockRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/stock/{productId}",
    name: "getStock",
    summary: "The stock of a product: received = on hand + reserved + shipped + written off",
    tag: "stock",
    auth: { roles: ["operator", "viewer"] },
    params: productSchema,
    success: { status: 200, schema: stockSchema },
    problems: ["not-found"],
    async handle({ params, context }) {
      const stock = valueOf(await inventory.operations.stock(params, { context }));
      if (!stock) throw notFound(`there never was any stock of ${params.productId}`);
      return jsonAnswer(200, stock);
    },
  });
}

function check({ inventory }: StockRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/stock/check",
    name: "checkStock",
    summary: "Whether all items are available now, and what is short; reserves nothing",
    tag: "stock",
    auth: { roles: ["operator", "viewer", "customer"] },
    body: z.strictObject({ items: itemsSchema }),
    success: { status: 200, schema: checkedSchema },
    handle: async ({ body, context }) => jsonAnswer(200, valueOf(await inventory.operations.check(body, { context }))),
  });
}

function movement<Body>(
  { inventory, store }: StockRoutesParts,
  verb: "receive" | "write-off",
  summary: string,
  body: z.ZodType<Body>,
  command: (body: Body) => ByHand,
): Route {
  return route({
    method: "POST",
    path: `/api/v1/stock/{productId}/${verb}`,
    name: verb === "receive" ? "receiveStock" : "writeOffStock",
    summary,
    tag: "stock",
    auth: { roles: ["operator"] },
    params: productSchema,
    body,
    isIdempotent: true,
    success: { status: 200, schema: stockSchema },
    problems: Object.keys(STOCK_STATUSES),
    handle: (request) =>
      commandAnswer(store, `${verb}-stock`, request, ({ context, idempotency }) => {
        const render = (moved: Answer<Stock>) => movedAnswer(moved, request);
        return inventory.move(request.params.productId, command(request.body), { context, idempotency, render });
      }),
  });
}

function movedAnswer(moved: Answer<Stock>, { context }: HttpRequest) {
  if ("refusal" in moved) return problemAnswer(moved.refusal, STOCK_STATUSES, context.traceparent);
  return jsonAnswer(200, moved.value);
}
