import { Findings } from "../findings.ts";
import { placeOf, type Check } from "../log/fact.ts";
import type { Verifying } from "../verifying.ts";
import { foldCustomer, customerRowText, type FoldedCustomer } from "./customer-fold.ts";
import { checkCustomerNames } from "./customer-names.ts";
import { checkCustomerSearch, customersAsSearched, type CustomersAsSearched } from "./customer-search.ts";
import { compareLists, compareRows, textDigest, type ExpectedRow } from "./expected-rows.ts";

const CATEGORY = "customer-";

interface ExpectedCustomer extends ExpectedRow {
  readonly customer: FoldedCustomer;
}

const LISTS: Readonly<Record<string, (id: string, expected: ExpectedCustomer) => string>> = {
  registered: (_, { customer }) => time(customer),
  status: (_, { customer }) => `${customer.status} ${time(customer)}`,
};

/**
 * Every customer is folded anew: each event was legal after those before it; its row is that fold; names and log-ins are
 * reserved if and only if the customer was not deleted; the search has the tokens of the profile that it saw last.
 */
export function customersCheck(verifying: Verifying): Check {
  const { store, head, meter } = verifying;
  const rules = new Findings("customer rules (laws 2 and 13)");
  const rows = new Findings("customers read model (law 3)");
  const names = new Findings("customer names");
  const search = new Findings("customer-search (law 3)");
  const expected = new Map<string, ExpectedCustomer>();
  const searched: CustomersAsSearched = customersAsSearched(verifying);
  return {
    findings: [rules, rows, names, search],
    fact(fact) {
      const { stream, position, recordedAt } = fact.stored;
      if (!stream.startsWith(CATEGORY)) return;
      rules.checked++;
      const customerId = stream.slice(CATEGORY.length);
      const before = expected.get(customerId)?.customer;
      const { customer, fault } = foldCustomer(customerId, before, { ...fact.stored, data: fact.data });
      if (fault !== undefined) rules.violated(fault, placeOf(fact));
      if (!customer) return;
      expected.set(customerId, { digest: textDigest(customerRowText(customer)), position, recordedAt, customer });
      searched.see(position, customer);
    },
    async end() {
      const collection = { store, name: "customers", expected, head, findings: rows, meter };
      await compareRows(collection);
      await compareLists(collection, LISTS);
      const customers = new Map([...expected].map(([id, { customer }]) => [id, customer]));
      await checkCustomerNames(verifying, customers, names);
      await checkCustomerSearch(verifying, searched, search);
    },
  };
}

/** Lists are in the order of the texts: fifteen digits. */
function time({ registeredAt }: FoldedCustomer): string {
  return String(registeredAt).padStart(15, "0");
}
