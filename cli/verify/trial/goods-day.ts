import assert from "node:assert/strict";
import { money } from "@daybook/kernel/money";
import type { Shop } from "@daybook/shop/shop";
import { importOrder } from "@daybook/shop-ordering/contract";

const CONTEXT = { correlationId: "cor_goods", actor: "usr_trial", tenant: "default" };
const CALL = { context: CONTEXT };

/**
 * Stock that comes, is lost, and is reserved, shipped and released for orders; an account that is filled, pays two orders,
 * and gets one payment back.
 */
export async function goodsDay({ ordering, inventory, payments }: Shop): Promise<void> {
  for (const orderId of ["ord_sent", "ord_undone", "ord_held"]) {
    const lines = [{ productId: "teapot", name: "Teapot", quantity: 2, unitPrice: "5.00", amount: money(1_000n, "GBP") }];
    const order = { orderId, currency: "GBP", placedAt: 1_000, origin: { source: "trial", number: orderId }, lines };
    await ordering.commands.dispatch(importOrder, order, { context: CONTEXT, render: () => null });
  }
  const { operations } = inventory;
  for (const product of ["teapot", "clock"]) done(await inventory.receive(product, 10, CONTEXT));
  done(await inventory.writeOff("clock", 1, "broken", CONTEXT));
  for (const orderId of ["ord_sent", "ord_undone", "ord_held"]) {
    const items = ["teapot", "clock"].map((productId) => ({ productId, quantity: 2 }));
    done(await operations.reserve({ orderId, items }, CALL));
  }
  done(await operations.ship({ orderId: "ord_sent" }, CALL));
  done(await operations.release({ orderId: "ord_undone", reason: "changed" }, CALL));

  const accountId = "acc_zoe";
  const options = { context: CONTEXT, render: ({ kind }: { readonly kind: string }) => assert.equal(kind, "done") };
  const { accounts, calls } = payments;
  const amount = money(1_000n, "GBP");
  await accounts.execute(accountId, { type: "open", accountId, ownerId: "cus_zoe", currency: "GBP" }, options);
  await accounts.execute(accountId, { type: "deposit", amount: money(5_000n, "GBP"), reason: "paid in" }, options);
  const method = { kind: "account", accountId };
  for (const orderId of ["ord_sent", "ord_undone"]) {
    done(await calls.serve("charge", { orderId, customerId: "cus_zoe", amount, method }, CALL));
  }
  done(await calls.serve("cancel", { orderId: "ord_undone", method, reason: "changed" }, CALL));
}

function done(answer: object): void {
  assert.ok("value" in answer, JSON.stringify(answer));
}
