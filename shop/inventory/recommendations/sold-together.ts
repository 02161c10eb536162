import { projection, type Projection, type View } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import type { Store } from "@daybook/data/store";
import { STOCK_CATEGORY, type StockEvent } from "../events.ts";

/** The read model "sold-together": one row a product that was ever shipped, and one of the sale that was shipped last. */
const SOLD_TOGETHER = "sold-together";
const SALES = "sales";
/** No product's id. */
const LAST_SALE = "+";
/** Products of one sale that count as bought together: longer ones are a dealer's, and say little. */
const PAIRED_MAX = 6;
/** Other products that are remembered for one. */
const OTHERS_MAX = 20;

export type SoldTogether = SoldProduct | Sale;

export interface SoldProduct {
  /** Sales that it was part of. */
  readonly sales: number;
  /** What was with it and in how many of them: most often first, of equals by id. */
  readonly others: readonly Other[];
}
type Other = readonly [productId: string, sales: number];

interface Sale {
  readonly orderId: string;
  /** Its first products. */
  readonly products: readonly string[];
}

/** What leaves the stock for one order, one after another, is one sale: an order's goods leave in one unit. */
export function soldTogether(): Projection<SoldTogether, StockEvent> {
  return projection<SoldTogether, StockEvent>({
    name: SOLD_TOGETHER,
    version: 1,
    categories: [STOCK_CATEGORY],
    types: ["StockShipped"],
    async project({ event }, view) {
      if (event.type !== "StockShipped") return;
      const { orderId, productId } = event.data;
      const last = (await view.get(LAST_SALE)) as Sale | undefined; // put under this key below
      const products = last?.orderId === orderId ? last.products : [];
      const isPaired = products.length < PAIRED_MAX && !products.includes(productId);
      await count(view, productId, 1, isPaired ? products : []);
      if (!isPaired) return;
      for (const other of products) await count(view, other, 0, [productId]);
      view.put(LAST_SALE, { orderId, products: [...products, productId] });
    },
  });
}

async function count(view: View<SoldTogether>, productId: string, sales: number, others: readonly string[]): Promise<void> {
  const before = ((await view.get(productId)) ?? { sales: 0, others: [] }) as SoldProduct; // what a product's key holds
  const after = { sales: before.sales + sales, others: others.reduce(counted, before.others) };
  view.put(productId, after, { [SALES]: [String(after.sales).padStart(12, "0")] });
}

/** A new one takes the place of the last. */
function counted(others: readonly Other[], productId: string): readonly Other[] {
  const before = others.find(([id]) => id === productId)?.[1] ?? 0;
  const rest = others.filter(([id]) => id !== productId).slice(0, OTHERS_MAX - 1);
  return [...rest, [productId, before + 1] as const].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** Ids of products that were bought together with this one, most often first. */
export async function boughtTogether(store: Store, productId: string): Promise<readonly string[]> {
  const row = await readModel<SoldProduct>(store, SOLD_TOGETHER).get(productId);
  return row ? row.value.others.map(([id]) => id) : [];
}

/** Ids of the products with the most sales. */
export async function bestSellers(store: Store, limit: number): Promise<readonly string[]> {
  const { rows } = await readModel<SoldProduct>(store, SOLD_TOGETHER).list({ index: SALES, direction: "backwards", limit });
  return rows.map(({ key }) => key);
}
