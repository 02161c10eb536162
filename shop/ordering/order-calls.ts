import type { Aggregates, ExecuteOptions } from "@daybook/data/cqrs/aggregates";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { reveal } from "@daybook/kernel/sealed";
import type { Answer, Call, Operable } from "@daybook/network/rpc/contract";
import type { orderingContract } from "./contract.ts";
import { ORDERS, parseOrderRow } from "./order-row.ts";
import { holdOf, type Order, type OrderCommand } from "./order.ts";

/** Carries out `orderingContract`. */
export function orderCalls(
  events: EventStore,
  orders: Aggregates<Order, OrderCommand>,
): Operable<(typeof orderingContract)["operations"]> {
  /** What the order has become is not asked: done, or why not. */
  async function told(orderId: string, command: OrderCommand, { context }: Call): Promise<Answer<Record<string, never>>> {
    const options: ExecuteOptions<Order, Answer<Record<string, never>>> = {
      context: { ...context, correlationId: orderId },
      render: (outcome) => (outcome.kind === "refused" ? { refusal: outcome.refusal } : { value: {} }),
    };
    const executed = await orders.execute(orderId, command, options);
    return executed.kind === "answered" ? executed.answer : { value: {} }; // neither key nor version was given
  }

  async function orderOf(orderId: string) {
    const row = await events.store.getRow(ORDERS, orderId);
    return row && parseOrderRow(row.value).order;
  }

  return {
    async forFulfilment({ orderId }) {
      const order = await orderOf(orderId);
      if (!order) return { value: null };
      const { status, customer, lines, total, payment } = order;
      const items = lines.map(({ productId, quantity }) => ({ productId, quantity }));
      return { value: { orderId, status, isHeld: holdOf(order) !== undefined, customerId: customer.id, items, total, payment } };
    },
    async forReturn({ orderId }) {
      const order = await orderOf(orderId);
      if (!order) return { value: null };
      const { status, customer, currency, total, placedAt } = order;
      const lines = order.lines.map(({ productId, quantity, amount, tax }) => ({ productId, quantity, amount, tax }));
      return { value: { orderId, status, customerId: customer.id, currency, lines, total, placedAt } };
    },
    confirm: ({ orderId, ...confirmed }, call) => told(orderId, { type: "confirm", confirmed }, call),
    ship: ({ orderId }, call) => told(orderId, { type: "ship" }, call),
    fail: ({ orderId, code, reason }, call) => told(orderId, { type: "fail", code, reason }, call),
    async contactOf({ orderId }) {
      const sealed = (await orderOf(orderId))?.customer.contact;
      return { value: (sealed && (await reveal(events.keys, sealed))) ?? null };
    },
  };
}
