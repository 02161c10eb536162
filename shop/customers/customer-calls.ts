import type { EventStore } from "@daybook/data/event-store/event-store";
import { reveal } from "@daybook/kernel/sealed";
import type { Operable } from "@daybook/network/rpc/contract";
import type { customersContract } from "./contract.ts";
import { CUSTOMERS, parseCustomerRow } from "./customer-row.ts";

/** Carries out `customersContract`. */
export function customerCalls({ store, keys }: EventStore): Operable<(typeof customersContract)["operations"]> {
  async function customerOf(customerId: string) {
    const row = await store.getRow(CUSTOMERS, customerId);
    return row && parseCustomerRow(row.value).customer;
  }

  return {
    async standing({ customerId }) {
      const customer = await customerOf(customerId);
      return { value: { isKnown: customer !== undefined, isActive: customer?.status === "active" } };
    },
    async contactOf({ customerId }) {
      const customer = await customerOf(customerId);
      const profile = customer && "profile" in customer ? await reveal(keys, customer.profile) : undefined;
      if (!profile) return { value: null };
      const { firstName, lastName, email } = profile;
      return { value: { firstName, lastName, email } };
    },
    async wants({ customerId, kind }) {
      const customer = await customerOf(customerId);
      if (!customer) return { value: true }; // of elsewhere: has turned nothing off here
      return { value: "unwanted" in customer && !customer.unwanted.includes(kind) };
    },
  };
}
