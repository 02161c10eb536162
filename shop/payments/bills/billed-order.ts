import type { Context } from "@daybook/kernel/context";
import type { Money } from "@daybook/kernel/money";

/** Port: what a bill says of its order. Undefined for an order that is not there. */
export type BilledOrders = (orderId: string, context: Context) => Promise<BilledOrder | undefined>;

export interface BilledOrder {
  /** Absent for a guest. */
  readonly customerId?: string | undefined;
  /** Who is billed, a line each; empty when it is not known, or the person was erased. */
  readonly recipient: readonly string[];
  readonly lines: readonly BilledLine[];
  readonly adjustments: readonly { readonly reason: string; readonly amount: Money }[];
}

export interface BilledLine {
  readonly productId: string;
  readonly name: string;
  readonly quantity: number;
  /** Decimal text, in the currency of `amount`. */
  readonly unitPrice: string;
  readonly amount: Money;
  readonly tax?: Money | undefined;
}
