import { canonicalText, memberOf, parsedJson } from "../canonical-text.ts";
import type { Findings } from "../findings.ts";
import { entriesOf, rowsOf } from "../listed-entries.ts";
import { tokensOf } from "../search-tokens.ts";
import { checkpointOf, type Verifying } from "../verifying.ts";
import { openedNames } from "./customer-names.ts";
import type { FoldedCustomer } from "./customer-fold.ts";

/** The customers as the read model "customer-search" has seen them: up to its checkpoint. */
export interface CustomersAsSearched {
  see(position: number, customer: FoldedCustomer): void;
  readonly customers: ReadonlyMap<string, FoldedCustomer>;
}

const TOKENS_MAX = 500;

export function customersAsSearched({ marks }: Verifying): CustomersAsSearched {
  const customers = new Map<string, FoldedCustomer>();
  return {
    customers,
    see(position, customer) {
      if (position > marks.customerSearch.checkpoint) return;
      if (customer.status === "deleted") customers.delete(customer.customerId);
      else customers.set(customer.customerId, customer);
    },
  };
}

/** Each row has the tokens of its customer's names and is listed under them, and no other; deleted customers have none. */
export async function checkCustomerSearch(
  verifying: Verifying,
  { customers }: CustomersAsSearched,
  findings: Findings,
): Promise<void> {
  const { store, marks, meter } = verifying;
  const { collection } = marks.customerSearch;
  const entries = new Map<string, Set<string>>();
  const missing = new Set(customers.keys());
  const tell = async (what: string, key: string) => {
    if (!(await isMoving(verifying))) findings.violated(what, { key: `${collection}/${key}` });
  };
  meter.begin(collection, missing.size);
  for await (const { key, value } of rowsOf(store, collection)) {
    meter.step();
    findings.checked++;
    missing.delete(key);
    const tokens = memberOf(parsedJson(value), "tokens");
    entries.set(key, new Set(Array.isArray(tokens) ? tokens.map((token) => `token/${String(token)}`) : []));
    const customer = customers.get(key);
    const wanted = customer && (await rowText(verifying, customer));
    if (!customer) await tell("the row is of nobody who is there", key);
    else if (wanted !== undefined && wanted !== value) await tell("the row is not the fold of the customer's names", key);
  }
  for (const key of missing) {
    const state = await verifying.subjects?.(key);
    if (state?.kind !== "erased") await tell("the customer has no row", key);
  }
  for await (const { index, entry, key } of entriesOf(store, collection)) {
    findings.checked++;
    if (!entries.get(key)?.delete(`${index}/${entry}`)) await tell('an entry of the list "token" is not the row\'s', key);
  }
  for (const [key, rest] of entries) if (rest.size > 0) await tell('the list "token" lacks tokens of the row', key);
}

/** Undefined when the names cannot be known. */
async function rowText(verifying: Verifying, customer: FoldedCustomer): Promise<string | undefined> {
  const names = await openedNames(verifying, customer);
  const { tokenSecret } = verifying;
  if (!names || !tokenSecret) return undefined;
  const tokens = [names.wholeName, names.email, names.userName].flatMap((text) => tokensOf(tokenSecret, text));
  return canonicalText({ tokens: [...new Set(tokens)].slice(0, TOKENS_MAX).sort() });
}

/** The projection went on since the marks were read: what it shows now is compared another time. */
async function isMoving({ store, marks }: Verifying): Promise<boolean> {
  return (await checkpointOf(store, marks.customerSearch.collection)) !== marks.customerSearch.checkpoint;
}
