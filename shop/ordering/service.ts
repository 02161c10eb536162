import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { handlers, type Handlers } from "@daybook/data/cqrs/handlers";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Catalogue } from "@daybook/shop-catalog/contract";
import {
  addItem,
  cancelOrder,
  choosePayment,
  countOrders,
  getOrder,
  holdOrder,
  importOrder,
  listOrders,
  placeOrder,
  releaseOrder,
  searchOrders,
  type Execution,
} from "./contract.ts";
import type { Line, OrderEvent, OrderPlaced } from "./events.ts";
import { orderDecider, type OrderCommand } from "./order.ts";
import { orderQueries } from "./order-queries.ts";
import { orderRow } from "./order-row.ts";
import { orderSearch, orderSearchProjection, type SearchRow } from "./order-search.ts";
import { importedOrder, pricedItem, pricedOrder } from "./place-order.ts";

export interface OrderingParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly catalogue: Catalogue;
  /** Keys the search tokens of personal fields. */
  readonly searchSecret: Uint8Array;
}

export interface OrderingService {
  /**
   * Commands: `placeOrder`, `importOrder`, `addItem`, `choosePayment`, `holdOrder`, `releaseOrder`, `cancelOrder`; each
   * answers an `Executed<Answer>`.
   */
  readonly commands: Handlers<Execution>;
  /** Queries: `getOrder`, `listOrders`, `countOrders`, `searchOrders`. */
  readonly queries: Handlers;
  readonly search: Projection<SearchRow, OrderEvent>;
}

/** The ordering context, put together. */
export function orderingService(parts: OrderingParts): OrderingService {
  const { events, clock, ids, catalogue, searchSecret } = parts;
  const orders = aggregates({ events, clock, ids, decider: orderDecider, inline: orderRow });

  const submit = (orderId: string, command: OrderCommand | Promise<OrderCommand>, execution: Execution) =>
    orders.execute(orderId, command, inCase(orderId, execution));
  const placing = unlessRefused((order: OrderPlaced) => ({ type: "place", order }));

  const commands = handlers<Execution>();
  commands.register(placeOrder, (input, execution) => {
    const orderId = ids("ord");
    const priced = pricedOrder(orderId, input, catalogue, clock.now()).then(placing);
    return orders.execute(orderId, priced, { ...inCase(orderId, execution), isNew: true });
  });
  commands.register(importOrder, (input, execution) => submit(input.orderId, placing(importedOrder(input)), execution));
  commands.register(addItem, ({ orderId, item, customerId }, execution) => {
    const adding = unlessRefused((line: Line) => ({ type: "add-item", line, customerId }));
    return submit(orderId, pricedItem(item, catalogue).then(adding), execution);
  });
  commands.register(choosePayment, ({ orderId, ...rest }, execution) =>
    submit(orderId, { type: "choose-payment", ...rest }, execution),
  );
  commands.register(holdOrder, ({ orderId, ...rest }, execution) => submit(orderId, { type: "hold", ...rest }, execution));
  commands.register(releaseOrder, ({ orderId, ...rest }, execution) => submit(orderId, { type: "release", ...rest }, execution));
  commands.register(cancelOrder, ({ orderId, ...rest }, execution) => submit(orderId, { type: "cancel", ...rest }, execution));

  const answers = orderQueries({ events, orders, search: orderSearch(events.store), searchSecret });
  const queries = handlers();
  queries.register(getOrder, (query) => answers.order(query));
  queries.register(listOrders, (query) => answers.orders(query));
  queries.register(countOrders, (query) => answers.count(query));
  queries.register(searchOrders, (query) => answers.search(query));

  return {
    commands,
    queries,
    search: orderSearchProjection(events.keys, searchSecret),
  };
}

/** The command on what was priced; what was refused before it came to the order is refused as any command, and kept. */
function unlessRefused<Priced extends object>(command: (priced: Priced) => OrderCommand) {
  return (priced: Priced | Refusal): OrderCommand => (isRefusal(priced) ? { type: "refuse", refusal: priced } : command(priced));
}

function isRefusal(priced: object): priced is Refusal {
  return "code" in priced;
}

/** One order's life has one correlation id: the order's own, whoever asks. */
function inCase(orderId: string, execution: Execution): Execution {
  return { ...execution, context: { ...execution.context, correlationId: orderId } };
}
