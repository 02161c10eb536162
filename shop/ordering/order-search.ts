import { projection, type Projection } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import type { Store } from "@daybook/data/store";
import { reveal, searchTokens, type SubjectKeys } from "@daybook/kernel/personal";
import { ORDER_CATEGORY, type Contact, type OrderEvent } from "./events.ts";
import { ORDERS, ORDER_LISTS } from "./order-row.ts";

/** The read model "order-search": one row a data subject, listed under the keyed tokens of the names and addresses it used. */
export const ORDER_SEARCH = "order-search";
const TOKENS = "token";
const TOKENS_MAX = 500;

export interface OrderSearch {
  /** Ids of orders whose subject has all `tokens`, newest first per subject; at most `limit`. No tokens, none. */
  candidates(tokens: readonly string[], limit: number): Promise<readonly string[]>;
}

export interface SearchRow {
  readonly tokens: readonly string[];
  /** The order itself, when the subject is a guest's order. */
  readonly guestOrder?: string;
}

/** Keeps the tokens of every subject that placed an order; they are rows of the subject, erased with it. */
export function orderSearchProjection(keys: SubjectKeys, searchSecret: Uint8Array): Projection<SearchRow, OrderEvent> {
  return projection<SearchRow, OrderEvent>({
    name: ORDER_SEARCH,
    version: 1,
    categories: [ORDER_CATEGORY],
    types: ["OrderPlaced"],
    async project({ event }, view) {
      if (event.type !== "OrderPlaced" || event.data.customer.contact === undefined) return;
      const { customer, orderId } = event.data;
      const contact = await reveal(keys, event.data.customer.contact);
      const subject = customer.id ?? orderId;
      const before = await view.get(subject);
      const fresh = searchedTexts(contact).flatMap((text) => searchTokens(searchSecret, text));
      const tokens = [...new Set([...fresh, ...(before?.tokens ?? [])])].slice(0, TOKENS_MAX).sort();
      if (tokens.length === 0) return;
      view.put(subject, customer.id === undefined ? { tokens, guestOrder: orderId } : { tokens }, { [TOKENS]: tokens });
    },
  });
}

export function orderSearch(store: Store): OrderSearch {
  const model = readModel<SearchRow>(store, ORDER_SEARCH);
  return {
    async candidates(tokens, limit) {
      const [first, ...others] = tokens;
      if (first === undefined) return [];
      const { rows } = await model.list({ index: TOKENS, prefix: first, limit });
      const orders: string[] = [];
      for (const row of rows) {
        const { tokens: all, guestOrder } = row.value;
        if (!others.every((token) => all.includes(token))) continue;
        orders.push(...(guestOrder === undefined ? await ordersOf(store, row.key, limit) : [guestOrder]));
        if (orders.length >= limit) break;
      }
      return orders.slice(0, limit);
    },
  };
}

async function ordersOf(store: Store, customerId: string, limit: number): Promise<readonly string[]> {
  const list = {
    collection: ORDERS,
    index: ORDER_LISTS.byCustomer,
    prefix: `${customerId} `,
    direction: "backwards",
    limit,
  } as const;
  return (await store.listRows(list)).rows.map((row) => row.key);
}

/** The personal texts that orders are found by. */
export function searchedTexts(contact: Contact | undefined): readonly string[] {
  if (!contact) return [];
  const { firstName, lastName, email } = contact;
  const whole = firstName !== undefined && lastName !== undefined ? `${firstName} ${lastName}` : (firstName ?? lastName);
  return [whole, email].filter((text) => text !== undefined);
}
