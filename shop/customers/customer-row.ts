import type { Folded } from "@daybook/data/event-store/fold";
import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { SubjectKeys } from "@daybook/kernel/sealed";
import { reveal } from "@daybook/kernel/sealed";
import type { Customer } from "./customer.ts";
import type { CustomerDetails } from "./contract.ts";

/** The read model "customers": one row a customer, put in the unit that changes it; its value is the aggregate's state. */
export const CUSTOMERS = "customers";

/** Lists that the rows are in; entries end with the time of registration. */
export const CUSTOMER_LISTS = { all: "registered", byStatus: "status" } as const;

export interface CustomerRow {
  readonly customer: Exclude<Customer, { status: "absent" }>;
  readonly version: number;
}

/** The effect that keeps a customer's row; pure. */
export function customerRow(id: string, { state, version }: Folded<Customer>): readonly Effect[] {
  if (state.status === "absent") return [];
  const time = String(state.registeredAt).padStart(15, "0");
  const index = { [CUSTOMER_LISTS.all]: [time], [CUSTOMER_LISTS.byStatus]: [`${state.status} ${time}`] };
  return [{ kind: "putRow", collection: CUSTOMERS, key: id, value: canonical({ customer: state, version }), index }];
}

export function parseCustomerRow(text: string): CustomerRow {
  return JSON.parse(text) as CustomerRow; // written by customerRow
}

/** The customer as it is shown: the profile opened, or left out once it is deleted or erased. */
export async function customerDetails(
  { customer, version }: CustomerRow,
  updatedAt: number,
  keys: SubjectKeys,
): Promise<CustomerDetails> {
  const { customerId: id, status, registeredAt } = customer;
  const about = { id, version, status, registeredAt, updatedAt };
  if (customer.status === "deleted") return { ...about, unwanted: [], roles: [] };
  const profile = await reveal(keys, customer.profile);
  return { ...about, ...(profile && { profile }), unwanted: [...customer.unwanted], roles: [...customer.roles] };
}
