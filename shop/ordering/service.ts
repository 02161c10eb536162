import { aggregates } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { handlers, type Handlers } from "@daybook/data/cqrs/handlers";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { Folded } from "@daybook/data/event-store/fold";
import type { RecordedEvent } from "@daybook/data/event-store/event";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { Effect } from "@daybook/data/store/unit";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Context } from "@daybook/kernel/context";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { sender } from "@daybook/messaging/queue/send";
import { service, type Service } from "@daybook/network/rpc/server";
import type { Catalogue } from "@daybook/shop-catalog/contract";
import {
  addItem,
  cancelOrder,
  choosePayment,
  countOrders,
  getOrder,
  getWholeOrder,
  holdOrder,
  importOrder,
  listOrders,
  orderingContract,
  orderWork,
  placeOrder,
  releaseOrder,
  searchOrders,
  type Execution,
} from "./contract.ts";
import type { Line, OrderPlaced } from "./events.ts";
import { orderDecider, type Order, type OrderCommand } from "./order.ts";
import { orderCalls } from "./order-calls.ts";
import { orderDetailsProjection, type DetailedEvent, type DetailsRow } from "./order-details.ts";
import { orderQueries, type Contacts, type OrderQueries } from "./order-queries.ts";
import { follow, PROGRESS } from "./order-progress.ts";
import { openOrders, orderRow } from "./order-row.ts";
import { orderSearch, orderSearchProjection, type SearchedEvent, type SearchRow } from "./order-search.ts";
import { workEffects } from "./order-work.ts";
import { refusedCustomer, type Customers } from "./customer-standing.ts";
import { importedOrder, pricedItem, pricedOrder } from "./place-order.ts";

export interface OrderingParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly catalogue: Catalogue;
  /** Says who may not order, and who customers are; without it everybody may, and orders show what they hold. */
  readonly customers?: Customers & Contacts;
  /** Keys the search tokens of personal fields. */
  readonly searchSecret: Uint8Array;
}

export interface OrderingService {
  /**
   * Commands: `placeOrder`, `importOrder`, `addItem`, `choosePayment`, `holdOrder`, `releaseOrder`, `cancelOrder`; each
   * answers an `Executed<Answer>`.
   */
  readonly commands: Handlers<Execution>;
  /** Queries: `getOrder`, `getWholeOrder`, `listOrders`, `countOrders`, `searchOrders`. */
  readonly queries: Handlers;
  readonly search: Projection<SearchRow, SearchedEvent>;
  readonly details: Projection<DetailsRow, DetailedEvent>;
  /** Carries out `orderingContract` for other contexts. */
  readonly calls: Service;
  /** What a subscription does to keep orders up to date with other contexts. */
  readonly progress: LogFilter & { handle(page: readonly RecordedEvent[]): Promise<readonly Effect[]> };
}

/** The ordering context, put together. */
export function orderingService(parts: OrderingParts): OrderingService {
  const { events, clock, ids, catalogue, customers, searchSecret } = parts;
  const orders = aggregates({ events, clock, ids, decider: orderDecider, inline: orderRow });

  const work = sender({ queue: orderWork, store: events.store, clock, ids });
  const placing = unlessRefused((order: OrderPlaced) => ({ type: "place", order }));

  function submit(
    orderId: string,
    type: OrderCommand["type"],
    command: OrderCommand | Promise<OrderCommand>,
    execution: Execution,
    isNew = false,
  ) {
    // One order's life has one correlation id: the order's own, whoever asks.
    const context = { ...execution.context, correlationId: orderId };
    const extra = (folded: Folded<Order>) => ({ effects: workEffects(work, type, folded, context) });
    return orders.execute(orderId, command, { ...execution, context, extra, isNew });
  }

  const commands = handlers<Execution>();
  commands.register(placeOrder, (input, execution) => {
    const orderId = ids("ord");
    const priced = pricedOrder(orderId, input, catalogue, clock.now());
    const refused = customers && refusedCustomer(customers, input.customerId, execution.context);
    const order = Promise.all([priced, refused]).then(([order, refusal]) => placing(refusal ?? order));
    return submit(orderId, "place", order, execution, true);
  });
  commands.register(importOrder, (input, execution) => submit(input.orderId, "place", placing(importedOrder(input)), execution));
  commands.register(addItem, ({ orderId, item, customerId }, execution) => {
    const adding = unlessRefused((line: Line) => ({ type: "add-item", line, customerId }));
    return submit(orderId, "add-item", pricedItem(item, catalogue).then(adding), execution);
  });
  const plain = [
    [choosePayment, "choose-payment"],
    [holdOrder, "hold"],
    [releaseOrder, "release"],
    [cancelOrder, "cancel"],
  ] as const;
  for (const [operation, type] of plain) {
    commands.register(
      operation,
      ({ orderId, ...rest }, execution) => submit(orderId, type, { type, ...rest } as OrderCommand, execution), // the operation's schema is the command's shape
    );
  }

  return {
    commands,
    queries: answering(orderQueries({ events, orders, search: orderSearch(events.store), searchSecret, customers })),
    search: orderSearchProjection(events.keys, searchSecret),
    details: orderDetailsProjection(),
    calls: service(orderingContract, orderCalls(events, orders)),
    progress: {
      ...PROGRESS,
      async handle(page) {
        const tell = (orderId: string, command: OrderCommand, context: Context) =>
          submit(orderId, command.type, command, { context, render: () => null });
        await follow({ tell, openOrders: (customerId) => openOrders(events.store, customerId) }, page);
        return [];
      },
    },
  };
}

function answering(answers: OrderQueries): Handlers {
  const queries = handlers();
  queries.register(getOrder, (query) => answers.order(query));
  queries.register(getWholeOrder, (query, { context }) => answers.whole(query, context));
  queries.register(listOrders, (query) => answers.orders(query));
  queries.register(countOrders, (query) => answers.count(query));
  queries.register(searchOrders, (query) => answers.search(query));
  return queries;
}

/** The command on what was priced; what was refused before it came to the order is refused as any command, and kept. */
function unlessRefused<Priced extends object>(command: (priced: Priced) => OrderCommand) {
  return (priced: Priced | Refusal): OrderCommand => (isRefusal(priced) ? { type: "refuse", refusal: priced } : command(priced));
}

function isRefusal(priced: object): priced is Refusal {
  return "code" in priced;
}
