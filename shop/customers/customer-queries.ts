import { handlers, type Handlers } from "@daybook/data/cqrs/handlers";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Row } from "@daybook/data/store";
import { givenId } from "@daybook/kernel/ids";
import { CUSTOMERS, CUSTOMER_LISTS, customerDetails, parseCustomerRow } from "./customer-row.ts";
import { contains, customersLike } from "./customer-search.ts";
import {
  getCustomer,
  listCustomers,
  searchCustomers,
  type CustomerDetails,
  type CustomerPage,
  type ListCustomers,
  type SearchCustomers,
} from "./contract.ts";

/** Queries: `getCustomer`, `listCustomers`, `searchCustomers`. */
export function customerQueries({ store, keys }: EventStore, searchSecret: Uint8Array): Handlers {
  const shown = (row: Row) => customerDetails(parseCustomerRow(row.value), row.recordedAt, keys);

  async function byId(customerId: string): Promise<CustomerDetails | undefined> {
    const row = await store.getRow(CUSTOMERS, customerId);
    return row && shown(row);
  }

  async function list({ status, limit, after }: ListCustomers): Promise<CustomerPage> {
    const listing = status ? { index: CUSTOMER_LISTS.byStatus, prefix: `${status} ` } : { index: CUSTOMER_LISTS.all };
    const page = { limit, direction: "backwards", ...(after && { after }) } as const;
    const { rows, next } = await store.listRows({ collection: CUSTOMERS, ...listing, ...page });
    return { customers: await Promise.all(rows.map(shown)), ...(next && { next }) };
  }

  async function search({ text, limit }: SearchCustomers): Promise<readonly CustomerDetails[]> {
    const found = new Map<string, CustomerDetails>();
    if (givenId.safeParse(text).success) {
      const { rows } = await store.listRows({ collection: CUSTOMERS, prefix: text.toLowerCase(), limit });
      for (const row of rows) found.set(row.key, await shown(row));
    }
    for await (const customerId of customersLike(store, searchSecret, text)) {
      if (found.size >= limit) break;
      const customer = await byId(customerId);
      if (customer?.profile && contains(customer.profile, text)) found.set(customerId, customer);
    }
    return [...found.values()].slice(0, limit);
  }

  const queries = handlers();
  queries.register(getCustomer, ({ customerId }) => byId(customerId));
  queries.register(listCustomers, list);
  queries.register(searchCustomers, search);
  return queries;
}
