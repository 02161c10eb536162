import { contention } from "@daybook/data/cqrs/errors";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Store } from "@daybook/data/store";
import type { Context } from "@daybook/kernel/context";
import type { StockItem } from "./contract.ts";
import type { StockKeeper } from "./stock-keeper.ts";
import { summed } from "./summed.ts";

/** The pieces that one order needs. */
export interface OrderSupply {
  readonly orderId: string;
  readonly items: readonly StockItem[];
}

const TRIES = 5;
/** Of one product in one movement. */
const PIECES_MAX = 1_000_000_000;
/** In one unit, so that it fits; an order has no more. */
const PRODUCTS_MAX = 1_000;

/**
 * Notes that the pieces which orders need have arrived, once for each order, in one unit for as many orders as fit. Answers
 * the refusals, by order.
 */
export async function supplyOrders(
  store: Store,
  keeper: StockKeeper,
  orders: readonly OrderSupply[],
  reference: string,
  context: Context,
): Promise<ReadonlyMap<string, Refusal>> {
  const refused = new Map<string, Refusal>();
  for (const pack of packed(orders)) {
    const refusal = await supplyPack(store, keeper, pack, reference, context);
    if (refusal) for (const { orderId } of pack) refused.set(orderId, refusal);
  }
  return refused;
}

async function supplyPack(
  store: Store,
  keeper: StockKeeper,
  pack: readonly OrderSupply[],
  reference: string,
  context: Context,
): Promise<Refusal | undefined> {
  let left = pack;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (left.length === 0) return undefined;
    const quantities = summed(left.flatMap(({ items }) => items));
    const keys = left.map(({ orderId }) => keyOf(orderId));
    const moved = await keeper.move({
      context,
      commands: new Map([...quantities].map(([product, quantity]) => [product, { type: "receive", quantity, reference }])),
      conditions: keys.map((key) => ({ kind: "keyAbsent", key })),
      // For ever: an import may be run again at any time.
      effects: keys.map((key) => ({ kind: "putKey", key, value: "1" })),
    });
    if (moved === "done") return undefined;
    if (moved !== "conditions") return moved.refusal;
    const isSupplied = await Promise.all(keys.map(async (key) => (await store.getKey(key)) !== undefined));
    left = left.filter((_, at) => !isSupplied[at]);
  }
  throw contention("others supply the same orders all the time");
}

/** As many orders together as fit into one unit. */
function packed(orders: readonly OrderSupply[]): readonly (readonly OrderSupply[])[] {
  const packs: OrderSupply[][] = [];
  let sums = new Map<string, number>();
  for (const order of orders) {
    const after = new Map(sums);
    for (const [product, quantity] of summed(order.items)) after.set(product, (after.get(product) ?? 0) + quantity);
    const fits = after.size <= PRODUCTS_MAX && [...after.values()].every((quantity) => quantity <= PIECES_MAX);
    const last = packs.at(-1);
    if (last && fits) last.push(order);
    else packs.push([order]);
    sums = last && fits ? after : new Map(summed(order.items));
  }
  return packs;
}

function keyOf(orderId: string): string {
  return `supplied/${orderId}`;
}
