import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import type { Consumer } from "@daybook/messaging/queue/consumer";
import { service, type Service } from "@daybook/network/rpc/server";
import type { Carrier, Recipient } from "./carrier.ts";
import { shippingContract } from "./contract.ts";
import { countryCodes } from "./country-code.ts";
import { comparisonContract, type Asking } from "@daybook/shop-questions/contract";
import { parcelComparison } from "./parcel-comparison.ts";
import { parcelWatch, ParcelWatch } from "./parcel-watch.ts";
import { Shippings, type ShippingsParts } from "./shippings.ts";

/** Queues of this context. */
export const SHIPPING_QUEUES = [parcelWatch];

export interface ShippingParts {
  /** Knows `shipmentEvents`. */
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: Random;
  readonly ordering: ShippingsParts["ordering"];
  readonly carrier: Carrier;
  /** Whom to ask about what does not fit. */
  readonly questions: Asking;
  /** Where parcels of orders without an address wait for their customers; without it such an order is `address-missing`. */
  readonly collectAt?: Omit<Recipient, "name">;
  /** How long a shipment may be silent before the carrier is asked; 6 hours. */
  readonly quietMs?: number;
}

export interface ShippingService {
  /** Carries out `shippingContract` for other contexts. */
  readonly calls: Service;
  /** The same here, and what only operators and the carrier's news do. */
  readonly operations: Shippings;
  /** Compares shipments with the carrier's books, by contract. */
  readonly comparison: Service;
  /** Starts asking the carrier for shipments that were not heard of. */
  startWatch(): Consumer;
}

/** The shipping context, put together. */
export function shippingService(parts: ShippingParts): ShippingService {
  const { events, clock, ids, random, quietMs } = parts;
  const watch = new ParcelWatch({ events, clock, ids, quietMs });
  const operations = new Shippings({ ...parts, countryCodes: countryCodes(), watch });
  return {
    calls: service(shippingContract, operations),
    operations,
    comparison: service(comparisonContract("shipping"), parcelComparison({ ...parts, operations })),
    startWatch: () => watch.start(random, (orderId, { context }) => operations.lookUp(orderId, context)),
  };
}
