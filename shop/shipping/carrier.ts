import type { BookPage, BookTime } from "@daybook/data/cqrs/two-sides";

/**
 * The carrier, as shipping needs it. Adapters reject with `carrier-unavailable` and `carrier-refused`. `deadline`: epoch
 * milliseconds after which nobody waits for the answer.
 */
export interface Carrier {
  readonly name: string;
  /** One parcel for a key, for ever; asked again, the answer is the first one's. */
  create(order: ParcelOrder, deadline: number | undefined): Promise<CreateAnswer>;
  /**
   * Takes back what was sent under a key, until the carrier has it; when nothing was, a parcel that comes later is refused.
   * Asked again, the answer is the first one's.
   */
  cancel(key: string, deadline: number | undefined): Promise<"cancelled" | "under-way">;
  /** Keeps a parcel from leaving, and lets it go again. Asked again, nothing changes. */
  hold(parcelId: string, deadline: number | undefined): Promise<Parcel | "under-way">;
  release(parcelId: string, deadline: number | undefined): Promise<Parcel | "under-way">;
  /** The parcel under a key. */
  find(key: string, deadline: number | undefined): Promise<Parcel | undefined>;
  /** What the carrier's books say of a time: parcels that changed in it last, as they are now, ours and others', in pages. */
  journal(time: BookTime, deadline: number | undefined): Promise<BookPage<Parcel>>;
  /** What they say under some keys, at most 100; of a key without a parcel nothing. */
  booked(keys: readonly string[], deadline: number | undefined): Promise<readonly Parcel[]>;
}

export interface ParcelOrder {
  readonly key: string;
  /** By which people find it at the carrier's: the order's id. */
  readonly reference: string;
  readonly recipient: Recipient;
  readonly pieces: number;
}

/** Where a parcel goes, as carriers want it. */
export interface Recipient {
  readonly name: string;
  readonly lines: readonly string[];
  readonly city: string;
  readonly postalCode?: string | undefined;
  /** ISO 3166-1, two capitals. */
  readonly country: string;
}

export type CreateAnswer =
  | { readonly status: "created"; readonly parcel: Parcel }
  /** It was cancelled before. */
  | { readonly status: "cancelled" }
  /** The carrier does not take such a parcel. */
  | { readonly status: "refused"; readonly reason: string };

/** A parcel as the carrier knows it. */
export interface Parcel {
  readonly parcelId: string;
  readonly key: string;
  readonly reference: string;
  readonly trackingNumber: string;
  readonly estimatedDelivery?: number | undefined;
  readonly status: ParcelStatus;
  /** Since when it is so, by the carrier's clock: of two reports the later one counts. */
  readonly changedAt: number;
}

export type ParcelStatus = "created" | "held" | "in-transit" | "delivered" | "failed" | "cancelled";
