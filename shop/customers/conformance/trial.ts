import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { waitFor } from "@daybook/data/cqrs/read-model";
import { runProjection } from "@daybook/data/cqrs/running-projection";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import { registerCustomer, type CustomerOutcome, type Execution, type Profile } from "../contract.ts";
import { customerEvents } from "../events.ts";
import { customersService, type CustomersParts, type CustomersService } from "../service.ts";

/** Customers in memory on a virtual clock. */
export interface TrialCustomers {
  readonly store: Store;
  readonly events: EventStore;
  readonly clock: VirtualClock;
  readonly service: CustomersService;
  /** Customers with an open order. */
  readonly ordering: Set<string>;
  /** Another process on the same store and folder, with nothing warm. */
  readonly another: (more?: Partial<CustomersParts>) => CustomersService;
  /** Registers a customer; answers the id. */
  readonly register: (profile?: Partial<Profile>, password?: string) => Promise<string>;
  /** Runs the search's projection until it has seen everything, and stops it. */
  readonly project: () => Promise<void>;
}

/** As cheap as argon2 can be: the trials are not about its cost. */
export const CHEAP = { memory: 8, passes: 1, parallelism: 1 };
export const PASSWORD = "correct horse";
export const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

export const ADA: Profile = {
  userName: "Ada.King",
  firstName: "Ada",
  lastName: "King",
  email: "Ada@Example.org",
  addresses: [],
};

/** Runs a command and answers how it was executed. */
export function executedOf<Input>(
  service: CustomersService,
  operation: Operation<Input, Executed<unknown>>,
  input: unknown,
  more: Partial<Execution> = {},
): Promise<Executed<CustomerOutcome>> {
  const execution = { context: CONTEXT, render: (outcome: CustomerOutcome) => outcome, ...more };
  return service.commands.dispatch(operation, input, execution) as Promise<Executed<CustomerOutcome>>; // by render
}

/** Runs a command and answers its outcome. */
export async function outcomeOf<Input>(
  service: CustomersService,
  operation: Operation<Input, Executed<unknown>>,
  input: unknown,
  more: Partial<Execution> = {},
): Promise<CustomerOutcome> {
  const executed = await executedOf(service, operation, input, more);
  assert.ok(executed.kind === "answered", executed.kind);
  return executed.answer;
}

/** What a command was refused with; "done" when it was not. */
export function codeOf(outcome: CustomerOutcome): string {
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
}

/** Its folder of keys goes with the test. */
export function trialCustomers(t: { after(end: () => void): void }): TrialCustomers {
  const clock = virtualClock();
  const store = memoryStore({ clock, owners: { customer: "customers" } });
  const events = eventStore(store, customerEvents, memoryKeys());
  const random = seededRandom(1);
  const ids = idSource(clock, random);
  const ordering = new Set<string>();
  const folder = mkdtempSync(join(tmpdir(), "daybook-customers-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => join(folder, `session${name}.key`);
  const parts: CustomersParts = {
    events,
    clock,
    ids,
    random,
    searchSecret: new Uint8Array(32),
    sessionKeys: { current: file(""), previous: file(".previous"), next: file(".next") },
    tenant: "shop",
    hasOpenOrders: async (customerId) => ordering.has(customerId),
    passwordCost: CHEAP,
  };
  const service = customersService(parts);
  return {
    store,
    events,
    clock,
    service,
    ordering,
    another: (more = {}) => customersService({ ...parts, ...more }),
    async register(profile = {}, password = PASSWORD) {
      const outcome = await outcomeOf(service, registerCustomer, { profile: { ...ADA, ...profile }, password });
      assert.ok(outcome.kind === "done" && outcome.state.status === "active", codeOf(outcome));
      return outcome.state.customerId;
    },
    async project() {
      const running = runProjection(service.search, { events, clock, ids, owner: "trial" });
      const { position } = await store.head();
      for (let turn = 0; !(await waitFor(store, service.search, position, 0, clock)).isReached; turn++) {
        assert.ok(turn < 10_000, "the projection stands still");
        await setImmediate();
        if (turn % 8 === 7) clock.advance(1);
      }
      await running.stop();
    },
  };
}
