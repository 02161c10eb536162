import { isDeepStrictEqual } from "node:util";
import { projection, type Projection } from "@daybook/data/cqrs/projection";
import { readModel } from "@daybook/data/cqrs/read-model";
import { mergedTokens, rowsWithTokens, tokenIndex, type Tokened } from "@daybook/data/cqrs/token-index";
import type { RowCursor, Store } from "@daybook/data/store";
import { reveal, searchTokenizer, type SubjectKeys } from "@daybook/kernel/sealed";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "@daybook/shop-customers/events";
import { ORDER_CATEGORY, type Contact, type OrderEvent } from "./events.ts";
import { ORDERS, ORDER_LISTS } from "./order-row.ts";

/** The read model "order-search": one row a data subject, with the tokens of the names and addresses it used. */
const ORDER_SEARCH = "order-search";
const PAGE = 100;

export interface OrderSearch {
  /**
   * Ids of orders whose subject has all `tokens`, newest first per subject; looks no further than its reader. Gives up
   * after 10,000 subjects that have the rarest of the tokens. No tokens, none.
   */
  candidates(tokens: readonly string[]): AsyncIterable<string>;
}

export interface SearchRow extends Tokened {
  /** The order itself, when the subject is a guest's order. */
  readonly guestOrder?: string;
}

/** Events that the search follows. */
export type SearchedEvent = OrderEvent | CustomerEvent;

/** Keeps the tokens of every subject that placed an order, until the customer is deleted. */
export function orderSearchProjection(keys: SubjectKeys, searchSecret: Uint8Array): Projection<SearchRow, SearchedEvent> {
  const tokensOf = searchTokenizer(searchSecret);
  return projection<SearchRow, SearchedEvent>({
    name: ORDER_SEARCH,
    version: 1,
    categories: [ORDER_CATEGORY, CUSTOMER_CATEGORY],
    types: ["OrderPlaced", "CustomerDeleted"],
    async project({ event }, view) {
      if (event.type === "CustomerDeleted") view.delete(event.data.customerId);
      if (event.type !== "OrderPlaced" || event.data.customer.contact === undefined) return;
      const { customer, orderId } = event.data;
      const contact = await reveal(keys, event.data.customer.contact);
      const subject = customer.id ?? orderId;
      const before = await view.get(subject);
      const fresh = searchedTexts(contact).flatMap(tokensOf);
      const tokens = mergedTokens(fresh, before?.tokens);
      if (tokens.length === 0 || isDeepStrictEqual(tokens, before?.tokens)) return;
      view.put(subject, customer.id === undefined ? { tokens, guestOrder: orderId } : { tokens }, tokenIndex(tokens));
    },
  });
}

export function orderSearch(store: Store): OrderSearch {
  const model = readModel<SearchRow>(store, ORDER_SEARCH);
  return {
    async *candidates(tokens) {
      for await (const { key, value } of rowsWithTokens(model, tokens)) {
        if (value.guestOrder === undefined) yield* ordersOf(store, key);
        else yield value.guestOrder;
      }
    },
  };
}

async function* ordersOf(store: Store, customerId: string): AsyncIterable<string> {
  const list = { collection: ORDERS, index: ORDER_LISTS.byCustomer, prefix: `${customerId} `, direction: "backwards" } as const;
  let after: RowCursor | undefined;
  do {
    const page = await store.listRows({ ...list, limit: PAGE, ...(after && { after }) });
    yield* page.rows.map((row) => row.key);
    after = page.next;
  } while (after);
}

/** The personal texts that orders are found by. */
export function searchedTexts(contact: Contact | undefined): readonly string[] {
  if (!contact) return [];
  const { firstName, lastName, email } = contact;
  const whole = firstName !== undefined && lastName !== undefined ? `${firstName} ${lastName}` : (firstName ?? lastName);
  return [whole, email].filter((text) => text !== undefined);
}
