import { canonicalText, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import type { Check } from "../log/fact.ts";
import { plainForm } from "../search-tokens.ts";
import type { Verifying } from "../verifying.ts";
import { compareProjected, type ProjectedRow } from "./projected-rows.ts";

const WORDS_MAX = 50;

/** Each product is found by the words of its name and id, as they were listed last, up to the read model's checkpoint. */
export function productSearchCheck(verifying: Verifying): Check {
  const findings = new Findings("product-search (law 3)");
  const expected = new Map<string, ProjectedRow>();
  const { productSearch } = verifying.marks;
  return {
    findings: [findings],
    fact({ stored: { stream, type, position }, data }) {
      if (position > productSearch.checkpoint || !stream.startsWith("product-") || type !== "ProductListed") return;
      const productId = String(memberOf(data, "productId"));
      const words = wordsIn(`${String(memberOf(data, "name"))} ${productId}`);
      expected.set(productId, { text: canonicalText({ words }), entries: words.map((word) => `word/${word}`) });
    },
    end: () => compareProjected(verifying, productSearch, expected, findings),
  };
}

/** Runs of letters and digits of the plain form, the first fifty of them, each once, in order. */
function wordsIn(text: string): readonly string[] {
  const runs = plainForm(text).split(/[^\p{L}\p{N}]+/u);
  return [...new Set(runs.filter((run) => run !== ""))].slice(0, WORDS_MAX).sort();
}
