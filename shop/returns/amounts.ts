import { add, money, type Money } from "@daybook/kernel/money";
import type { ReturnableOrder } from "@daybook/shop-ordering/contract";

/**
 * What each line of an order was charged, in minor units: its amount, its tax, and its share of the adjustments. Together
 * they are the order's total: shares are rounded half to even where they end, so that no rest is left.
 */
export function chargedLines({ lines, total }: ReturnableOrder): readonly bigint[] {
  const worth = lines.map(({ amount, tax }) => positive(BigInt(amount.minor) + BigInt(tax?.minor ?? 0)));
  const isFree = worth.every((each) => each === 0n);
  const weights = isFree ? lines.map(({ quantity }) => BigInt(quantity)) : worth;
  const sum = weights.reduce((before, weight) => before + weight, 0n);
  let [reached, given] = [0n, 0n];
  return weights.map((weight) => {
    reached += weight;
    const share = halfEven(BigInt(total.minor) * reached, sum) - given;
    given += share;
    return share;
  });
}

/** What has come back of a line, or is about to. */
export interface CameBack {
  readonly quantity: number;
  readonly minor: bigint;
}

/** What pieces of a line give back: their share, rounded half to even; the last of the line give what is left of it. */
export function shareOf(charged: bigint, bought: number, before: CameBack, quantity: number): bigint {
  const left = charged - before.minor;
  if (before.quantity + quantity >= bought) return left;
  const share = halfEven(charged * BigInt(quantity), BigInt(bought));
  return share < left ? share : left;
}

export function sumOf(parts: readonly { readonly amount: Money }[], currency: string): Money {
  return parts.map(({ amount }) => amount).reduce(add, money(0n, currency));
}

function positive(minor: bigint): bigint {
  return minor < 0n ? 0n : minor;
}

/** `dividend` (not negative) ÷ `divisor` (above zero). */
function halfEven(dividend: bigint, divisor: bigint): bigint {
  const below = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  return twice > divisor || (twice === divisor && below % 2n === 1n) ? below + 1n : below;
}
