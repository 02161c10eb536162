import type { EventOf } from "@daybook/data/event-store/event";
import { givenId } from "@daybook/kernel/ids";
import { recordType } from "@daybook/kernel/record-type";
import { notificationKindSchema } from "@daybook/shop-customers/contract";
import { z } from "zod";

/** Whom a notification is about: addresses stand in none of these records. */
export const aboutSchema = z.union([z.strictObject({ orderId: givenId }), z.strictObject({ customerId: givenId })]);

const notification = z.strictObject({
  about: aboutSchema,
  kind: notificationKindSchema,
  channel: givenId,
  /** Of the event that is told of. */
  eventId: z.string().min(1).max(200),
});

/** What became of one notification on one channel. */
export const notificationEvents = {
  NotificationSent: recordType({ name: "NotificationSent", schema: notification }),
  NotificationDropped: recordType({
    name: "NotificationDropped",
    schema: notification.extend({
      why: z.enum([
        /** The customer does not want to be written to about this. */
        "unwanted",
        /** There is no address, or the person was erased. */
        "no-address",
        /** The channel is no longer configured. */
        "no-channel",
      ]),
    }),
  }),
} as const;

export type NotificationEvent = EventOf<typeof notificationEvents>;

/** Streams of this category hold one notification each; its id is the event's, and the channel. */
export const NOTIFICATION_CATEGORY = "notification";
