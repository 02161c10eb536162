import type { Refusal } from "@daybook/data/cqrs/decider";
import type { Context } from "@daybook/kernel/context";
import { add, money, type Money } from "@daybook/kernel/money";
import { choosePayment, getOrder, importOrder, type ImportOrder, type PlacedOrRefused } from "@daybook/shop-ordering/contract";
import type { Shop } from "./service.ts";

/** What became of one imported order. `exists`: it had been placed before, which is how an import is resumed. */
export type ImportAnswer =
  | { readonly outcome: "placed" | "exists" }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string };

/**
 * Places orders; those that say how they are paid are carried out, and what they need for it, pieces in stock and money in
 * accounts, is there before they are placed, once for each order.
 */
export async function importOrders(
  shop: Shop,
  orders: readonly ImportOrder[],
  context: Context,
): Promise<readonly ImportAnswer[]> {
  const paid = orders.filter(({ payment }) => payment);
  const waits = await Promise.all(paid.map(({ orderId }) => isToBegin(shop, orderId, context)));
  const begun = paid.filter((_, at) => waits[at]);
  const refused = begun.length === 0 ? NONE : await supplied(shop, begun, context);
  return Promise.all(
    orders.map(async (order) => {
      const refusal = refused.get(order.orderId);
      return refusal ? refusedAnswer(refusal) : placed(shop, order, context);
    }),
  );
}

const NONE: ReadonlyMap<string, Refusal> = new Map();

/** It is not there, or was placed without a payment. */
async function isToBegin({ ordering }: Shop, orderId: string, context: Context): Promise<boolean> {
  const order = await ordering.queries.dispatch(getOrder, { orderId }, { context });
  return !order || (order.status === "placed" && order.paidBy === undefined);
}

async function placed({ ordering }: Shop, order: ImportOrder, context: Context): Promise<ImportAnswer> {
  const { orderId, payment } = order;
  const executed = await ordering.commands.dispatch(importOrder, order, { context, render: answerOf });
  const { answer } = executed as { readonly answer: ImportAnswer }; // by `answerOf`, without key and version
  if (answer.outcome === "exists" && payment) {
    // Placed before without a payment: from now on it is carried out. Refused when it is already, or is at its end.
    await ordering.commands.dispatch(choosePayment, { orderId, payment }, { context, render: () => null });
  }
  return answer;
}

function answerOf(outcome: PlacedOrRefused): ImportAnswer {
  if (outcome.kind === "done") return { outcome: "placed" };
  return outcome.refusal.code === "order-exists" ? { outcome: "exists" } : refusedAnswer(outcome.refusal);
}

function refusedAnswer({ code, message }: Refusal): ImportAnswer {
  return { outcome: "refused", code, message };
}

/** Answers the orders that cannot have what they need. */
async function supplied(
  { inventory, payments }: Shop,
  orders: readonly ImportOrder[],
  context: Context,
): Promise<ReadonlyMap<string, Refusal>> {
  const reference = `import of ${orders[0]?.origin.source}`;
  const supplies = orders.map(({ orderId, lines }) => ({ orderId, items: lines }));
  const [unsupplied, unfunded] = await Promise.all([
    inventory.supply(supplies, reference, context),
    Promise.all(
      fundsOf(orders, reference).map(async (funds) => ({ funds, refusal: await payments.accounts.fund(funds, context) })),
    ),
  ]);
  const refused = new Map(unsupplied);
  for (const { funds, refusal } of unfunded) if (refusal) for (const { orderId } of funds.orders) refused.set(orderId, refusal);
  return refused;
}

/** What is to be paid in, by account. */
function fundsOf(orders: readonly ImportOrder[], reason: string) {
  const funds = new Map<
    string,
    { accountId: string; ownerId: string; orders: { orderId: string; amount: Money }[]; reason: string }
  >();
  for (const { orderId, customerId, payment, lines, currency } of orders) {
    if (payment?.kind !== "account" || customerId === undefined) continue;
    const { accountId } = payment;
    const amount = lines.reduce((sum, line) => add(line.tax ? add(sum, line.tax) : sum, line.amount), money(0n, currency));
    const before = funds.get(accountId) ?? { accountId, ownerId: customerId, orders: [], reason };
    before.orders.push({ orderId, amount });
    funds.set(accountId, before);
  }
  return [...funds.values()];
}
