import { memberOf } from "../canonical-text.ts";

/** ISO 4217: currencies whose minor unit has other than two decimals. */
const DECIMALS: Readonly<Record<number, readonly string[]>> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" "),
  3: "BHD IQD JOD KWD LYD OMR TND".split(" "),
  4: "CLF UYW".split(" "),
};

/** Rows of an import that can have become one line: an import has at most so many. */
const MERGED_ROWS_MAX = 1_000n;

/** An amount of money in minor units; undefined when `value` is none, or of another currency. */
export function minorOf(value: unknown, currency: string): bigint | undefined {
  const minor = memberOf(value, "minor");
  const isAmount = typeof minor === "string" && /^(0|-?[1-9]\d{0,30})$/.test(minor);
  return isAmount && memberOf(value, "currency") === currency ? BigInt(minor) : undefined;
}

export interface PricedLine {
  readonly quantity: number;
  readonly unitPrice: string;
  readonly amount: bigint;
}

/**
 * Whether a line's amount follows from its quantity and price. The rule: it is quantity × price, rounded half to even to
 * the minor unit. An imported line may have been merged of several rows, each rounded by itself: where the price has more
 * decimals than the currency, each row may be half a minor unit off, and there are at most as many rows as pieces.
 */
export function isLineAmount({ quantity, unitPrice, amount }: PricedLine, currency: string, isImported: boolean): boolean {
  const [, whole, fraction = ""] = /^(\d{1,12})(?:\.(\d{1,20}))?$/.exec(unitPrice) ?? [];
  if (whole === undefined || !Number.isSafeInteger(quantity) || quantity < 1) return false;
  const divisor = 10n ** BigInt(fraction.length);
  const exact = BigInt(whole + fraction) * BigInt(quantity) * 10n ** BigInt(decimalsOf(currency));
  if (amount === halfEven(exact, divisor)) return true;
  if (!isImported || quantity === 1 || fraction.length <= decimalsOf(currency)) return false;
  const off = amount * divisor - exact;
  const rows = BigInt(quantity) < MERGED_ROWS_MAX ? BigInt(quantity) : MERGED_ROWS_MAX;
  return 2n * (off < 0n ? -off : off) <= rows * divisor;
}

/** `dividend` ÷ `divisor` (not negative, above zero) as a whole number, halves to the even one. */
export function halfEven(dividend: bigint, divisor: bigint): bigint {
  const below = dividend / divisor;
  const twiceRest = 2n * (dividend - below * divisor);
  if (twiceRest === divisor) return below + (below % 2n);
  return twiceRest > divisor ? below + 1n : below;
}

function decimalsOf(currency: string): number {
  const special = Object.entries(DECIMALS).find(([, currencies]) => currencies.includes(currency));
  return special ? Number(special[0]) : 2;
}
