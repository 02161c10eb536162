import type { Executed, Outcome } from "@daybook/data/cqrs/aggregates";
import type { Around, Operation } from "@daybook/data/cqrs/handlers";
import type { IdempotentRequest } from "@daybook/data/cqrs/idempotency";
import { givenId } from "@daybook/kernel/ids";
import { lineText } from "@daybook/kernel/line-text";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";
import type { Customer, CustomerStatus } from "./customer.ts";

/** What customers are written to about; each can be turned off, what the law or the order requires cannot. */
export const notificationKindSchema = z.enum([
  "welcome",
  "profile-changed",
  "order-confirmed",
  "order-cancelled",
  "order-shipped",
  "order-returned",
]);
export type NotificationKind = z.infer<typeof notificationKindSchema>;

export const addressSchema = z.strictObject({
  street: lineText(200),
  city: lineText(100),
  postalCode: lineText(20).optional(),
  country: lineText(100),
});

const nameSchema = lineText(100);

/** Who a customer is: personal data, sealed under the customer's key. */
export const profileSchema = z.strictObject({
  /** As it was typed; two that differ in case only are one. Never like an e-mail address: a log-in takes either. */
  userName: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{M}\p{N}._-]{3,64}$/u, "3 to 64 letters, digits, _, . and -"),
  firstName: nameSchema,
  lastName: nameSchema,
  email: z.email().max(254),
  addresses: z.array(addressSchema).max(10),
});
export type Profile = z.infer<typeof profileSchema>;

/** What a customer's principal may be beside a customer. */
export const assignedRoleSchema = z.enum(["viewer", "operator", "fulfiller", "admin"]);
export type AssignedRole = z.infer<typeof assignedRoleSchema>;

const about = z.strictObject({ customerId: givenId });

/** What other contexts ask of customers. */
export const customersContract = contract("customers", {
  /** A customer of elsewhere (an import's, a guest's) is not known here, and may order. */
  standing: { input: about, output: z.strictObject({ isKnown: z.boolean(), isActive: z.boolean() }) },
  /** Who is written to, and how they are called; null when unknown or erased. */
  contactOf: {
    input: about,
    output: z.strictObject({ firstName: z.string(), lastName: z.string(), email: z.string() }).nullable(),
  },
  wants: { input: about.extend({ kind: notificationKindSchema }), output: z.boolean() },
});

/**
 * Personal data of deleted customers that is still to be erased: sent in the unit that deletes, with delay, and again for
 * as long as an order of theirs is open. The message's id is the customer's for the first, made for those after.
 */
export const erasures = queue({ name: "erasures", message: recordType({ name: "Erasure", schema: about }) });

/** How a command is carried out: who asks, under which key, seen at which version, and how its answer is rendered. */
export interface Execution<Answer = unknown> extends Around {
  readonly idempotency?: IdempotentRequest | undefined;
  readonly expectedVersion?: number | undefined;
  /** Pure; its value is stored with the unit and replayed. */
  render(outcome: CustomerOutcome): Answer;
}

/** What a command came to: the customer after it, or why not. */
export type CustomerOutcome = Outcome<Customer>;

/** The states that a customer shows. */
export const customerStatusSchema = z.enum(["active", "inactive", "deleted"]) satisfies z.ZodType<
  Exclude<CustomerStatus, "absent">
>;

/** Eight characters at least (NIST SP 800-63B); any that there are. */
export const passwordSchema = z.string().min(8).max(200);

export const newProfileSchema = profileSchema.extend({ addresses: profileSchema.shape.addresses.default([]) });

/** Registers a customer. Refused with `user-name-taken` or `email-taken`. Each command answers an `Executed<Answer>`. */
export const registerCustomer: Operation<RegisterCustomer, Executed<unknown>> = {
  name: "register-customer",
  input: z.strictObject({ profile: newProfileSchema, password: passwordSchema }),
};
export interface RegisterCustomer {
  readonly profile: Profile;
  readonly password: string;
}

/** What is given replaces what was there. */
export const profileChangeSchema = profileSchema.partial();
export const updateCustomer: Operation<UpdateCustomer, Executed<unknown>> = {
  name: "update-customer",
  input: about.extend({ change: profileChangeSchema }),
};
export interface UpdateCustomer extends OneCustomer {
  readonly change: z.infer<typeof profileChangeSchema>;
}

export const changePreferences: Operation<ChangePreferences, Executed<unknown>> = {
  name: "change-preferences",
  input: about.extend({ unwanted: z.array(notificationKindSchema) }),
};
export interface ChangePreferences extends OneCustomer {
  readonly unwanted: readonly NotificationKind[];
}

export const passwordChangeSchema = z.strictObject({ current: z.string().min(1).max(200), password: passwordSchema });
/** Another password; every session ends. Refused with `password-wrong` when `current` is not the one that there is. */
export const changePassword: Operation<ChangePassword, Executed<unknown>> = {
  name: "change-password",
  input: about.extend(passwordChangeSchema.shape),
};
export interface ChangePassword extends OneCustomer, z.infer<typeof passwordChangeSchema> {}

/** Says what the customer's principal may be beside a customer. For admins. */
export const assignRoles: Operation<AssignRoles, Executed<unknown>> = {
  name: "assign-roles",
  input: about.extend({ roles: z.array(assignedRoleSchema) }),
};
export interface AssignRoles extends OneCustomer {
  readonly roles: readonly AssignedRole[];
}

export interface OneCustomer {
  readonly customerId: string;
}

export const activateCustomer: Operation<OneCustomer, Executed<unknown>> = { name: "activate-customer", input: about };
export const deactivateCustomer: Operation<OneCustomer, Executed<unknown>> = { name: "deactivate-customer", input: about };
/** Frees the names and ends the log-in at once; personal data is erased when no order needs it any more. */
export const deleteCustomer: Operation<OneCustomer, Executed<unknown>> = { name: "delete-customer", input: about };

/** A customer as it is shown. Times are epoch milliseconds. */
export interface CustomerDetails {
  readonly id: string;
  readonly version: number;
  readonly status: z.infer<typeof customerStatusSchema>;
  /** Absent once the customer was deleted. */
  readonly profile?: Profile;
  readonly unwanted: readonly NotificationKind[];
  readonly roles: readonly AssignedRole[];
  readonly registeredAt: number;
  readonly updatedAt: number;
}

/** The customer now; undefined when there is none. */
export const getCustomer: Operation<OneCustomer, CustomerDetails | undefined> = { name: "get-customer", input: about };

/** Text that every engine can compare. */
const plainText = z
  .string()
  .max(255)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "well-formed text without NUL");

/** Where a page of customers ended. */
export const rowCursorSchema = z.strictObject({ entry: plainText, key: plainText });
type Cursor = z.infer<typeof rowCursorSchema>;

/** Customers, newest first. */
export const listCustomers: Operation<ListCustomers, CustomerPage> = {
  name: "list-customers",
  input: z.strictObject({
    status: customerStatusSchema.optional(),
    limit: z.int().min(1).max(1_000),
    after: rowCursorSchema.optional(),
  }),
};
export interface ListCustomers {
  readonly status?: CustomerDetails["status"] | undefined;
  readonly limit: number;
  readonly after?: Cursor | undefined;
}
export interface CustomerPage {
  readonly customers: readonly CustomerDetails[];
  readonly next?: Cursor;
}

/**
 * Customers whose id starts with `text`, or whose user name, name or e-mail contains it (3 characters or more, without
 * regard to case and accents).
 */
export const searchCustomers: Operation<SearchCustomers, readonly CustomerDetails[]> = {
  name: "search-customers",
  input: z.strictObject({ text: z.string().min(1).max(100), limit: z.int().min(1).max(1_000) }),
};
export interface SearchCustomers {
  readonly text: string;
  readonly limit: number;
}
