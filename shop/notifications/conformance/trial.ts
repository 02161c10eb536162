import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { DomainEvent } from "@daybook/data/event-store/event";
import { eventStore, type EventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { jsonLog } from "@daybook/foundation/log";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { notificationKindSchema, type NotificationKind } from "@daybook/shop-customers/contract";
import { customerEvents } from "@daybook/shop-customers/events";
import { orderEvents, type Contact } from "@daybook/shop-ordering/events";
import type { Channel, Notification } from "../channel.ts";
import { channelUnavailable, notificationRefused } from "../errors.ts";
import { notificationEvents, type NotificationEvent } from "../events.ts";
import type { NotificationParts } from "../service.ts";
import { notificationSettingsSchema } from "../settings.ts";

/** A channel in memory. */
export class TrialChannel implements Channel {
  readonly name: string;
  readonly isPersonal: boolean;
  readonly kinds = notificationKindSchema.options;
  readonly sent: Notification[] = [];
  /** So many fail, with effect or without. */
  failNext = 0;
  loseNext = 0;
  isRefusing = false;
  isClosed = false;

  constructor(name: string, isPersonal: boolean) {
    this.name = name;
    this.isPersonal = isPersonal;
  }

  async send(notification: Notification): Promise<void> {
    if (this.isRefusing) throw notificationRefused("no such mailbox");
    if (this.failNext-- > 0) throw channelUnavailable("away");
    this.sent.push(notification);
    if (this.loseNext-- > 0) throw channelUnavailable("the answer was lost");
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export const CONTEXT = { correlationId: "ord_1", actor: "usr_1", tenant: "shop" };
export const SHIPMENT = {
  shipmentId: "shp_1",
  carrier: "Sandbox <Post>",
  trackingNumber: "SB1",
  estimatedDelivery: Date.UTC(2026, 0, 5),
};
export const CONFIRMED = { type: "OrderConfirmed", data: { reservationId: "res_1", paymentId: "pay_1", shipment: SHIPMENT } };
export const SHIPPED = { type: "OrderShipped", data: { trackingNumber: "SB1" } };
export const CANCELLED = { type: "OrderCancelled", data: { reason: "too <late> & slow" } };

const ORDER = {
  orderId: "ord_1",
  status: "confirmed",
  isHeld: false,
  customerId: "cus_1",
  items: [{ productId: "mug", quantity: 1 }],
  total: money(123_456n, "GBP"),
} as const;

/** What the contexts around answer, and may be changed. */
function trialPeople() {
  const contacts = new Map<string, Contact>([["ord_1", { firstName: "Ada", lastName: "O'Byron", email: "ada@example.org" }]]);
  const unwanted = new Set<NotificationKind>();
  const ordering: NotificationParts["ordering"] = {
    contactOf: async ({ orderId }) => ({ value: contacts.get(orderId) ?? null }),
    forFulfilment: async ({ orderId }) => ({ value: { ...ORDER, items: [...ORDER.items], orderId } }),
  };
  const customers: NotificationParts["customers"] = {
    contactOf: async () => ({ value: { firstName: "Ada", lastName: "Byron", email: "ada@example.org" } }),
    wants: async ({ kind }) => ({ value: !unwanted.has(kind) }),
  };
  return { contacts, unwanted, ordering, customers };
}

/** A log to write into, and the contexts around; time stands still unless a clock is given. */
export function trialNotifications(given?: Clock) {
  const virtual = virtualClock();
  const clock = given ?? virtual;
  const owners = { order: "ordering", customer: "customers", notification: "notifications" };
  const store = memoryStore({ clock, owners });
  const events: EventStore = eventStore(store, { ...orderEvents, ...customerEvents, ...notificationEvents }, memoryKeys());
  const random = seededRandom(1);
  const ids = idSource(clock, random);
  const { contacts, unwanted, ordering, customers } = trialPeople();
  const log = jsonLog({ clock, level: "silent" });
  const settings = notificationSettingsSchema.parse({});
  const parts: NotificationParts = { events, clock, ids, random, owner: "one", log, settings, ordering, customers };

  /** Lets the program run, and time pass, until `isDone`. */
  const until = async (isDone: () => boolean | Promise<boolean>, stepMs = 50): Promise<void> => {
    const end = systemClock.elapsed() + 60_000;
    for (let turn = 0; given ? systemClock.elapsed() < end : turn < 100_000; turn++) {
      if (await isDone()) return;
      await setImmediate();
      if (turn % 8 === 7) virtual.advance(stepMs);
    }
    assert.fail(`this does not come: ${isDone.toString()}`);
  };

  /** Records what happened; answers the id of its event. */
  const record = async (event: DomainEvent, stream = "order-ord_1", actor = CONTEXT.actor): Promise<string> => {
    const unitId = ids("unt");
    await events.append({ unitId, stream, events: [event], context: { ...CONTEXT, actor } });
    return `${unitId}/0`;
  };

  /** What became of all notifications so far, in the order of the log. */
  const facts = async (): Promise<readonly NotificationEvent[]> => {
    const { events: all } = await events.readLog({ after: 0, categories: ["notification"] });
    return all.map(({ event }) => event as NotificationEvent);
  };

  const stop = async (running: { stop(): Promise<void> }): Promise<void> => {
    let isStopped = false;
    const stopped = running.stop().then(() => (isStopped = true));
    await until(() => isStopped);
    await stopped;
  };

  return { clock: virtual, store, events, parts, contacts, unwanted, until, record, facts, stop };
}
