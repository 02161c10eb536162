import { givenId } from "@daybook/kernel/ids";
import type { HealthCheck } from "@daybook/network/http/health";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import { decimalText } from "@daybook/kernel/money";
import { z } from "zod";
import { BASES, type Recommendations } from "./recommendations.ts";

const recommendedSchema = z.strictObject({
  products: z.array(
    z.strictObject({
      productId: z.string(),
      name: z.string(),
      price: z.strictObject({ amount: z.string(), currency: z.string() }),
    }),
  ),
  basis: z.enum(BASES),
  /** What is told instead, because what was asked for failed or was slow. */
  isDegraded: z.boolean(),
});

/** The route of what goes with a product. */
export function recommendationRoutes(recommendations: Pick<Recommendations, "of">): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/products/{productId}/recommendations",
      name: "recommendProducts",
      summary:
        "Products that were bought together with one; what sells best when none were, and, degraded, when that fails or is slow",
      tag: "catalogue",
      auth: { roles: ["operator", "viewer", "customer"] },
      params: z.strictObject({ productId: givenId }),
      success: { status: 200, schema: recommendedSchema },
      problems: ["not-found"],
      async handle({ params: { productId } }) {
        const { products, basis, isDegraded } = await recommendations.of(productId);
        const shown = products.map(({ price, ...product }) => ({
          ...product,
          price: { amount: decimalText(price), currency: price.currency },
        }));
        return jsonAnswer(200, { products: shown, basis, isDegraded });
      },
    }),
  ];
}

/** Degraded while answers are, with the reason. */
export function recommendationCheck(recommendations: Pick<Recommendations, "status">): HealthCheck {
  return {
    name: "recommendations",
    check() {
      const { isInUse, since, failures, code, source } = recommendations.status();
      if (!isInUse) return { state: "healthy", details: { failures } };
      const reason = `${source ?? "nothing"} instead of bought-together: ${code ?? "unexpected"}`;
      return { state: "degraded", reason, details: { since, failures } };
    },
  };
}
