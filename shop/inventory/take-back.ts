import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { Store } from "@daybook/data/store";
import type { Answer } from "@daybook/network/rpc/contract";
import type { TakeBack } from "./contract.ts";
import type { StockKeeper } from "./stock-keeper.ts";
import type { StockCommand } from "./stock.ts";

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly keeper: StockKeeper;
}

/** How long it is remembered that a return's pieces were counted: longer than whoever says so tries. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1_000;

/** The pieces of one return are counted once: the key that says so is put in the unit that moves them. */
export async function tookBack(
  { store, clock, keeper }: Parts,
  { orderId, returnId, reason, items }: TakeBack,
  context: Context,
): Promise<Answer<Record<string, never>>> {
  const key = `returned-stock/${returnId}`;
  if ((await store.getKey(key)) !== undefined) return { value: {} };
  const sorted = items.toSorted((a, b) => (a.productId < b.productId ? -1 : 1));
  const commands = sorted.map(({ productId, ...pieces }): [string, StockCommand] => [
    productId,
    { type: "take-back", orderId, returnId, reason, ...pieces },
  ]);
  const moved = await keeper.move({
    context: { ...context, correlationId: orderId },
    conditions: [{ kind: "keyAbsent", key }],
    commands: new Map(commands),
    effects: [{ kind: "putKey", key, value: orderId, expiresAt: clock.now() + REMEMBERED_MS }],
  });
  return moved === "done" || moved === "conditions" ? { value: {} } : moved;
}
