import { accept, refuse, type Decider, type Decision, type Refusal } from "@daybook/data/cqrs/decider";
import { add, isSameMoney, money } from "@daybook/kernel/money";
import { stateMachine } from "@daybook/kernel/state-machine";
import { ORDER_CATEGORY, type OrderEvent, type OrderPlaced } from "./events.ts";

/** What has become of an order. `absent` is the state of a stream without events. */
export type OrderStatus = "absent" | "placed" | "cancelled";
export type OrderAction = "place" | "cancel";

/** Which command is legal in which state, and where it leads. */
export const orderStates = stateMachine<OrderStatus, OrderAction>("absent", {
  absent: { place: "placed" },
  placed: { cancel: "cancelled" },
  cancelled: {},
});

export type Order =
  | { readonly status: "absent" }
  | (OrderPlaced & {
      readonly status: Exclude<OrderStatus, "absent">;
      readonly cancellation?: { readonly reason: string };
    });

export type OrderCommand =
  | { readonly type: "place"; readonly order: OrderPlaced }
  /** `customerId`: cancelled by the customer, who has no orders but their own. */
  | { readonly type: "cancel"; readonly reason: string; readonly customerId?: string | undefined }
  /** Refused before it came to the aggregate (unknown product, other price): answered and kept like any refusal. */
  | { readonly type: "refuse"; readonly refusal: Refusal };

/** An order: placed once, cancelled at most once. Its total is the sum of its lines, taxes and adjustments. */
export const orderDecider: Decider<Order, OrderCommand, OrderEvent> = {
  category: ORDER_CATEGORY,
  version: 1,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: OrderCommand, order: Order): Decision<OrderEvent> {
  if (command.type === "refuse") return { refusal: command.refusal };
  if (command.type === "cancel" && isForeign(order, command.customerId)) return illegal("cancel", "absent");
  if (!orderStates.next(order.status, command.type)) return illegal(command.type, order.status);
  switch (command.type) {
    case "place":
      return place(command.order);
    case "cancel":
      return accept({ type: "OrderCancelled", data: { reason: command.reason } });
  }
}

/** Another person's order and a missing one answer alike. */
function isForeign(order: Order, customerId: string | undefined): boolean {
  return customerId !== undefined && order.status !== "absent" && order.customer.id !== customerId;
}

function illegal(action: OrderAction, status: OrderStatus): Decision<OrderEvent> {
  if (status === "absent") return refuse("order-not-found", "There is no such order.");
  if (action === "place") return refuse("order-exists", "An order with this id was placed before.", { status });
  return refuse("illegal-transition", `An order that is ${status} cannot be changed by "${action}".`, {
    status,
    legal: orderStates.legal(status),
  });
}

function place(order: OrderPlaced): Decision<OrderEvent> {
  const amounts = [
    ...order.lines.flatMap((line) => [line.amount, line.tax ?? money(0n, order.currency)]),
    ...order.adjustments.map((adjustment) => adjustment.amount),
  ];
  if (amounts.some((amount) => amount.currency !== order.currency)) {
    return refuse("mixed-currencies", "An order has one currency.", { currency: order.currency });
  }
  const total = amounts.reduce(add, money(0n, order.currency));
  if (!isSameMoney(total, order.total)) return refuse("total-differs", "The total is not the sum of the lines.", { total });
  if (total.minor.startsWith("-")) return refuse("total-negative", "The adjustments exceed the lines.", { total });
  return accept({ type: "OrderPlaced", data: order, occurredAt: order.placedAt });
}

function evolve(order: Order, event: OrderEvent): Order {
  switch (event.type) {
    case "OrderPlaced":
      return { ...event.data, status: "placed" };
    case "OrderCancelled":
      return order.status === "absent" ? order : { ...order, status: "cancelled", cancellation: { reason: event.data.reason } };
  }
}
