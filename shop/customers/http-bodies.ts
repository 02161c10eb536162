import { z } from "zod";
import {
  assignedRoleSchema,
  customerStatusSchema,
  notificationKindSchema,
  profileSchema,
  type CustomerDetails,
} from "./contract.ts";

const timeSchema = z.iso.datetime();

/** Which mails are wanted; what is left out is wanted. */
export const preferencesSchema = z.partialRecord(notificationKindSchema, z.boolean());

/** A customer as HTTP shows it: times as ISO 8601 in UTC. Once deleted, there is no profile any more. */
export const customerBodySchema = profileSchema.partial().extend({
  id: z.string(),
  status: customerStatusSchema,
  version: z.int(),
  preferences: preferencesSchema,
  roles: z.array(assignedRoleSchema),
  registeredAt: timeSchema,
  updatedAt: timeSchema,
});

export const customerListSchema = z.strictObject({ customers: z.array(customerBodySchema), next: z.string().optional() });

/** What a command on a customer answers. */
export const changedSchema = z.strictObject({ id: z.string(), status: customerStatusSchema, version: z.int() });

export const sessionSchema = z.strictObject({
  token: z.string(),
  tokenType: z.literal("Bearer"),
  expiresAt: timeSchema,
  customerId: z.string(),
});

export function customerBody(customer: CustomerDetails): z.infer<typeof customerBodySchema> {
  const { id, status, version, profile, unwanted, roles, registeredAt, updatedAt } = customer;
  const preferences = Object.fromEntries(notificationKindSchema.options.map((kind) => [kind, !unwanted.includes(kind)]));
  const times = { registeredAt: isoTime(registeredAt), updatedAt: isoTime(updatedAt) };
  return { id, status, version, ...profile, preferences, roles: [...roles], ...times };
}

export function isoTime(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString();
}
