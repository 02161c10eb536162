import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { personal } from "@daybook/kernel/personal";
import { recordType } from "@daybook/kernel/record-type";
import { z } from "zod";
import { assignedRoleSchema, notificationKindSchema, profileSchema } from "./contract.ts";

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
  /** Says that, and nothing of the password; every session from before is over. */
  PasswordChanged: recordType({ name: "PasswordChanged", schema: aboutSchema }),
  CustomerActivated: recordType({ name: "CustomerActivated", schema: aboutSchema }),
  CustomerDeactivated: recordType({ name: "CustomerDeactivated", schema: aboutSchema }),
  /** The names are free, and the log-in is gone; what is sealed is erased later, when no order needs it any more. */
  CustomerDeleted: recordType({ name: "CustomerDeleted", schema: aboutSchema }),
} as const;

export type CustomerEvent = EventOf<typeof customerEvents>;

/** Streams of this category hold the events of one customer each. */
export const CUSTOMER_CATEGORY = "customer";
