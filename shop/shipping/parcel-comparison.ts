import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Call } from "@daybook/network/rpc/contract";
import { comparingBooks, type Comparing, type Difference } from "@daybook/shop-questions/contract";
import type { Carrier, Parcel } from "./carrier.ts";
import { SHIPMENT_CATEGORY } from "./events.ts";
import { isOurs, missingParcel, orderOf, parcelDifferences } from "./parcel-differences.ts";
import { parcelKeyOf } from "./shipment-id.ts";
import { shipmentView, type ShipmentView } from "./shipment-view.ts";
import type { Shippings } from "./shippings.ts";

export interface ParcelComparisonParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly carrier: Carrier;
  readonly operations: Shippings;
}

/** Compares shipments with the carrier's books. */
export function parcelComparison(parts: ParcelComparisonParts): Comparing {
  const { events, carrier } = parts;
  return comparingBooks<Parcel, ShipmentView>((call) => ({
    store: events.store,
    category: SHIPMENT_CATEGORY,
    journal: (time) => carrier.journal(time, call.context.deadline),
    booked: (keys) => carrier.booked(keys, call.context.deadline),
    keyOf: parcelKeyOf,
    streamOf: orderOf,
    view: (orderId) => shipmentView(events, orderId),
    changedAt: ({ changedAt }) => changedAt,
    differences: (parcel, view) => differencesLeft(parts, parcel, view, call),
    missing: missingParcel,
  }));
}

/** What is left after shipping has heard what the books say and no web hook has told. */
async function differencesLeft(
  { events, clock, operations }: ParcelComparisonParts,
  parcel: Parcel,
  view: ShipmentView | undefined,
  { context }: Call,
): Promise<readonly Difference[]> {
  const differences = parcelDifferences(parcel, view, clock.now());
  if (differences.length === 0 || !isOurs(parcel)) return differences;
  await operations.hear(parcel, context);
  return parcelDifferences(parcel, await shipmentView(events, parcel.reference), clock.now());
}
