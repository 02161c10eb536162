import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import { searchSecret, soleMasterKey } from "@daybook/data/event-store/master-keys";
import { subjectKeys } from "@daybook/data/event-store/subject-keys";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { systemClock as clock } from "@daybook/kernel/clock";
import { idSource, type IdSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { FILES } from "@daybook/shop/shop";
import { customerEvents } from "@daybook/shop-customers/events";
import {
  assignRoles,
  changePassword,
  changePreferences,
  deactivateCustomer,
  deleteCustomer,
  listCustomers,
  registerCustomer,
  updateCustomer,
  type CustomerOutcome,
} from "@daybook/shop-customers/contract";
import { customersService, type CustomersService } from "@daybook/shop-customers/service";

const PASSWORD = "correct horse";
const CONTEXT = { correlationId: "cor_customers", actor: "usr_trial", tenant: "default" };

/** Three customers: one who changed her names, one inactive with roles, one deleted and erased; all found by the search. */
export async function customersDay(folder: string): Promise<void> {
  await open(folder, async (customers, events, ids) => {
    const [ida, tom, eve] = [
      await registered(customers, "ida", "key-8"),
      await registered(customers, "tom"),
      await registered(customers, "eve"),
    ];
    await told(customers, updateCustomer, { customerId: ida, change: { lastName: "Reed", userName: "Ida.Reed" } });
    await told(customers, changePreferences, { customerId: ida, unwanted: ["welcome"] });
    await told(customers, assignRoles, { customerId: tom, roles: ["viewer"] });
    await told(customers, deactivateCustomer, { customerId: tom });
    await told(customers, deleteCustomer, { customerId: eve });
    await events.keys.erase(eve);
    const running = runProjection(customers.search, { events, clock, ids, owner: "embedded" });
    await waitFor(events.store, customers.search, (await events.store.head()).position, 10_000, clock);
    await running.stop();
  });
}

/** Ida changes her password: the last event of the trial shop. */
export async function customersEvening(folder: string): Promise<void> {
  await open(folder, async (customers) => {
    const found = await customers.queries.dispatch(listCustomers, { status: "active", limit: 1 }, { context: CONTEXT });
    const [ida] = found.customers;
    await told(customers, changePassword, { customerId: ida?.id ?? "", current: PASSWORD, password: "battery staple" });
  });
}

async function open(
  folder: string,
  day: (customers: CustomersService, events: EventStore, ids: IdSource) => Promise<void>,
): Promise<void> {
  const store = await sqliteStore({ file: join(folder, FILES.store) });
  const keyStore = await sqliteStore({ file: join(folder, FILES.keys), secureDelete: true });
  const masterKey = await readFile(join(folder, FILES.masterKey));
  const random = systemRandom();
  const ids = idSource(clock, random);
  const events = eventStore(store, customerEvents, subjectKeys(keyStore, soleMasterKey(masterKey), ids));
  const file = (name: string) => join(folder, `${name}.key`);
  const customers = customersService({
    events,
    clock,
    ids,
    random,
    searchSecret: searchSecret(masterKey),
    sessionKeys: { current: file("session"), previous: file("session.previous"), next: file("session.next") },
    tenant: "default",
    hasOpenOrders: async () => false,
    passwordCost: { memory: 8, passes: 1, parallelism: 1 },
  });
  await day(customers, events, ids);
  await store.close();
  await keyStore.close();
}

async function registered(customers: CustomersService, userName: string, key?: string): Promise<string> {
  let id = "";
  const profile = { userName, firstName: "Sam", lastName: "Vale", email: `${userName}@vale.example`, addresses: [] };
  const render = (outcome: CustomerOutcome) => {
    if (outcome.kind === "done" && outcome.state.status === "active") id = outcome.state.customerId;
    return { status: 201, headers: {}, body: JSON.stringify({ id, version: 1 }) };
  };
  const content = "0".repeat(64);
  const idempotency = key === undefined ? undefined : { principal: "usr_trial", operation: "register", key, content };
  const execution = { context: CONTEXT, idempotency, render };
  await customers.commands.dispatch(registerCustomer, { profile, password: PASSWORD }, execution);
  return id;
}

async function told<Input>(customers: CustomersService, operation: Operation<Input, Executed<unknown>>, input: Input) {
  await customers.commands.dispatch(operation, input, { context: CONTEXT, render: () => null });
}
