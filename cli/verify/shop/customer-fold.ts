import { canonicalText, isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";

/** A customer as its events make it. The profile is a sealed block, gone with the deletion. */
export interface FoldedCustomer {
  readonly customerId: string;
  readonly version: number;
  readonly status: "active" | "inactive" | "deleted";
  readonly registeredAt: number;
  readonly profile: string | undefined;
  readonly unwanted: readonly unknown[];
  readonly roles: readonly unknown[];
  /** 0 for never; then the row does not name it. */
  readonly passwordChanges: number;
}

export interface CustomerFact {
  readonly type: string;
  readonly schemaVersion: number;
  readonly version: number;
  readonly data: unknown;
}

/** What a fact makes of a customer, and why it must not have happened; nothing when it is not one of a customer. */
export function foldCustomer(
  customerId: string,
  before: FoldedCustomer | undefined,
  { type, schemaVersion, version, data }: CustomerFact,
): { readonly customer: FoldedCustomer | undefined; readonly fault?: string } {
  if (schemaVersion !== 1 || !isRecord(data)) return { customer: before, fault: "not an event of a customer" };
  if (data["customerId"] !== customerId) return { customer: before, fault: "the customer's id is not its stream's" };
  if (type === "CustomerRegistered") {
    if (before) return { customer: before, fault: "the customer was registered before" };
    return registered(customerId, version, data);
  }
  if (!before) return { customer: undefined, fault: "the customer was never registered" };
  if (before.status === "deleted") return { customer: before, fault: "the customer was deleted" };
  const changed = changeOf(type, data, before);
  if (!changed) return { customer: before, fault: "not legal for the customer as it was" };
  return { customer: { ...before, ...changed, version } };
}

function registered(customerId: string, version: number, data: JsonRecord) {
  const { profile, registeredAt } = data;
  if (typeof profile !== "string" || typeof registeredAt !== "number") {
    return { customer: undefined, fault: "not an event of a customer" };
  }
  const customer = {
    customerId,
    version,
    status: "active",
    registeredAt,
    profile,
    unwanted: [],
    roles: [],
    passwordChanges: 0,
  } as const;
  return { customer };
}

function changeOf(
  type: string,
  data: JsonRecord,
  { status, passwordChanges }: FoldedCustomer,
): Partial<FoldedCustomer> | undefined {
  const { profile, unwanted, roles } = data;
  switch (type) {
    case "CustomerUpdated":
      return typeof profile === "string" ? { profile } : undefined;
    case "PreferencesChanged":
      return Array.isArray(unwanted) ? { unwanted } : undefined;
    case "RolesAssigned":
      return Array.isArray(roles) ? { roles } : undefined;
    case "PasswordChanged":
      return { passwordChanges: passwordChanges + 1 };
    case "CustomerActivated":
      return status === "inactive" ? { status: "active" } : undefined;
    case "CustomerDeactivated":
      return status === "active" ? { status: "inactive" } : undefined;
    case "CustomerDeleted":
      return { status: "deleted", profile: undefined };
    default:
      return undefined;
  }
}

/** The text of the customer's row: docs/format.md, section "Customers". */
export function customerRowText(customer: FoldedCustomer): string {
  const { customerId, version, status, registeredAt, profile, unwanted, roles, passwordChanges } = customer;
  const about = { customerId, registeredAt, status };
  const changes = passwordChanges > 0 && { passwordChanges };
  const whole = status === "deleted" ? about : { ...about, profile, roles, unwanted, ...changes };
  return canonicalText({ customer: whole, version });
}

/** What people are known by, out of an opened profile. */
export interface CustomerNames {
  readonly userName: string;
  readonly email: string;
  readonly wholeName: string;
}

export function namesOf(profile: unknown): CustomerNames {
  const text = (member: string) => String(memberOf(profile, member));
  return { userName: text("userName"), email: text("email"), wholeName: `${text("firstName")} ${text("lastName")}` };
}
