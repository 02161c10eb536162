import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { handlers, type Handlers } from "@daybook/data/cqrs/handlers";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Catalogue } from "@daybook/shop-catalog/contract";
import {
  cancelOrder,
  countOrders,
  getOrder,
  importOrder,
  listOrders,
  placeOrder,
  searchOrders,
  type Execution,
} from "./contract.ts";
import type { OrderEvent, OrderPlaced } from "./events.ts";
import { orderDecider, type OrderCommand } from "./order.ts";
import { orderQueries } from "./order-queries.ts";
import { orderRow } from "./order-row.ts";
import { orderSearch, orderSearchProjection, type SearchRow } from "./order-search.ts";
import { importedOrder, pricedOrder } from "./place-order.ts";

export interface OrderingParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly catalogue: Catalogue;
  /** Keys the search tokens of personal fields. */
  readonly searchSecret: Uint8Array;
}

export interface OrderingService {
  /** Commands: `placeOrder`, `importOrder`, `cancelOrder`; each answers an `Executed<Answer>`. */
  readonly commands: Handlers<Execution>;
  /** Queries: `getOrder`, `listOrders`, `countOrders`, `searchOrders`. */
  readonly queries: Handlers;
  readonly search: Projection<SearchRow, OrderEvent>;
}

/** The ordering context, put together. */
export function orderingService(parts: OrderingParts): OrderingService {
  const { events, clock, ids, catalogue, searchSecret } = parts;
  const orders = aggregates({ events, clock, ids, decider: orderDecider, inline: orderRow });

  const commands = handlers<Execution>();
  commands.register(placeOrder, (input, execution) => {
    const orderId = ids("ord");
    const priced = pricedOrder(orderId, input, catalogue, clock.now()).then(placing);
    return orders.execute(orderId, priced, { ...inCase(orderId, execution), isNew: true });
  });
  commands.register(importOrder, (input, execution) =>
    orders.execute(input.orderId, placing(importedOrder(input)), inCase(input.orderId, execution)),
  );
  commands.register(cancelOrder, ({ orderId, ...rest }, execution) =>
    orders.execute(orderId, { type: "cancel", ...rest }, inCase(orderId, execution)),
  );

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

function placing(priced: OrderPlaced | Refusal): OrderCommand {
  return "code" in priced ? { type: "refuse", refusal: priced } : { type: "place", order: priced };
}

/** One order's life has one correlation id: the order's own, whoever asks. */
function inCase(orderId: string, execution: Execution): Execution {
  return { ...execution, context: { ...execution.context, correlationId: orderId } };
}
