import { streamName, type RecordedEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Effect } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { digestHex } from "@daybook/kernel/digest";
import { assert } from "@daybook/kernel/errors";
import { givenId } from "@daybook/kernel/ids";
import { encodeRecord } from "@daybook/kernel/record-codec";
import { recordType, type RecordType } from "@daybook/kernel/record-type";
import { queue, type Handled, type MessageAttempt } from "@daybook/messaging/queue";
import { sendEffect } from "@daybook/messaging/queue/send";
import { valueOf, type Call, type Operable } from "@daybook/network/rpc/contract";
import { notificationKindSchema, type customersContract, type NotificationKind } from "@daybook/shop-customers/contract";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "@daybook/shop-customers/events";
import type { orderingContract } from "@daybook/shop-ordering/contract";
import { ORDER_CATEGORY, type OrderEvent } from "@daybook/shop-ordering/events";
import { z } from "zod";
import type { Channel, Letter } from "./channel.ts";
import { aboutSchema, NOTIFICATION_CATEGORY, notificationEvents, type NotificationEvent } from "./events.ts";
import { OCCASIONS } from "./occasions.ts";
import { letterOf, type Facts } from "./templates.ts";

const messageSchema = z.strictObject({
  kind: notificationKindSchema,
  channel: givenId,
  about: aboutSchema,
  eventId: z.string(),
  /** Of the event in the stream of whom it is about. */
  version: z.int().min(1),
});
type Message = z.infer<typeof messageSchema>;
type About = Message["about"];

/** One message an event and channel. What cannot be sent for the moment is tried for about half a day, then parked. */
export const notificationQueue = queue({
  name: "notifications",
  message: recordType({ name: "Notification", schema: messageSchema }),
  policy: { attemptsMax: 30, firstDelayMs: 1_000, factor: 2, delayMsMax: 30 * 60_000, jitter: 0.3, timeoutMs: 25_000 },
});

export interface NotificationsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly channels: readonly Channel[];
  readonly ordering: Pick<Operable<(typeof orderingContract)["operations"]>, "contactOf" | "forFulfilment">;
  readonly customers: Pick<Operable<(typeof customersContract)["operations"]>, "contactOf" | "wants">;
  readonly staleAfterMs: number;
}

/** Who is written to, and what is known of it beside the event. */
interface Addressee {
  readonly to: Letter["to"];
  readonly facts: Facts;
}

const NO_KEYS: ReadonlyMap<string, Uint8Array> = new Map();

/** Tells people of what was recorded: one message an event and channel, and for each a fact of what became of it. */
export class Notifications {
  private readonly parts: NotificationsParts;

  constructor(parts: NotificationsParts) {
    this.parts = parts;
  }

  /** The messages of a page of the log. */
  messages(page: readonly RecordedEvent[]): readonly Effect[] {
    const freshFrom = this.parts.clock.now() - this.parts.staleAfterMs;
    return page.filter(({ recordedAt }) => recordedAt >= freshFrom).flatMap((event) => this.messagesOf(event));
  }

  /** Sends one, and answers the fact that is recorded with the message's end. */
  async tell(message: Message, attempt: MessageAttempt): Promise<Handled> {
    const { events, channels } = this.parts;
    const { kind, channel: name, about, eventId, version } = message;
    const stream = streamOf(about);
    const told = { about, kind, channel: name, eventId };
    const [sent, [event]] = await Promise.all([
      events.store.streamVersion(streamName(NOTIFICATION_CATEGORY, attempt.id)),
      events.read<OrderEvent | CustomerEvent>(stream, { from: version, limit: 1 }),
    ]);
    if (sent > 0) return []; // it came again, from a log or queue that was put back
    const channel = channels.find((each) => each.name === name);
    if (!channel) return [recorded(attempt.id, { type: "NotificationDropped", data: { ...told, why: "no-channel" } })];
    assert(event?.version === version, `the log keeps ${stream} ${version}`);
    const notification = { id: attempt.id, kind, about, at: event.recordedAt };
    if (!channel.isPersonal) await channel.send(notification, attempt.signal);
    else {
      const addressee = await this.addressee(kind, about, attempt);
      if (typeof addressee === "string") {
        return [recorded(attempt.id, { type: "NotificationDropped", data: { ...told, why: addressee } })];
      }
      const { to, facts } = addressee;
      const letter = { to, ...letterOf(kind, { ...facts, ...factsOf(event.event) }) };
      await channel.send({ ...notification, letter }, attempt.signal);
    }
    return [recorded(attempt.id, { type: "NotificationSent", data: told })];
  }

  private messagesOf(event: RecordedEvent): readonly Effect[] {
    const kind = (OCCASIONS as Readonly<Record<string, NotificationKind | undefined>>)[event.event.type]; // other types have none
    if (kind === undefined) return [];
    const { id: eventId, stream, version, recordedAt } = event;
    const about = aboutOf(stream);
    const envelope = { sentAt: recordedAt, at: recordedAt, origin: eventId, context: contextOf(event) };
    const used = this.parts.channels.filter(({ kinds }) => kinds.includes(kind));
    return used.map(({ name: channel }) => {
      // What is told of one order or customer by one channel comes in order.
      const own = { id: idOf(`${eventId.replaceAll("/", ".")}.${channel}`), key: idOf(`${stream}.${channel}`) };
      return sendEffect(notificationQueue, { kind, channel, about, eventId, version }, { ...envelope, ...own });
    });
  }

  private async addressee(
    kind: NotificationKind,
    about: About,
    { context }: MessageAttempt,
  ): Promise<Addressee | "unwanted" | "no-address"> {
    const { ordering, customers } = this.parts;
    const call: Call = { context };
    if ("customerId" in about) {
      const { customerId } = about;
      if (!valueOf(await customers.wants({ customerId, kind }, call))) return "unwanted";
      return addresseeOf(valueOf(await customers.contactOf(about, call)), {});
    }
    const found = await Promise.all([ordering.contactOf(about, call), ordering.forFulfilment(about, call)]);
    const [contact, order] = [valueOf(found[0]), valueOf(found[1])];
    const customerId = order?.customerId;
    if (customerId !== undefined && !valueOf(await customers.wants({ customerId, kind }, call))) return "unwanted";
    return addresseeOf(contact, { orderId: about.orderId, ...(order && { total: order.total }) });
  }
}

/** Ids and keys of messages have at most 100 characters of some kinds; what has more is told by its digest. */
function idOf(text: string): string {
  return givenId.safeParse(text).success ? text : digestHex(text).slice(0, 40);
}

function addresseeOf(
  contact: {
    readonly firstName?: string | undefined;
    readonly lastName?: string | undefined;
    readonly email?: string | undefined;
  } | null,
  facts: Facts,
): Addressee | "no-address" {
  if (contact?.email === undefined) return "no-address";
  const named = [contact.firstName, contact.lastName]
    .filter((part) => part !== undefined)
    .join(" ")
    .replace(/\s+/g, " ");
  const name = named === "" ? {} : { name: named };
  return { to: { ...name, address: contact.email }, facts: { ...facts, ...name } };
}

/** What the event itself says. */
function factsOf({ type, data }: OrderEvent | CustomerEvent): Facts {
  switch (type) {
    case "OrderConfirmed":
      return { shipment: data.shipment };
    case "OrderShipped":
      return { trackingNumber: data.trackingNumber };
    case "OrderCancelled":
      return { reason: data.reason };
    case "PasswordChanged":
      return { changed: "password" };
    case "ItemsReturned":
      return { paidBack: data.amount, creditNote: data.creditNote };
    default:
      return {};
  }
}

/** The streams of CATEGORIES are named by whom they are about. */
function aboutOf(stream: string): About {
  const end = stream.indexOf("-");
  const id = stream.slice(end + 1);
  return stream.slice(0, end) === CUSTOMER_CATEGORY ? { customerId: id } : { orderId: id };
}

function streamOf(about: About): string {
  return "orderId" in about ? streamName(ORDER_CATEGORY, about.orderId) : streamName(CUSTOMER_CATEGORY, about.customerId);
}

function contextOf({ meta }: RecordedEvent): Context {
  const { correlation, causation, actor, tenant, trace } = meta;
  const context = { correlationId: correlation, causationId: causation, actor, tenant };
  return trace === undefined ? context : { ...context, traceparent: trace };
}

function recorded(id: string, { type, data }: NotificationEvent): Effect {
  const record: RecordType = notificationEvents[type];
  const text = encodeRecord(record, data, id, NO_KEYS).text;
  const events = [{ type, schemaVersion: record.version, data: text }];
  return { kind: "append", stream: streamName(NOTIFICATION_CATEGORY, id), events };
}
