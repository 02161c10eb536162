import { recentlyUsed } from "@daybook/data/event-store/recently-used";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Principal, Principals } from "@daybook/network/http/principals";
import { CUSTOMERS, parseCustomerRow } from "../customer-row.ts";
import type { SessionTokens } from "./session-tokens.ts";

export interface SessionPrincipalsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly tokens: SessionTokens;
  /** Tenant of the principals. */
  readonly tenant: string;
  /** How long what is known of a customer is taken for true: a deactivation counts after that; 2,000 ms. */
  readonly knownForMs?: number;
}

const KNOWN_MAX = 10_000;

/** Whose a session is: the token says who, the customer's row says whether they are active and what they may. */
export function sessionPrincipals({ store, clock, tokens, tenant, knownForMs = 2_000 }: SessionPrincipalsParts): Principals {
  const known = recentlyUsed<Principal | "inactive">(KNOWN_MAX, knownForMs, clock);

  async function principalOf(customerId: string): Promise<Principal | "inactive"> {
    const row = await store.getRow(CUSTOMERS, customerId);
    const customer = row && parseCustomerRow(row.value).customer;
    if (customer?.status !== "active") return "inactive";
    return { id: customerId, roles: ["customer", ...customer.roles], tenant };
  }

  return {
    async authenticate(token) {
      const customerId = await tokens.subjectOf(token);
      if (customerId === undefined) return undefined;
      const earlier = known.get(customerId);
      const found = earlier ?? (await principalOf(customerId));
      if (!earlier) known.set(customerId, found);
      return found === "inactive" ? undefined : found;
    },
  };
}
