import { isDeepStrictEqual } from "node:util";
import { projection, type Projection } from "@daybook/data/cqrs/projection";
import { readModel, type ReadRow } from "@daybook/data/cqrs/read-model";
import type { RowCursor, Store } from "@daybook/data/store";
import { reveal, searchTokens, type SubjectKeys } from "@daybook/kernel/sealed";
import { ORDER_CATEGORY, type Contact, type OrderEvent } from "./events.ts";
import { ORDERS, ORDER_LISTS } from "./order-row.ts";

/** The read model "order-search": one row a data subject, listed under the keyed tokens of the names and addresses it used. */
const ORDER_SEARCH = "order-search";
const TOKENS = "token";
const TOKENS_MAX = 500;
const SUBJECTS_MAX = 10_000;
/** Tokens whose subjects are counted to find a rare one, and up to how many. */
const COUNTED_TOKENS = 12;
const COUNT_CAP = 1_000;
const PAGE = 100;

export interface OrderSearch {
  /**
   * Ids of orders whose subject has all `tokens`, newest first per subject; looks no further than its reader. Gives up
   * after 10,000 subjects that have the rarest of the tokens. No tokens, none.
   */
  candidates(tokens: readonly string[]): AsyncIterable<string>;
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
      if (tokens.length === 0 || isDeepStrictEqual(tokens, before?.tokens)) return;
      view.put(subject, customer.id === undefined ? { tokens, guestOrder: orderId } : { tokens }, { [TOKENS]: tokens });
    },
  });
}

export function orderSearch(store: Store): OrderSearch {
  const model = readModel<SearchRow>(store, ORDER_SEARCH);

  async function rarest(tokens: readonly string[]): Promise<string | undefined> {
    const counted = tokens.slice(0, COUNTED_TOKENS).map(async (token) => {
      return { token, count: await model.count({ index: TOKENS, prefix: token }, COUNT_CAP) };
    });
    return (await Promise.all(counted)).toSorted((a, b) => a.count - b.count)[0]?.token;
  }

  async function* subjects(token: string): AsyncIterable<ReadRow<SearchRow>> {
    let after: RowCursor | undefined;
    for (let seen = 0; seen < SUBJECTS_MAX; seen += PAGE) {
      const page = await model.list({ index: TOKENS, prefix: token, limit: PAGE, ...(after && { after }) });
      yield* page.rows;
      after = page.next;
      if (!after) return;
    }
  }

  return {
    async *candidates(tokens) {
      const token = await rarest(tokens);
      if (token === undefined) return;
      for await (const { key, value } of subjects(token)) {
        if (!tokens.every((each) => value.tokens.includes(each))) continue;
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
