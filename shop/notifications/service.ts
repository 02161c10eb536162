import type { EventStore } from "@daybook/data/event-store/event-store";
import { subscribe, type SubscriptionStatus } from "@daybook/data/event-store/subscription";
import { retryBudget } from "@daybook/foundation/resilience/retry-budget";
import type { Log } from "@daybook/foundation/log";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { consume, type ConsumerStatus } from "@daybook/messaging/queue/consumer";
import type { Channel } from "./channel.ts";
import { logChannel } from "./log-channel.ts";
import { notificationQueue, Notifications, type NotificationsParts } from "./notifications.ts";
import { CATEGORIES, OCCASIONS } from "./occasions.ts";
import type { ChannelSettings, NotificationSettings } from "./settings.ts";
import { smtpChannel } from "./smtp-channel.ts";
import { webHookChannel } from "./web-hook-channel.ts";

/** Queues of this context. */
export const NOTIFICATION_QUEUES = [notificationQueue];

/** The subscription of this context. */
export const NOTIFICATION_SUBSCRIPTION = "notifications";

export interface NotificationParts extends Pick<NotificationsParts, "ordering" | "customers"> {
  /** Knows the events of orders, of customers, and `notificationEvents`. */
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  /** Unique among processes, kept over restarts. */
  readonly owner: string;
  readonly log: Log;
  readonly settings: NotificationSettings;
}

/** Tells people of what was recorded, while it runs. */
export interface RunningNotifications {
  status(): { readonly subscription: SubscriptionStatus; readonly consumer: ConsumerStatus };
  /** Takes nothing more, waits for what is being sent, then closes the channels. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the notifications context by its settings: nothing of it can keep an order from going on. */
export function startNotifications(parts: NotificationParts): RunningNotifications {
  const { clock, log, settings } = parts;
  return runNotifications(
    parts,
    settings.channels.map((each) => budgeted(channelOf(each, clock, log), clock)),
  );
}

/** The same with channels of one's own. */
export function runNotifications(parts: NotificationParts, channels: readonly Channel[]): RunningNotifications {
  const { events, clock, ids, random, owner, settings } = parts;
  const notifications = new Notifications({ ...parts, channels, staleAfterMs: settings.staleAfterMs });
  const subscription = subscribe({
    name: NOTIFICATION_SUBSCRIPTION,
    poison: "park",
    events,
    clock,
    ids,
    owner,
    categories: CATEGORIES,
    types: Object.keys(OCCASIONS),
    tuning: { gatherMs: 25 }, // a mail is in no hurry
    handle: (page) => notifications.messages(page),
  });
  const consumer = consume({
    queue: notificationQueue,
    store: events.store,
    clock,
    ids,
    random,
    handle: (message, attempt) => notifications.tell(message, attempt),
  });
  return {
    status: () => ({ subscription: subscription.status(), consumer: consumer.status() }),
    async stop() {
      await Promise.all([subscription.stop(), consumer.stop()]);
      await Promise.all(channels.map((channel) => channel.close()));
    },
  };
}

/** All notifications that a channel did not take are tried again within one budget. */
function budgeted(channel: Channel, clock: Clock): Channel {
  const budget = retryBudget({ name: channel.name, clock });
  const send: Channel["send"] = (notification, signal) => budget.run(notification.id, () => channel.send(notification, signal));
  return { ...channel, send };
}

function channelOf(settings: ChannelSettings, clock: Clock, log: Log): Channel {
  switch (settings.channel) {
    case "email":
      return smtpChannel(settings);
    case "web-hook":
      return webHookChannel(settings, clock);
    case "log":
      return logChannel(settings.name, settings.kinds, log);
  }
}
