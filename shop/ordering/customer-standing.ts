import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import type { Context } from "@daybook/kernel/context";
import { valueOf, type Operable } from "@daybook/network/rpc/contract";
import type { customersContract } from "@daybook/shop-customers/contract";

/** What ordering asks of customers. */
export type Customers = Pick<Operable<(typeof customersContract)["operations"]>, "standing">;

/** Why the customer may not order; undefined when they may. A guest, and a customer of elsewhere, may. */
export async function refusedCustomer(
  customers: Customers,
  customerId: string | undefined,
  context: Context,
): Promise<Refusal | undefined> {
  if (customerId === undefined) return undefined;
  const { isKnown, isActive } = valueOf(await customers.standing({ customerId }, { context }));
  if (!isKnown || isActive) return undefined;
  return refuse("customer-inactive", "The customer's account is not active.", { customerId }).refusal;
}
