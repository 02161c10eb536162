import { hkdfSync } from "node:crypto";
import type { Handlers } from "@daybook/data/cqrs/handlers";
import type { Projection } from "@daybook/data/cqrs/projection";
import type { Tokened } from "@daybook/data/cqrs/token-index";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { sender } from "@daybook/messaging/queue/send";
import type { Principals } from "@daybook/network/http/principals";
import type { Answer } from "@daybook/network/rpc/contract";
import { service, type Service } from "@daybook/network/rpc/server";
import { customersContract, erasures, type Execution } from "./contract.ts";
import type { CustomerEvent } from "./events.ts";
import { customerCalls } from "./customer-calls.ts";
import { customerCommands } from "./customer-commands.ts";
import { customerQueries } from "./customer-queries.ts";
import { customerSearchProjection } from "./customer-search.ts";
import { erasure } from "./erasure.ts";
import { attemptLimit } from "./identity/attempt-limit.ts";
import { ATTEMPT_RATES, attemptsOf, logIn, type AttemptRates, type LogIn, type Session } from "./identity/log-in.ts";
import { passwordDigests, type PasswordCost } from "./identity/password-digests.ts";
import { sessionPrincipals } from "./identity/session-principals.ts";
import { sessionTokens } from "./identity/session-tokens.ts";
import type { SigningKeyFiles } from "./identity/signing-keys.ts";
import { reservedNames } from "./reserved-names.ts";

export interface CustomersParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Keys search tokens; the secrets of names and passwords derive from it. */
  readonly searchSecret: Uint8Array;
  /** Where the keys are that sign sessions. */
  readonly sessionKeys: SigningKeyFiles;
  /** Makes no key files. */
  readonly isReadOnly?: boolean;
  /** Tenant of the customers' principals. */
  readonly tenant: string;
  /** Whether an order of the customer is still carried out. */
  readonly hasOpenOrders: (customerId: string) => Promise<boolean>;
  readonly passwordCost?: PasswordCost;
  readonly attemptRates?: AttemptRates;
  /** From a deletion to the erasure, and between two looks while an order is open; an hour. */
  readonly eraseAfterMs?: number;
}

export interface CustomersService {
  readonly commands: Handlers<Execution>;
  readonly queries: Handlers;
  readonly search: Projection<Tokened, CustomerEvent>;
  /** Carries out `customersContract` for other contexts. */
  readonly calls: Service;
  readonly identity: Identity;
  /** Starts to erase what is due to be erased. */
  startErasures(): Consumer;
}

/** Who is who: our own issuer of sessions. */
export interface Identity {
  /** Refused with `log-in-refused` and `customer-inactive`; rejects with `rate-limited` and `log-in-busy`. */
  logIn(input: LogIn, context: Context): Promise<Answer<Session>>;
  /** Counts a registration from an address; `rate-limited` when there were too many. */
  countRegistration(address: string): void;
  /** Counts a try to change a customer's password; `rate-limited` when there were too many. */
  countPasswordChange(customerId: string, address: string): void;
  /** Whose a session is. */
  readonly principals: Principals;
  /** Signs by a new key from now on; sessions go on. By one process at a time. */
  rotateKeys(): Promise<void>;
}

const ERASE_AFTER_MS = 60 * 60 * 1_000;

/** The customers context, put together. */
export function customersService(parts: CustomersParts): CustomersService {
  const { events, clock, ids, random, searchSecret, hasOpenOrders, eraseAfterMs = ERASE_AFTER_MS } = parts;
  const names = reservedNames(secretFor(searchSecret, "customer-names"));
  const cost = parts.passwordCost && { cost: parts.passwordCost };
  const passwords = passwordDigests({ secret: secretFor(searchSecret, "passwords"), ...cost });
  const requestSecret = secretFor(searchSecret, "requests");
  const { store } = events;
  const handle = erasure({
    keys: events.keys,
    sender: sender({ queue: erasures, store, clock, ids }),
    hasOpenOrders,
    retryMs: eraseAfterMs,
  });
  return {
    commands: customerCommands({ events, clock, ids, names, passwords, requestSecret, eraseAfterMs }),
    queries: customerQueries(events, searchSecret),
    search: customerSearchProjection(events.keys, searchSecret),
    calls: service(customersContract, customerCalls(events)),
    identity: identity(parts, names, passwords),
    startErasures: () => consume({ queue: erasures, store, clock, ids, random, handle }),
  };
}

function identity(
  parts: CustomersParts,
  names: ReturnType<typeof reservedNames>,
  passwords: ReturnType<typeof passwordDigests>,
): Identity {
  const { events, clock, ids, sessionKeys, isReadOnly = false, tenant, attemptRates: rates = ATTEMPT_RATES } = parts;
  const tokens = sessionTokens({ files: sessionKeys, clock, ids, isReadOnly });
  const limit = attemptLimit(clock);
  return {
    logIn: logIn({ events, clock, ids, names, passwords, tokens, limit, rates }),
    countRegistration: (address) => limit.attempt([[`registering ${address}`, rates.registering]]),
    countPasswordChange: (customerId, address) => limit.attempt(attemptsOf(`password of ${customerId}`, address, rates)),
    principals: sessionPrincipals({ store: events.store, clock, tokens, tenant }),
    rotateKeys: () => tokens.rotate(),
  };
}

/** A secret for one purpose (HKDF-SHA-256, RFC 5869): docs/format.md, section "Customers". */
function secretFor(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `daybook/${purpose}/1`, 32));
}
