import assert from "node:assert/strict";
import type { Projection } from "@daybook/data/cqrs/projection";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { digestHex } from "@daybook/kernel/digest";
import { money } from "@daybook/kernel/money";
import type { Shop } from "@daybook/shop/shop";
import { holdOrder, placeOrder, type PlacedOrRefused } from "@daybook/shop-ordering/contract";

const CONTEXT = { correlationId: "cor_carried", actor: "usr_trial", tenant: "default" };
const CALL = { context: CONTEXT };
const ACCOUNT = "acc_carried";
const method = { kind: "account", accountId: ACCOUNT } as const;

/**
 * Orders as they are carried out: one is sent, one fails once its parcel is made and is undone, one is on hold with its
 * workflow waiting. Each step is the context's own; the workflow's records are written as its engine would.
 */
export async function carriedDay(shop: Shop): Promise<void> {
  const { ordering, inventory, payments, shipping } = shop;
  const options = { context: CONTEXT, render: ({ kind }: { readonly kind: string }) => assert.equal(kind, "done") };
  const opened = { type: "open", accountId: ACCOUNT, ownerId: "cus_carried", currency: "GBP" } as const;
  await payments.accounts.execute(ACCOUNT, opened, options);
  await payments.accounts.execute(ACCOUNT, { type: "deposit", amount: money(20_000n, "GBP"), reason: "paid in" }, options);

  await sentOrder(shop, 1);

  const undone = await begun(shop, 1);
  done(await ordering.calls.serve("fail", { orderId: undone, code: "trial", reason: "for the trial" }, CALL));
  await shipping.operations.hear(parcelOf(undone, "cancelled", 2), CONTEXT);
  done(await payments.calls.serve("cancel", { orderId: undone, method, reason: "for the trial" }, CALL));
  done(await inventory.operations.release({ orderId: undone, reason: "for the trial" }, CALL));
  await run(shop, `order-processing-${undone}`, undone, "completed");

  const held = await placed(shop, 1);
  await ordering.commands.dispatch(
    holdOrder,
    { orderId: held, reason: "to be looked at" },
    { context: CONTEXT, render: () => null },
  );
  await run(shop, `order-processing-${held}`, held, "running");

  await projected(shop);
}

/** The read models of what was carried out have seen everything. */
export async function projected(shop: Shop): Promise<void> {
  const { payments, ordering, recommendations, store } = shop;
  const models = [payments.ledger, ordering.details, recommendations.sold] as readonly Projection[]; // each by events of its own
  for (const each of models) {
    const running = runProjection(each, { ...shop, owner: "embedded" });
    await waitFor(store, each, (await store.head()).position, 10_000, shop.clock);
    await running.stop();
  }
}

/** Carried out, paid from the account. */
export async function sentOrder(shop: Shop, quantity: number): Promise<string> {
  const { ordering, inventory, shipping } = shop;
  const orderId = await begun(shop, quantity);
  done(await ordering.calls.serve("confirm", { orderId, ...(await confirmation(shop, orderId)) }, CALL));
  done(await ordering.calls.serve("ship", { orderId }, CALL));
  done(await shipping.operations.handOver({ orderId }, CALL));
  done(await inventory.operations.ship({ orderId }, CALL));
  await run(shop, `order-processing-${orderId}`, orderId, "completed");
  return orderId;
}

/** Placed, reserved, paid, with a parcel. */
async function begun(shop: Shop, quantity: number): Promise<string> {
  const orderId = await placed(shop, quantity);
  done(await shop.inventory.operations.reserve({ orderId, items: [{ productId: "teapot", quantity }] }, CALL));
  const charge = { orderId, customerId: "cus_carried", amount: money(3_400n * BigInt(quantity), "GBP"), method };
  done(await shop.payments.calls.serve("charge", charge, CALL));
  assert.equal(await shop.shipping.operations.hear(parcelOf(orderId, "created", 1), CONTEXT), "known");
  return orderId;
}

async function placed({ ordering }: Shop, quantity: number): Promise<string> {
  let orderId = "";
  const render = (outcome: PlacedOrRefused) => {
    assert.ok(outcome.kind === "done" && outcome.state.status !== "absent");
    orderId = outcome.state.orderId;
    return null;
  };
  await ordering.commands.dispatch(
    placeOrder,
    { customerId: "cus_carried", items: [{ productId: "teapot", quantity }], payment: method },
    { context: CONTEXT, render },
  );
  return orderId;
}

async function confirmation({ shipping, store }: Shop, orderId: string) {
  const { parcelId: _, ...shipment } = (await shipping.operations.get(orderId))?.parcel ?? { parcelId: "" };
  const reservation = JSON.parse((await store.getKey(`reservation/${orderId}`)) ?? "") as { reservationId: string }; // put by inventory
  return { reservationId: reservation.reservationId, paymentId: `pay_${digestHex(orderId).slice(0, 26)}`, shipment };
}

function parcelOf(orderId: string, status: "created" | "cancelled", changedAt: number) {
  const shipmentId = `shp_${digestHex(orderId).slice(0, 26)}`;
  const key = `parcel-${shipmentId}`;
  return { parcelId: `pc_${orderId}`, key, reference: orderId, trackingNumber: "T1", status, changedAt };
}

/** FNV-1a, as docs/store.md's shards are found. */
function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 16;
}

/** A workflow of an order, as its engine keeps it. */
export async function run(
  { store, ids, clock }: Shop,
  id: string,
  orderId: string,
  status: "completed" | "running",
): Promise<void> {
  const data = JSON.stringify({ id, number: 1, status });
  const summary = { type: "WorkflowEnded", schemaVersion: 1, data };
  await store.commit({
    id: ids("unt"),
    cause: { correlation: orderId, actor: "usr_trial", tenant: "default" },
    conditions: [],
    effects: [
      ...(status === "completed" ? [{ kind: "append", stream: `workflow-${id}`, events: [summary] } as const] : []),
      { kind: "putRow", collection: "workflow", key: id, value: JSON.stringify({ id, queue: "fulfilment", status }) },
      { kind: "schedule", queue: `workflow/fulfilment/${shardOf(id)}`, id, at: clock.now() + 86_400_000, payload: "" },
    ],
  });
}

export function done(answer: object): void {
  assert.ok("value" in answer, JSON.stringify(answer));
}
