import type { Store } from "@daybook/data/store";
import { parsedJson } from "../canonical-text.ts";
import { foldOrder, type FoldedOrder } from "./order-fold.ts";

const REMEMBERED_MAX = 1_000;

/** Orders as of a version, folded from their streams. */
export type OrderReplay = (orderId: string, version: number) => Promise<FoldedOrder | undefined>;

/** Most orders have few events: only those folded last are kept, so that a long one is not read anew for each event. */
export function orderReplay(store: Store): OrderReplay {
  const remembered = new Map<string, FoldedOrder>();
  return async (orderId, version) => {
    const known = remembered.get(orderId);
    let order = known && known.version <= version ? known : undefined;
    for (let from = (order?.version ?? 0) + 1; from <= version;) {
      const page = await store.readStream(`order-${orderId}`, { from, limit: Math.min(1_000, version - from + 1) });
      for (const event of page) order = foldOrder(orderId, order, { ...event, data: parsedJson(event.data) }).order;
      if (page.length === 0) break;
      from += page.length;
    }
    remembered.delete(orderId);
    if (order) remembered.set(orderId, order);
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    return order;
  };
}
