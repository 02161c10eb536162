import { canonicalText, memberOf } from "../canonical-text.ts";
import { Findings } from "../findings.ts";
import type { Check } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { compareProjected, type ProjectedRow } from "./projected-rows.ts";

const TOGETHER_MAX = 6;
const KEPT_MAX = 20;
const LAST_SALE = "+";

/** How many sales a product was part of, and in how many each other product was with it. */
interface Sold {
  sales: number;
  readonly others: Map<string, number>;
}

/** Products and what was sold with them, as the shipments for orders say up to the read model's checkpoint: docs/format.md. */
export function soldTogetherCheck(verifying: Verifying): Check {
  const findings = new Findings("sold-together (law 3)");
  const { soldTogether } = verifying.marks;
  const sold = new Map<string, Sold>();
  let sale: { readonly orderId: string; readonly products: readonly string[] } | undefined;
  const soldOf = (productId: string) => {
    const found = sold.get(productId) ?? { sales: 0, others: new Map<string, number>() };
    sold.set(productId, found);
    return found;
  };
  return {
    findings: [findings],
    fact({ stored: { stream, type, position }, data }) {
      if (position > soldTogether.checkpoint || !stream.startsWith("stock-") || type !== "StockShipped") return;
      const [orderId, productId] = [String(memberOf(data, "orderId")), String(memberOf(data, "productId"))];
      const before = sale?.orderId === orderId ? sale.products : [];
      soldOf(productId).sales++;
      if (before.length === TOGETHER_MAX || before.includes(productId)) return;
      for (const other of before) {
        note(soldOf(productId), other);
        note(soldOf(other), productId);
      }
      sale = { orderId, products: [...before, productId] };
    },
    async end() {
      const expected = new Map([...sold].map(([productId, each]) => [productId, rowOf(each)]));
      if (sale) expected.set(LAST_SALE, { text: canonicalText(sale), entries: [] });
      await compareProjected(verifying, soldTogether, expected, findings);
    },
  };
}

/** Of twenty others the one that comes last makes room for a new one. */
function note({ others }: Sold, other: string): void {
  const last = ranked(others).at(-1)?.[0];
  if (!others.has(other) && others.size >= KEPT_MAX && last !== undefined) others.delete(last);
  others.set(other, (others.get(other) ?? 0) + 1);
}

function ranked(others: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...others].sort(([a, m], [b, n]) => (m === n ? Number(a > b) - Number(a < b) : n - m));
}

function rowOf({ sales, others }: Sold): ProjectedRow {
  return { text: canonicalText({ sales, others: ranked(others) }), entries: [`sales/${String(sales).padStart(12, "0")}`] };
}
