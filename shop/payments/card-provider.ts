import type { BookPage, BookTime } from "@daybook/data/cqrs/two-sides";
import type { Money } from "@daybook/kernel/money";

/** The card provider, as payments need it. Adapters reject with `provider-unavailable` and `provider-refused`. */
export interface CardProvider {
  /** Charged at most once for a key, for ever; asked again, the answer is the first one's. */
  charge(order: ChargeOrder): Promise<ChargeAnswer>;
  /**
   * Undoes what was charged under a key: it is paid back, or not charged when it is pending; when nothing had happened, a
   * charge that comes later is refused. Asked again, the answer is the first one's.
   */
  cancel(chargeKey: string): Promise<CancelAnswer>;
  /** Pays back a part of a charge, once for a key, for ever; asked again, the answer is the first one's. */
  refund(order: RefundOrder): Promise<RefundAnswer>;
  /** What has become of the charge under a key; undefined when there was none. */
  find(chargeKey: string): Promise<ChargeAnswer | undefined>;
  /** What the provider's books say of a time: charges that changed in it last, as they are now, ours and others', in pages. */
  journal(time: BookTime): Promise<BookPage<BookedCharge>>;
  /** What they say under some keys, at most 100; of a key without a charge nothing. */
  booked(chargeKeys: readonly string[]): Promise<readonly BookedCharge[]>;
}

/** A charge in the provider's books. */
export interface BookedCharge {
  readonly chargeId: string;
  readonly key: string;
  readonly reference: string;
  readonly amount: Money;
  readonly refunded: Money;
  readonly status: "pending" | "completed" | "declined" | "disputed" | "cancelled";
  /** Epoch milliseconds, by the provider's clock. */
  readonly changedAt: number;
}

export interface ChargeOrder {
  readonly key: string;
  readonly amount: Money;
  readonly token: string;
  /** By which people find it at the provider's: the order's id. */
  readonly reference: string;
}

export type ChargeAnswer =
  | { readonly status: "completed" | "pending"; readonly chargeId: string }
  | { readonly status: "declined"; readonly code: DeclineCode; readonly reason: string }
  /** It was cancelled before. */
  | { readonly status: "cancelled" };

export type DeclineCode = "payment-declined" | "insufficient-funds" | "payment-details-invalid";

export interface RefundOrder {
  readonly key: string;
  readonly chargeId: string;
  readonly amount: Money;
}

export type RefundAnswer =
  | { readonly status: "refunded"; readonly refundId: string }
  /** The charge is disputed, or there is not so much of it left. */
  | { readonly status: "refused"; readonly reason: string };

export interface CancelAnswer {
  /** Whether money went back. */
  readonly isRefunded: boolean;
}
