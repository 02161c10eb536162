import { refuse } from "@daybook/data/cqrs/decider";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Answer } from "@daybook/network/rpc/contract";
import { passwordChangesOf } from "../customer.ts";
import { CUSTOMERS, parseCustomerRow } from "../customer-row.ts";
import type { ReservedNames } from "../reserved-names.ts";
import type { AttemptLimit, AttemptRate } from "./attempt-limit.ts";
import type { PasswordDigests } from "./password-digests.ts";
import type { SessionToken, SessionTokens } from "./session-tokens.ts";

export interface LogIn {
  /** User name or e-mail address. */
  readonly name: string;
  readonly password: string;
  /** Where the request comes from. */
  readonly address: string;
}

export interface Session extends SessionToken {
  readonly customerId: string;
}

/**
 * How often is tried: a name from one address, any name from an address, a name from anywhere, registering from an address.
 * A change of a password counts as a try of a name of its own.
 */
export interface AttemptRates {
  readonly nameAndAddress: AttemptRate;
  readonly address: AttemptRate;
  readonly name: AttemptRate;
  readonly registering: AttemptRate;
}

export const ATTEMPT_RATES: AttemptRates = {
  nameAndAddress: { burst: 5, everyMs: 30_000 },
  address: { burst: 50, everyMs: 1_000 },
  name: { burst: 100, everyMs: 10_000 },
  registering: { burst: 100, everyMs: 1_000 },
};

/** As what a try of a name's password counts. */
export function attemptsOf(name: string, address: string, rates: AttemptRates) {
  return [
    [`${name} ${address}`, rates.nameAndAddress],
    [`address ${address}`, rates.address],
    [name, rates.name],
  ] as const;
}

export interface LogInParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly names: ReservedNames;
  readonly passwords: PasswordDigests;
  readonly tokens: SessionTokens;
  readonly limit: AttemptLimit;
  readonly rates: AttemptRates;
}

/** The store's key of a customer's password digest: kept apart from the events, gone with the customer. */
export function passwordKey(customerId: string): string {
  return `log-in/${customerId}`;
}

/**
 * Gives a session for name and password. An unknown name and a wrong password are refused alike (`log-in-refused`), after
 * the same work; an inactive customer is told so (`customer-inactive`), who has proven the password. Too many attempts are
 * `rate-limited`.
 */
export function logIn(parts: LogInParts): (input: LogIn, context: Context) => Promise<Answer<Session>> {
  const { names, passwords, tokens, limit, rates } = parts;
  const { store } = parts.events;

  /** Made again at today's cost, unless it was changed meanwhile. */
  async function renew(customerId: string, password: string, digest: string, context: Context): Promise<void> {
    const key = passwordKey(customerId);
    const value = await passwords.digest(password);
    if (value === undefined) return;
    const conditions = [{ kind: "keyValue", key, value: digest } as const];
    const unit = {
      id: parts.ids("unt"),
      cause: causeOf(context),
      conditions,
      effects: [{ kind: "putKey", key, value } as const],
    };
    await commitSettled(store, unit, { clock: parts.clock });
  }

  return async ({ name, password, address }, context) => {
    const nameKey = names.keyOf(name);
    limit.attempt(attemptsOf(nameKey, address, rates));
    const customerId = await store.getKey(nameKey);
    // Read before the digest: who proves a password that is changed just now gets a session of that one.
    const row = await store.getRow(CUSTOMERS, customerId ?? "");
    const digest = await store.getKey(passwordKey(customerId ?? ""));
    const verified = await passwords.verify(password, digest);
    if (customerId === undefined || digest === undefined || verified === "wrong") {
      return refuse("log-in-refused", "The user name or the password is wrong.");
    }
    const customer = row && parseCustomerRow(row.value).customer;
    if (customer?.status !== "active") return refuse("customer-inactive", "This customer cannot log in.");
    if (verified === "isOutdated") await renew(customerId, password, digest, context);
    return { value: { customerId, ...(await tokens.issue(customerId, passwordChangesOf(customer))) } };
  };
}
