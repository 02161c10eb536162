import { accept, refuse, type Decider, type Decision, type Refusal } from "@daybook/data/cqrs/decider";
import type { Personal } from "@daybook/kernel/personal";
import { stateMachine } from "@daybook/kernel/state-machine";
import type { AssignedRole, NotificationKind, Profile } from "./contract.ts";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "./events.ts";

/** What has become of a customer. `absent` is the state of a stream without events. */
export type CustomerStatus = "absent" | "active" | "inactive" | "deleted";
export type CustomerAction = Exclude<CustomerCommand["type"], "refuse">;

/** Which command is legal in which state, and where it leads. */
export const customerStates = stateMachine<CustomerStatus, CustomerAction>("absent", {
  absent: { register: "active" },
  active: {
    update: "active",
    "change-preferences": "active",
    "assign-roles": "active",
    "change-password": "active",
    deactivate: "inactive",
    delete: "deleted",
  },
  inactive: {
    update: "inactive",
    "change-preferences": "inactive",
    "assign-roles": "inactive",
    "change-password": "inactive",
    activate: "active",
    delete: "deleted",
  },
  deleted: {},
});

export type Customer =
  | { readonly status: "absent" }
  | KnownCustomer
  /** Nothing is left but that there was one. */
  | { readonly status: "deleted"; readonly customerId: string; readonly registeredAt: number };

export interface KnownCustomer {
  readonly status: "active" | "inactive";
  readonly customerId: string;
  /** Epoch milliseconds. */
  readonly registeredAt: number;
  readonly profile: Personal<Profile>;
  readonly unwanted: readonly NotificationKind[];
  readonly roles: readonly AssignedRole[];
  /** How often the password was changed; absent for never. A session is good for the password that it was given for. */
  readonly passwordChanges?: number;
}

export type CustomerCommand =
  | { readonly type: "register"; readonly customerId: string; readonly profile: Profile }
  /** The whole profile as it shall be; undefined when it is so already. */
  | { readonly type: "update"; readonly profile: Profile | undefined }
  | { readonly type: "change-preferences"; readonly unwanted: readonly NotificationKind[] }
  | { readonly type: "assign-roles"; readonly roles: readonly AssignedRole[] }
  /** The password itself is no part of the customer's state. */
  | { readonly type: "change-password" }
  | { readonly type: "activate" }
  | { readonly type: "deactivate" }
  | { readonly type: "delete" }
  /** Refused before it came to the aggregate (a name that is taken): answered and kept like any refusal. */
  | { readonly type: "refuse"; readonly refusal: Refusal };

/** A customer: registered once, active or inactive, deleted for ever. What is so already changes nothing. */
export const customerDecider: Decider<Customer, CustomerCommand, CustomerEvent> = {
  category: CUSTOMER_CATEGORY,
  version: 1,
  initial: { status: "absent" },
  decide,
  evolve,
};

function decide(command: CustomerCommand, customer: Customer, at: number): Decision<CustomerEvent> {
  if (command.type === "refuse") return { refusal: command.refusal };
  if (!customerStates.next(customer.status, command.type)) {
    return customer.status === settledBy(command.type) ? accept() : illegal(command.type);
  }
  if (command.type === "register") {
    const { customerId, profile } = command;
    return accept({ type: "CustomerRegistered", data: { customerId, profile, registeredAt: at } });
  }
  return customer.status === "active" || customer.status === "inactive" ? change(command, customer) : illegal(command.type);
}

/** The state in which a command has nothing left to do. */
function settledBy(action: CustomerAction): CustomerStatus | undefined {
  if (action === "activate") return "active";
  if (action === "deactivate") return "inactive";
  return action === "delete" ? "deleted" : undefined;
}

type Change = Exclude<CustomerCommand, { type: "register" | "refuse" }>;

function change(command: Change, { customerId, unwanted, roles }: KnownCustomer): Decision<CustomerEvent> {
  switch (command.type) {
    case "update":
      if (!command.profile) return accept();
      return accept({ type: "CustomerUpdated", data: { customerId, profile: command.profile } });
    case "change-preferences": {
      const wished = distinct(command.unwanted);
      if (isSameList(wished, unwanted)) return accept();
      return accept({ type: "PreferencesChanged", data: { customerId, unwanted: wished } });
    }
    case "assign-roles": {
      const assigned = distinct(command.roles);
      return isSameList(assigned, roles) ? accept() : accept({ type: "RolesAssigned", data: { customerId, roles: assigned } });
    }
    case "change-password":
      return accept({ type: "PasswordChanged", data: { customerId } });
    case "activate":
      return accept({ type: "CustomerActivated", data: { customerId } });
    case "deactivate":
      return accept({ type: "CustomerDeactivated", data: { customerId } });
    case "delete":
      return accept({ type: "CustomerDeleted", data: { customerId } });
  }
}

function illegal(action: CustomerAction): Decision<CustomerEvent> {
  if (action === "register") return refuse("customer-exists", "A customer with this id was registered before.");
  return refuse("customer-not-found", "There is no such customer.");
}

function distinct<T extends string>(values: readonly T[]): T[] {
  return [...new Set(values)].toSorted();
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function evolve(customer: Customer, event: CustomerEvent): Customer {
  if (event.type === "CustomerRegistered") {
    return { status: "active", ...event.data, unwanted: [], roles: [] };
  }
  return customer.status === "active" || customer.status === "inactive" ? evolved(customer, event) : customer;
}

function evolved(customer: KnownCustomer, event: Exclude<CustomerEvent, { type: "CustomerRegistered" }>): Customer {
  switch (event.type) {
    case "CustomerUpdated":
      return { ...customer, profile: event.data.profile };
    case "PreferencesChanged":
      return { ...customer, unwanted: event.data.unwanted };
    case "RolesAssigned":
      return { ...customer, roles: event.data.roles };
    case "PasswordChanged":
      return { ...customer, passwordChanges: passwordChangesOf(customer) + 1 };
    case "CustomerActivated":
      return { ...customer, status: "active" };
    case "CustomerDeactivated":
      return { ...customer, status: "inactive" };
    case "CustomerDeleted":
      return { status: "deleted", customerId: customer.customerId, registeredAt: customer.registeredAt };
  }
}

/** Which of a customer's passwords counts now: 0 is the first. */
export function passwordChangesOf(customer: Customer | undefined): number {
  return (customer && "passwordChanges" in customer && customer.passwordChanges) || 0;
}
