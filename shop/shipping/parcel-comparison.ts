import { compareSides, recheckSides, type TwoSides } from "@daybook/data/cqrs/two-sides";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Clock } from "@daybook/kernel/clock";
import type { Call } from "@daybook/network/rpc/contract";
import type { Comparing, Difference, OpenQuestion } from "@daybook/shop-questions/contract";
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
export class ParcelComparison implements Comparing {
  private readonly parts: ParcelComparisonParts;

  constructor(parts: ParcelComparisonParts) {
    this.parts = parts;
  }

  readonly compare: Comparing["compare"] = async (page, call) => {
    const { differences, ...rest } = await compareSides(this.sides(call), page);
    return { value: { ...rest, differences: [...differences] } };
  };

  readonly recheck: Comparing["recheck"] = async ({ questions }, call) => {
    const isSo = (question: OpenQuestion, parcels: readonly Parcel[]) => this.isStillSo(question, parcels, call);
    const gone = await recheckSides(this.sides(call), questions, isSo);
    return { value: { settled: gone.map(({ questionId }) => questionId) } };
  };

  private sides(call: Call): TwoSides<Parcel, Difference> {
    const { events, carrier } = this.parts;
    const { deadline } = call.context;
    return {
      store: events.store,
      category: SHIPMENT_CATEGORY,
      journal: (time) => carrier.journal(time, deadline),
      booked: (keys) => carrier.booked(keys, deadline),
      keyIn: ({ key }) => key,
      keyOf: parcelKeyOf,
      ofEntry: async (parcel, to) => {
        const view = await this.viewOf(parcel);
        const hasRested = parcel.changedAt < to && (view?.changedAt ?? 0) < to;
        return hasRested ? this.differences(parcel, view, call) : [];
      },
      ofNone: async (orderId, to) => {
        const view = await shipmentView(events, orderId);
        return view && view.changedAt < to ? missingParcel(orderId, view) : [];
      },
    };
  }

  private async isStillSo({ cause, subject, orderId }: OpenQuestion, parcels: readonly Parcel[], call: Call) {
    const found = await Promise.all(parcels.map(async (each) => this.differences(each, await this.viewOf(each), call)));
    const isNone = parcels.length === 0 && orderId !== undefined;
    const missing = isNone ? missingParcel(orderId, await shipmentView(this.parts.events, orderId)) : [];
    return [...found.flat(), ...missing].some((each) => each.cause === cause && each.subject === subject);
  }

  /** What is left after shipping has heard what the books say and no web hook has told. */
  private async differences(parcel: Parcel, view: ShipmentView | undefined, call: Call): Promise<readonly Difference[]> {
    const { clock, operations } = this.parts;
    const differences = parcelDifferences(parcel, view, clock.now());
    if (differences.length === 0 || !isOurs(parcel)) return differences;
    await operations.hear(parcel, call.context);
    return parcelDifferences(parcel, await this.viewOf(parcel), clock.now());
  }

  private async viewOf(parcel: Parcel): Promise<ShipmentView | undefined> {
    const orderId = orderOf(parcel);
    return orderId === undefined ? undefined : shipmentView(this.parts.events, orderId);
  }
}
