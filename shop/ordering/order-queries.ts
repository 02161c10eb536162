import type { Aggregates } from "@daybook/data/cqrs/aggregates";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { streamName } from "@daybook/data/event-store/event";
import type { Row } from "@daybook/data/store";
import { givenId } from "@daybook/kernel/ids";
import { normalised, searchTokens } from "@daybook/kernel/sealed";
import type { Context } from "@daybook/kernel/context";
import { valueOf, type Operable } from "@daybook/network/rpc/contract";
import type { customersContract } from "@daybook/shop-customers/contract";
import type {
  CountOrders,
  GetOrder,
  JoinedOrder,
  ListOrders,
  OrderCount,
  OrderDetails,
  OrderPage,
  SearchOrders,
  WholeOrder,
} from "./contract.ts";
import { ORDER_CATEGORY } from "./events.ts";
import type { Order, OrderCommand } from "./order.ts";
import { wholeOrder, type DetailsRow } from "./order-details.ts";
import { orderLists } from "./order-lists.ts";
import { searchedTexts, type OrderSearch } from "./order-search.ts";
import { ORDERS, ORDER_LISTS, orderDetails, parseOrderRow, reversed } from "./order-row.ts";

/** The functions behind the context's queries; contract.ts says what each answers. */
export interface OrderQueries {
  order(query: GetOrder): Promise<OrderDetails | undefined>;
  whole(query: GetOrder, context: Context): Promise<WholeOrder | undefined>;
  orders(query: ListOrders): Promise<OrderPage>;
  count(query: CountOrders): Promise<OrderCount>;
  search(query: SearchOrders): Promise<readonly JoinedOrder[]>;
}

/** Who customers are, as they say it. */
export type Contacts = Pick<Operable<(typeof customersContract)["operations"]>, "contactOf">;

export interface OrderQueriesParts {
  readonly events: EventStore;
  readonly orders: Aggregates<Order, OrderCommand>;
  readonly search: OrderSearch;
  readonly searchSecret: Uint8Array;
  /** Without it orders show what they hold themselves. */
  readonly customers?: Contacts | undefined;
}

export function orderQueries({ events, orders, search, searchSecret, customers }: OrderQueriesParts): OrderQueries {
  const { store, keys } = events;
  const lists = orderLists(store);
  const shown = (row: Row) => orderDetails(parseOrderRow(row.value), row.recordedAt, keys);

  async function joined(row: Row, known?: DetailsRow): Promise<JoinedOrder> {
    const [order, details] = await Promise.all([shown(row), known ?? lists.detailsOf(row.key)]);
    return { ...order, paymentStatus: details?.payment, shipmentStatus: details?.shipment };
  }

  async function order({ orderId, version: asOfVersion, recordedAt }: GetOrder): Promise<OrderDetails | undefined> {
    if (asOfVersion === undefined && recordedAt === undefined) {
      const row = await store.getRow(ORDERS, orderId);
      return row && shown(row);
    }
    const asOf = {
      ...(asOfVersion !== undefined && { version: asOfVersion }),
      ...(recordedAt !== undefined && { recordedAt }),
    };
    const { state, version } = await orders.load(orderId, asOf);
    if (state.status === "absent" || version < (asOfVersion ?? 0)) return undefined; // not then, or not yet
    const [last] = await events.read(streamName(ORDER_CATEGORY, orderId), { from: version, limit: 1 });
    return orderDetails({ order: state, version }, last?.recordedAt ?? 0, keys);
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
    order,
    async whole(query, context) {
      const found = await order(query);
      const whole = found && (await wholeOrder(events, found, query));
      const isNow = query.version === undefined && query.recordedAt === undefined;
      return whole && isNow ? named(whole, customers, context) : whole;
    },
    async orders(list) {
      const { rows, next } = await lists.page(list);
      const listed = await Promise.all(rows.map(({ row, details }) => joined(row, details)));
      return next ? { orders: listed, next } : { orders: listed };
    },
    count: (list) => lists.count(list),
    async search({ text, limit }) {
      const found = new Map<string, JoinedOrder>();
      for (const row of await rowsById(text, limit)) found.set(row.key, await joined(row));
      for await (const orderId of search.candidates(searchTokens(searchSecret, text))) {
        if (found.size >= limit) break;
        const row = await store.getRow(ORDERS, orderId);
        const order = row && (await joined(row));
        if (order && contains(order, text)) found.set(orderId, order);
      }
      return [...found.values()].slice(0, limit);
    },
  };
}

/** The customer's present name and address for mails, where the order has none of its own. */
async function named(whole: WholeOrder, customers: Contacts | undefined, context: Context): Promise<WholeOrder> {
  const { id: customerId, contact, isErased = false } = whole.customer;
  if (!customers || customerId === undefined || isErased || contact?.email !== undefined) return whole;
  const known = valueOf(await customers.contactOf({ customerId }, { context }));
  if (!known) return whole;
  const isNamed = contact?.firstName !== undefined || contact?.lastName !== undefined;
  const own = isNamed ? { email: known.email } : known;
  return { ...whole, customer: { ...whole.customer, contact: { ...own, ...contact } } };
}

/** Tokens are of three characters: whether the whole text is there is seen in the opened fields only. */
function contains({ customer: { contact } }: OrderDetails, text: string): boolean {
  const sought = normalised(text);
  return searchedTexts(contact).some((field) => normalised(field).includes(sought));
}
