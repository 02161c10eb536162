import { valueOf } from "@daybook/network/rpc/contract";
import type { Shop } from "@daybook/shop/shop";
import { done, projected, run, sentOrder } from "./carried-day.ts";

const CALL = { context: { correlationId: "cor_returns", actor: "usr_trial", tenant: "default" } };

/**
 * Of an order of three pieces one comes back and is paid back; one is rejected, and one waits for its piece. Each step is the
 * context's own; the workflows' records are written as their engine would.
 */
export async function returnsDay(shop: Shop): Promise<void> {
  const orderId = await sentOrder(shop, 3);
  const completed = await asked(shop, orderId, 1);
  await carriedOut(shop, completed, orderId);

  const rejected = await asked(shop, orderId, 1);
  valueOf(await shop.returns.operations.reject({ returnId: rejected, reason: "worn" }, CALL));
  await run(shop, `return-${rejected}`, orderId, "completed");

  const waiting = await asked(shop, orderId, 1);
  await run(shop, `return-${waiting}`, orderId, "running");
  await projected(shop);
}

async function asked({ returns }: Shop, orderId: string, quantity: number): Promise<string> {
  const items = [{ productId: "teapot", quantity }];
  return valueOf(await returns.operations.request({ orderId, reason: "too big", items }, CALL)).returnId;
}

async function carriedOut(shop: Shop, returnId: string, orderId: string): Promise<void> {
  const { returns, inventory, payments, ordering, events, store } = shop;
  const { amount, reason, lines } = valueOf(await returns.operations.receive({ returnId, writtenOff: [1] }, CALL));
  const items = [{ productId: "teapot", quantity: 1, writtenOff: 1 }];
  done(await inventory.operations.takeBack({ returnId, orderId, reason, items }, CALL));
  const billed = lines.map(({ line, quantity, amount: share }) => ({ line, quantity, amount: share }));
  const back = await payments.calls.serve("giveBack", { orderId, refundId: returnId, amount, reason, lines: billed }, CALL);
  const { creditNote } = valueOf(back) as { creditNote: string }; // by the contract
  valueOf(await returns.operations.complete({ returnId, creditNote }, CALL));
  const { position } = await store.head();
  await ordering.progress.handle((await events.readLog({ after: position - 1 })).events);
  await run(shop, `return-${returnId}`, orderId, "completed");
}
