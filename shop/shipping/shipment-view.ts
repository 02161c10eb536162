import { streamName } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import { SHIPMENT_CATEGORY, type ShipmentEvent } from "./events.ts";
import { shipmentDecider, type Shipment } from "./shipment.ts";

/** An order's shipment, and when it came to what it is (epoch milliseconds). */
export interface ShipmentView {
  readonly shipment: Shipment;
  readonly changedAt: number;
}

/** Folded from the shipment's few events; undefined when there are none. */
export async function shipmentView(events: EventStore, orderId: string): Promise<ShipmentView | undefined> {
  const recorded = await events.read<ShipmentEvent>(streamName(SHIPMENT_CATEGORY, orderId));
  const last = recorded.at(-1);
  if (!last) return undefined;
  const shipment = recorded.reduce((state, { event }) => shipmentDecider.evolve(state, event), shipmentDecider.initial);
  return { shipment, changedAt: last.recordedAt };
}
