import { recentlyUsed } from "@daybook/data/event-store/recently-used";
import type { Store } from "@daybook/data/store";
import type { Clock } from "@daybook/kernel/clock";
import type { Principal, Principals } from "@daybook/network/http/principals";
import { passwordChangesOf } from "../customer.ts";
import { CUSTOMERS, parseCustomerRow } from "../customer-row.ts";
import type { SessionTokens } from "./session-tokens.ts";

export interface SessionPrincipalsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly tokens: SessionTokens;
  /** Tenant of the principals. */
  readonly tenant: string;
  /** How long what is known of a customer is taken for true: a deactivation, another password count after that; 2,000 ms. */
  readonly knownForMs?: number;
}

const KNOWN_MAX = 10_000;

/** What a customer's row says of their sessions. */
interface Standing {
  /** Undefined when nobody may go on. */
  readonly principal: Principal | undefined;
  readonly passwordChanges: number;
}

/**
 * Whose a session is: the token says who, the customer's row says whether they are active, what they may, and whether the
 * password is still the one that the session was given for.
 */
export function sessionPrincipals({ store, clock, tokens, tenant, knownForMs = 2_000 }: SessionPrincipalsParts): Principals {
  const known = recentlyUsed<Standing>(KNOWN_MAX, knownForMs, clock);

  async function standingOf(customerId: string): Promise<Standing> {
    const row = await store.getRow(CUSTOMERS, customerId);
    const customer = row && parseCustomerRow(row.value).customer;
    const passwordChanges = passwordChangesOf(customer);
    if (customer?.status !== "active") return { principal: undefined, passwordChanges };
    return { principal: { id: customerId, roles: ["customer", ...customer.roles], tenant }, passwordChanges };
  }

  return {
    async authenticate(token) {
      const session = await tokens.claimsOf(token);
      if (!session) return undefined;
      const { subject, passwordChanges } = session;
      const earlier = known.get(subject);
      // A session of a password that is newer than what is known: it is looked again.
      const isKnown = earlier !== undefined && earlier.passwordChanges >= passwordChanges;
      const found = isKnown ? earlier : await standingOf(subject);
      if (!isKnown) known.set(subject, found);
      return found.passwordChanges === passwordChanges ? found.principal : undefined;
    },
  };
}
