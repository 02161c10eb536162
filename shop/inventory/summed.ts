import type { StockItem } from "./contract.ts";

/** The same product twice is one movement; in order of product, so that equal orders make equal units. */
export function summed(items: readonly StockItem[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { productId, quantity } of items) sums.set(productId, (sums.get(productId) ?? 0) + quantity);
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}
