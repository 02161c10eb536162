import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { personal } from "@daybook/kernel/personal";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import { notificationKindSchema } from "./contract.ts";

export const addressSchema = z.strictObject({
  street: z.string().trim().min(1).max(200),
  city: z.string().trim().min(1).max(100),
  postalCode: z.string().trim().min(1).max(20).optional(),
  country: z.string().trim().min(1).max(100),
});

const nameSchema = z.string().trim().min(1).max(100);

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

const aboutSchema = z.strictObject({ customerId: givenId });
const updated = aboutSchema.extend({ profile: personal(profileSchema) });
/** `registeredAt`: epoch milliseconds. */
const registered = updated.extend({ registeredAt: z.int().min(0) });
const subject = ({ customerId }: { readonly customerId: string }) => customerId;

/** The events of a customer. Other contexts may rely on them. */
export const customerEvents = {
  CustomerRegistered: recordType({ name: "CustomerRegistered", schema: registered, subject }),
  /** The whole profile, as it is from then on. */
  CustomerUpdated: recordType({ name: "CustomerUpdated", schema: updated, subject }),
  PreferencesChanged: recordType({
    name: "PreferencesChanged",
    /** What the customer does not want to be written to about. */
    schema: aboutSchema.extend({ unwanted: z.array(notificationKindSchema).max(notificationKindSchema.options.length) }),
  }),
  RolesAssigned: recordType({
    name: "RolesAssigned",
    schema: aboutSchema.extend({ roles: z.array(assignedRoleSchema).max(assignedRoleSchema.options.length) }),
  }),
  CustomerActivated: recordType({ name: "CustomerActivated", schema: aboutSchema }),
  CustomerDeactivated: recordType({ name: "CustomerDeactivated", schema: aboutSchema }),
  /** The names are free, and the log-in is gone; what is sealed is erased later, when no order needs it any more. */
  CustomerDeleted: recordType({ name: "CustomerDeleted", schema: aboutSchema }),
} as const;

export type CustomerEvent = EventOf<typeof customerEvents>;

/** Streams of this category hold the events of one customer each. */
export const CUSTOMER_CATEGORY = "customer";
