import type { Executed } from "@daybook/data/cqrs/aggregates";
import { waitFor } from "@daybook/data/cqrs/read-model";
import type { Store } from "@daybook/data/store";
import { readPosition } from "@daybook/data/store/position";
import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import { lineText } from "@daybook/kernel/line-text";
import { decimalText, moneyFromDecimal } from "@daybook/kernel/money";
import { commandAnswer } from "@daybook/network/http/command-answer";
import { notFound, positionNotReached } from "@daybook/network/http/errors";
import { etag } from "@daybook/network/http/preconditions";
import { problemAnswer } from "@daybook/network/http/problem";
import { jsonAnswer, route, type HttpAnswer, type HttpRequest, type Route } from "@daybook/network/http/route";
import type { StatusTable } from "@daybook/network/http/statuses";
import { z } from "zod";
import type { Product } from "./contract.ts";
import type { ProductCommand } from "./product.ts";
import type { CatalogService } from "./service.ts";

/** Statuses of the refusals of this context. */
export const PRODUCT_STATUSES: StatusTable = { "product-not-found": 404, "price-not-positive": 400 };

export interface CatalogRoutesParts {
  readonly catalogue: CatalogService;
  readonly store: Store;
  readonly clock: Clock;
}

const READ_ROLES = ["operator", "viewer", "customer"];
const REACH_WITHIN_MS = 2_000;
const productIdSchema = z.strictObject({ productId: givenId });
const priceSchema = z.strictObject({
  amount: z.string().regex(/^\d{1,9}(\.\d{1,4})?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
const productBodySchema = z.strictObject({
  productId: z.string(),
  name: z.string(),
  price: z.strictObject({ amount: z.string(), currency: z.string() }),
});
const productsSchema = z.strictObject({ products: z.array(productBodySchema) });

/** The routes of the catalogue. */
export function catalogRoutes(parts: CatalogRoutesParts): readonly Route[] {
  return [products(parts), search(parts), details(parts), list(parts), price(parts)];
}

function products({ catalogue }: CatalogRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/products",
    name: "listProducts",
    summary: "Products that can be ordered, by id",
    tag: "catalogue",
    auth: { roles: READ_ROLES },
    query: z.strictObject({
      after: givenId.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    success: { status: 200, schema: productsSchema },
    async handle({ query: { after, limit } }) {
      const products = await catalogue.products({ after, limit });
      return jsonAnswer(200, { products: products.map(productBody) });
    },
  });
}

function search({ catalogue, store, clock }: CatalogRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/products/search",
    name: "searchProducts",
    summary: "Products by the beginnings of words of their names and ids",
    tag: "catalogue",
    auth: { roles: READ_ROLES },
    query: z.strictObject({ q: z.string().trim().min(1).max(100), limit: z.coerce.number().int().min(1).max(100).default(20) }),
    readsAtLeast: true,
    success: { status: 200, schema: productsSchema },
    async handle({ query: { q, limit }, atLeast }) {
      const position = atLeast === undefined ? 0 : readPosition(atLeast, await store.head());
      const { isReached, lag } = await waitFor(store, catalogue.searched, position, REACH_WITHIN_MS, clock);
      if (!isReached) {
        throw positionNotReached("the search has not seen this position yet", { details: { lag, retryAfterMs: 1_000 } });
      }
      return jsonAnswer(200, { products: (await catalogue.search(q, limit)).map(productBody) });
    },
  });
}

function details({ catalogue, store }: CatalogRoutesParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/products/{productId}",
    name: "getProduct",
    summary: "A product",
    tag: "catalogue",
    auth: { roles: READ_ROLES },
    params: productIdSchema,
    success: { status: 200, schema: productBodySchema, headers: { etag: "The product's version" } },
    problems: ["not-found"],
    async handle({ params: { productId } }) {
      // A version that is older than the product lets a change be refused, never pass over another.
      const version = await store.streamVersion(`product-${productId}`);
      const product = await catalogue.product(productId);
      if (!product) throw notFound(`there is no product ${productId}`);
      return jsonAnswer(200, productBody(product), { etag: etag(version) });
    },
  });
}

function list(parts: CatalogRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/products",
    name: "listProduct",
    summary: "List a product, or change one: name and price",
    tag: "catalogue",
    auth: { roles: ["operator"] },
    body: z.strictObject({ productId: givenId, name: lineText(300), price: priceSchema }),
    isIdempotent: true,
    ifMatch: "optional",
    success: { status: 200, schema: productBodySchema, headers: { etag: "The product's version" } },
    problems: ["price-not-positive", "invalid-amount"],
    handle(request) {
      const { productId, name, price } = request.body;
      const product = { productId, name, price: moneyFromDecimal(price.amount, price.currency) };
      return executed(parts, productId, { type: "list", product }, "list-product", request);
    },
  });
}

function price(parts: CatalogRoutesParts): Route {
  return route({
    method: "POST",
    path: "/api/v1/products/{productId}/price",
    name: "changePrice",
    summary: "Change a product's price; orders keep the one that they were placed at",
    tag: "catalogue",
    auth: { roles: ["operator"] },
    params: productIdSchema,
    body: priceSchema,
    isIdempotent: true,
    ifMatch: "optional",
    success: { status: 200, schema: productBodySchema, headers: { etag: "The product's version" } },
    problems: ["product-not-found", "price-not-positive", "invalid-amount"],
    handle(request) {
      const { amount, currency } = request.body;
      const command = { type: "price", price: moneyFromDecimal(amount, currency) } as const;
      return executed(parts, request.params.productId, command, "change-price", request);
    },
  });
}

function executed(
  { catalogue, store }: CatalogRoutesParts,
  productId: string,
  command: ProductCommand,
  operation: string,
  request: HttpRequest,
): Promise<HttpAnswer> {
  return commandAnswer(store, operation, request, (execution): Promise<Executed<HttpAnswer>> =>
    catalogue.execute(productId, command, {
      ...execution,
      render(outcome) {
        if (outcome.kind === "refused") return problemAnswer(outcome.refusal, PRODUCT_STATUSES, request.context.traceparent);
        assert(outcome.state, "a command that was carried out leaves a product");
        return jsonAnswer(200, productBody(outcome.state), { etag: etag(outcome.version) });
      },
    }),
  );
}

function productBody({ productId, name, price }: Product): z.infer<typeof productBodySchema> {
  return { productId, name, price: { amount: decimalText(price), currency: price.currency } };
}
