import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Decision } from "@daybook/data/cqrs/decider";
import {
  customerDecider,
  customerStates,
  passwordChangesOf,
  type Customer,
  type CustomerAction,
  type CustomerCommand,
} from "./customer.ts";
import type { Profile } from "./contract.ts";
import type { CustomerEvent } from "./events.ts";

const customerId = "cus_1";
const profile: Profile = { userName: "ada", firstName: "Ada", lastName: "King", email: "ada@example.org", addresses: [] };
const renamed: Profile = { ...profile, userName: "countess" };
const registered: CustomerEvent = { type: "CustomerRegistered", data: { customerId, profile, registeredAt: 7 } };
const deactivated: CustomerEvent = { type: "CustomerDeactivated", data: { customerId } };
const deleted: CustomerEvent = { type: "CustomerDeleted", data: { customerId } };

const COMMANDS: { readonly [Action in CustomerAction]: CustomerCommand & { readonly type: Action } } = {
  register: { type: "register", customerId, profile },
  update: { type: "update", profile: renamed },
  "change-preferences": { type: "change-preferences", unwanted: ["welcome"] },
  "assign-roles": { type: "assign-roles", roles: ["operator"] },
  "change-password": { type: "change-password" },
  activate: { type: "activate" },
  deactivate: { type: "deactivate" },
  delete: { type: "delete" },
};
const HISTORIES = {
  absent: [],
  active: [registered],
  inactive: [registered, deactivated],
  deleted: [registered, deleted],
} as const;

function given(...events: readonly CustomerEvent[]): Customer {
  return events.reduce((state, event) => customerDecider.evolve(state, event), customerDecider.initial);
}

function when(command: CustomerCommand, ...events: readonly CustomerEvent[]): Decision<CustomerEvent> {
  return customerDecider.decide(command, given(...events), 7);
}

function happened(decision: Decision<CustomerEvent>): readonly CustomerEvent[] {
  assert.ok("events" in decision, JSON.stringify(decision));
  return decision.events;
}

void describe("a customer", () => {
  for (const [status, history] of Object.entries(HISTORIES)) {
    for (const command of Object.values(COMMANDS)) {
      void test(`${command.type} of an ${status} one leads where the table says, or changes nothing, or is refused`, () => {
        const before = given(...history);
        const next = customerStates.next(before.status, command.type);
        const decision = when(command, ...history);
        if (next) {
          const events = happened(decision);
          assert.equal(events.length, 1);
          assert.equal(given(...history, ...events).status, next);
        } else if ("refusal" in decision) {
          assert.equal(decision.refusal.code, command.type === "register" ? "customer-exists" : "customer-not-found");
        } else {
          const isSettled = { activate: "active", deactivate: "inactive", delete: "deleted" } as Record<string, string>;
          assert.deepEqual(decision.events, []);
          assert.equal(isSettled[command.type], status);
        }
      });
    }
  }

  void test("registered, is active, wants every mail and has no role but its own", () => {
    assert.deepEqual(happened(when(COMMANDS.register)), [registered]);
    assert.deepEqual(given(registered), { status: "active", customerId, registeredAt: 7, profile, unwanted: [], roles: [] });
  });

  void test("a change of the profile replaces the whole of it, also of an inactive customer", () => {
    const events = happened(when(COMMANDS.update, registered, deactivated));
    assert.deepEqual(events, [{ type: "CustomerUpdated", data: { customerId, profile: renamed } }]);
    const after = given(registered, deactivated, ...events);
    assert.ok(after.status === "inactive");
    assert.deepEqual(after.profile, renamed);
    assert.deepEqual(happened(when({ type: "update", profile: undefined }, registered)), []);
  });

  void test("preferences and roles are sets: the same again changes nothing", () => {
    const twice: CustomerCommand = { type: "change-preferences", unwanted: ["welcome", "order-shipped", "welcome"] };
    const events = happened(when(twice, registered));
    assert.deepEqual(events, [{ type: "PreferencesChanged", data: { customerId, unwanted: ["order-shipped", "welcome"] } }]);
    assert.deepEqual(happened(when(twice, registered, ...events)), []);
    const roles = happened(when({ type: "assign-roles", roles: ["viewer", "admin", "viewer"] }, registered));
    assert.deepEqual(roles, [{ type: "RolesAssigned", data: { customerId, roles: ["admin", "viewer"] } }]);
    assert.deepEqual(happened(when({ type: "assign-roles", roles: ["admin", "viewer"] }, registered, ...roles)), []);
  });

  void test("a changed password is counted, and nothing of it is in the event", () => {
    const events = happened(when({ type: "change-password" }, registered));
    assert.deepEqual(events, [{ type: "PasswordChanged", data: { customerId } }]);
    const after = given(registered, ...events, deactivated, ...events);
    assert.deepEqual([passwordChangesOf(given(registered)), passwordChangesOf(after)], [0, 2]);
  });

  void test("deleted, has nothing left but its id, and does not come back", () => {
    assert.deepEqual(given(registered, deleted), { status: "deleted", customerId, registeredAt: 7 });
    const late = when({ type: "activate" }, registered, deleted);
    assert.equal("refusal" in late && late.refusal.code, "customer-not-found");
  });

  void test("what was refused before it came here is refused as it was", () => {
    const refusal = { code: "user-name-taken", message: "taken" };
    assert.deepEqual(when({ type: "refuse", refusal }), { refusal });
  });
});
