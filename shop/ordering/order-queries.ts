import type { Aggregates } from "@daybook/data/cqrs/aggregates";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { streamName } from "@daybook/data/event-store/event";
import type { ListRows, Row } from "@daybook/data/store";
import { givenId } from "@daybook/kernel/ids";
import { normalised, searchTokens } from "@daybook/kernel/sealed";
import type { CountOrders, GetOrder, ListOrders, OrderDetails, OrderPage, SearchOrders, SomeOrders } from "./contract.ts";
import { ORDER_CATEGORY } from "./events.ts";
import type { Order, OrderCommand } from "./order.ts";
import { searchedTexts, type OrderSearch } from "./order-search.ts";
import { ORDERS, ORDER_LISTS, orderDetails, parseOrderRow, reversed } from "./order-row.ts";

/** The functions behind the context's queries; contract.ts says what each answers. */
export interface OrderQueries {
  order(query: GetOrder): Promise<OrderDetails | undefined>;
  orders(query: ListOrders): Promise<OrderPage>;
  count(query: CountOrders): Promise<number>;
  search(query: SearchOrders): Promise<readonly OrderDetails[]>;
}

export interface OrderQueriesParts {
  readonly events: EventStore;
  readonly orders: Aggregates<Order, OrderCommand>;
  readonly search: OrderSearch;
  readonly searchSecret: Uint8Array;
}

export function orderQueries({ events, orders, search, searchSecret }: OrderQueriesParts): OrderQueries {
  const { store, keys } = events;
  const shown = (row: Row) => orderDetails(parseOrderRow(row.value), row.recordedAt, keys);

  async function byId(orderId: string): Promise<OrderDetails | undefined> {
    const row = await store.getRow(ORDERS, orderId);
    return row && shown(row);
  }

  /** Rows whose id starts or ends with `text`; what cannot be in an id is not looked for. */
  async function rowsById(text: string, limit: number): Promise<readonly Row[]> {
    if (!givenId.safeParse(text).success) return [];
    const spellings = [...new Set([text, text.toLowerCase(), text.toUpperCase()])];
    const starts = spellings.map((prefix) => store.listRows({ collection: ORDERS, prefix, limit }));
    const ends = spellings.map((end) =>
      store.listRows({ collection: ORDERS, index: ORDER_LISTS.byEnd, prefix: reversed(end), limit }),
    );
    return (await Promise.all([...starts, ...ends])).flatMap((page) => page.rows).slice(0, 2 * limit);
  }

  return {
    async order({ orderId, version: asOfVersion, recordedAt }) {
      if (asOfVersion === undefined && recordedAt === undefined) return byId(orderId);
      const asOf = {
        ...(asOfVersion !== undefined && { version: asOfVersion }),
        ...(recordedAt !== undefined && { recordedAt }),
      };
      const { state, version } = await orders.load(orderId, asOf);
      if (state.status === "absent") return undefined;
      const [last] = await events.read(streamName(ORDER_CATEGORY, orderId), { from: version, limit: 1 });
      return orderDetails({ order: state, version }, last?.recordedAt ?? 0, keys);
    },
    async orders(list) {
      const after = list.after ? { after: list.after } : {};
      const page = await store.listRows({ ...listing(list), ...after, direction: "backwards", limit: list.limit });
      const shownOrders = await Promise.all(page.rows.map(shown));
      return page.next ? { orders: shownOrders, next: page.next } : { orders: shownOrders };
    },
    count: ({ cap, ...list }) => store.countRows(listing(list), cap),
    async search({ text, limit }) {
      const found = new Map<string, OrderDetails>();
      for (const row of await rowsById(text, limit)) found.set(row.key, await shown(row));
      for await (const orderId of search.candidates(searchTokens(searchSecret, text))) {
        if (found.size >= limit) break;
        const order = await byId(orderId);
        if (order && contains(order, text)) found.set(orderId, order);
      }
      return [...found.values()].slice(0, limit);
    },
  };
}

/** The list that holds what is asked for, newest last. */
function listing(list: SomeOrders): Pick<ListRows, "collection" | "index" | "prefix"> {
  const { customerId, status } = list;
  if (customerId !== undefined && status) {
    return { collection: ORDERS, index: ORDER_LISTS.byCustomerAndStatus, prefix: `${customerId} ${status} ` };
  }
  if (customerId !== undefined) return { collection: ORDERS, index: ORDER_LISTS.byCustomer, prefix: `${customerId} ` };
  if (status) return { collection: ORDERS, index: ORDER_LISTS.byStatus, prefix: `${status} ` };
  return { collection: ORDERS, index: ORDER_LISTS.all };
}

/** Tokens are of three characters: whether the whole text is there is seen in the opened fields only. */
function contains({ customer: { contact } }: OrderDetails, text: string): boolean {
  const sought = normalised(text);
  return searchedTexts(contact).some((field) => normalised(field).includes(sought));
}
