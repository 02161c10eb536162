import { givenId } from "@daybook/kernel/ids";
import { decimalText } from "@daybook/kernel/money";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import type { Catalogue, Product } from "./contract.ts";

const productBodySchema = z.strictObject({
  productId: z.string(),
  name: z.string(),
  price: z.strictObject({ amount: z.string(), currency: z.string() }),
});

/** The routes of the catalogue. */
export function catalogRoutes(catalogue: Catalogue): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/products",
      name: "listProducts",
      summary: "Products that can be ordered, by id",
      tag: "catalogue",
      auth: { roles: ["operator", "viewer", "customer"] },
      query: z.strictObject({
        after: givenId.optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      success: { status: 200, schema: z.strictObject({ products: z.array(productBodySchema) }) },
      async handle({ query: { after, limit } }) {
        const products = await catalogue.products({ after, limit });
        return jsonAnswer(200, { products: products.map(productBody) });
      },
    }),
  ];
}

function productBody({ productId, name, price }: Product): z.infer<typeof productBodySchema> {
  return { productId, name, price: { amount: decimalText(price), currency: price.currency } };
}
