import { canonicalText, isRecord, memberOf, parsedJson } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import { placeOf, type Check, type Fact } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";
import { minorOf } from "./order-amounts.ts";

const CATEGORY = "product-";

/** A product's row is what it was listed as last. Rows of products are JSON text with members in any order. */
export function productsCheck({ store, head, meter }: Verifying): Check {
  const findings = new Findings("products (law 3)");
  const expected = new Map<string, ExpectedRow>();
  return {
    findings: [findings],
    fact(fact) {
      const { stream, position, recordedAt } = fact.stored;
      if (!stream.startsWith(CATEGORY)) return;
      const productId = stream.slice(CATEGORY.length);
      findings.checked++;
      const fault = listingFault(productId, fact);
      if (fault !== undefined) findings.violated(fault, placeOf(fact));
      expected.set(productId, { digest: textDigest(canonicalText(fact.data ?? null)), position, recordedAt });
    },
    end: () => compareRows({ store, name: "products", expected, head, findings, meter, comparable }),
  };
}

function comparable(text: string): string {
  return canonicalText(parsedJson(text) ?? null);
}

function listingFault(productId: string, { stored, data }: Fact): string | undefined {
  if (stored.type !== "ProductListed" || stored.schemaVersion !== 1 || !isRecord(data)) return "not an event of a product";
  if (data["productId"] !== productId) return "the product's id is not its stream's";
  const price = minorOf(data["price"], String(memberOf(data["price"], "currency")));
  return price === undefined || price <= 0n ? "the price is not above zero" : undefined;
}
