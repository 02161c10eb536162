import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { queue } from "@daybook/messaging/queue";
import { contract } from "@daybook/network/rpc/contract";
import { z } from "zod";

/** What customers are written to about; each can be turned off, what the law or the order requires cannot. */
export const notificationKindSchema = z.enum([
  "welcome",
  "profile-changed",
  "order-confirmed",
  "order-cancelled",
  "order-shipped",
]);
export type NotificationKind = z.infer<typeof notificationKindSchema>;

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
