import type { Effect } from "@daybook/data/store/unit";
import type { DomainEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { streamName } from "@daybook/data/event-store/event";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { givenId, type IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { levelName, queue, type MessageAttempt } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { sender, type Sender } from "@daybook/messaging/queue/send";
import { z } from "zod";
import { SHIPMENT_CATEGORY, type ShipmentEvent } from "./events.ts";

const watchSchema = z.strictObject({ orderId: givenId, shipmentId: givenId, round: z.int().min(0) });
type Watch = z.infer<typeof watchSchema>;

/** A shipment is to be asked for at the carrier's, unless it was heard of meanwhile. Tried for as long as the carrier is away. */
export const parcelWatch = queue({
  name: "parcel-watch",
  message: recordType({ name: "ParcelWatch", schema: watchSchema }),
  policy: { attemptsMax: 1_000, firstDelayMs: 60_000, factor: 2, delayMsMax: 6 * 60 * 60 * 1_000, jitter: 0.3 },
});

const QUIET_MS = 6 * 60 * 60 * 1_000;

export interface WatchParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** How long a shipment may be silent; 6 hours. */
  readonly quietMs?: number | undefined;
}

/** One message a shipment that is not over, due when it was not heard of for too long. */
export class ParcelWatch {
  private readonly parts: WatchParts;
  private readonly quietMs: number;
  private readonly messages: Sender<Watch>;

  constructor(parts: WatchParts) {
    this.parts = parts;
    this.quietMs = parts.quietMs ?? QUIET_MS;
    this.messages = sender({ queue: parcelWatch, store: parts.events.store, ...parts });
  }

  /** What belongs into the unit of these events: the watch begins with the shipment, and ends with it. */
  effects(happened: readonly DomainEvent[], context: Context): readonly Effect[] {
    const events = happened as readonly ShipmentEvent[]; // they are a shipment's
    return events.flatMap(({ type, data }) => {
      const { orderId, shipmentId } = data;
      if (type === "ShipmentCreated") return [this.round({ orderId, shipmentId, round: 0 }, this.quietMs, context)];
      const isEnd = type === "ShipmentDelivered" || type === "ShipmentFailed" || type === "ShipmentCancelled";
      return isEnd ? [{ kind: "finish", queue: levelName(parcelWatch, 0), id: idOf(shipmentId, 0) } as const] : [];
    });
  }

  /** Starts asking, by `ask`, which answers whether the shipment is over. */
  start(random: Random, ask: (orderId: string, attempt: MessageAttempt) => Promise<boolean>): Consumer {
    const { events, clock, ids } = this.parts;
    return consume({
      queue: parcelWatch,
      store: events.store,
      clock,
      ids,
      random,
      handle: async (watch, attempt) => {
        const restMs = await this.restMs(watch.orderId);
        if (restMs <= 0 && (await ask(watch.orderId, attempt))) return [];
        const next = { ...watch, round: watch.round + 1 };
        return [this.round(next, restMs > 0 ? restMs : this.quietMs, attempt.context)];
      },
    });
  }

  /** How long it may still be silent. */
  private async restMs(orderId: string): Promise<number> {
    const { events, clock } = this.parts;
    const stream = streamName(SHIPMENT_CATEGORY, orderId);
    const [last] = await events.store.readStream(stream, { direction: "backwards", limit: 1 });
    return (last?.recordedAt ?? 0) + this.quietMs - clock.now();
  }

  private round(watch: Watch, delayMs: number, context: Context): Effect {
    const id = idOf(watch.shipmentId, watch.round);
    return this.messages.effect(watch, { context: { ...context, correlationId: watch.orderId }, id, delayMs });
  }
}

function idOf(shipmentId: string, round: number): string {
  return `${shipmentId}.${round}`;
}
