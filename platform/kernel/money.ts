import { z } from "zod";
import { assert, defineError } from "./errors.ts";

/**
 * An amount in integer minor units of a currency (ISO 4217), as plain data: `minor` is an integer in decimal text, so
 * that it is exact in JSON at any size. All arithmetic is on bigint.
 */
export interface Money {
  readonly minor: string;
  readonly currency: string;
}

export const moneySchema = z.strictObject({
  minor: z.string().regex(/^(0|-?[1-9]\d{0,30})$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

/** An amount that cannot be read, or has more decimals than its currency. */
export const invalidAmount = defineError({
  code: "invalid-amount",
  advice: "Send a decimal number with at most as many decimals as the currency has, such as 12.34 for GBP.",
});

/** Currencies by the decimals of their minor unit, where ISO 4217 (list one, 2024) says other than two. */
const CURRENCIES: readonly (readonly [decimals: number, currencies: string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];
const DECIMALS = new Map(CURRENCIES.flatMap(([decimals, codes]) => codes.split(" ").map((code) => [code, decimals] as const)));

/** Decimal places of a currency's minor unit; 2 unless ISO 4217 says otherwise. */
export function decimalsOf(currency: string): number {
  return DECIMALS.get(currency) ?? 2;
}

export function money(minor: bigint, currency: string): Money {
  return { minor: String(minor), currency };
}

export function add(a: Money, b: Money): Money {
  assert(a.currency === b.currency, "amounts of one currency are added");
  return money(BigInt(a.minor) + BigInt(b.minor), a.currency);
}

/** Amount × a whole number. */
export function times(amount: Money, factor: number): Money {
  return money(BigInt(amount.minor) * BigInt(factor), amount.currency);
}

export function isSameMoney(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.minor === b.minor;
}

/** Decimal text, such as `12.34`. */
export function decimalText(amount: Money): string {
  const places = decimalsOf(amount.currency);
  const isNegative = amount.minor.startsWith("-");
  const digits = (isNegative ? amount.minor.slice(1) : amount.minor).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${isNegative ? "-" : ""}${whole}${places === 0 ? "" : `.${digits.slice(digits.length - places)}`}`;
}

/** Reads decimal text exactly; refuses (`invalid-amount`) fractions of a minor unit, exponents and anything else. */
export function moneyFromDecimal(text: string, currency: string): Money {
  const exact = scaled(text, decimalsOf(currency));
  if (exact === undefined) throw invalidAmount(`"${text}" is not an amount in ${currency}`, { details: { currency } });
  return money(exact, currency);
}

/** Quantity × unit price as decimal text (any number of decimals), rounded half to even to the minor unit. */
export function lineAmount(quantity: number, unitPrice: string, currency: string): Money {
  const match = /^(-?)(\d{1,20})(?:\.(\d{1,30}))?$/.exec(unitPrice);
  if (!match) throw invalidAmount(`"${unitPrice}" is not a price`, { details: { currency } });
  const fraction = match[3] ?? "";
  const product = BigInt(`${match[1]}${match[2]}${fraction}`) * BigInt(quantity);
  return money(rescale(product, fraction.length, decimalsOf(currency)), currency);
}

function rescale(value: bigint, from: number, to: number): bigint {
  if (from <= to) return value * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  const magnitude = value < 0n ? -value : value;
  const quotient = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  const rounded = isUp ? quotient + 1n : quotient;
  return value < 0n ? -rounded : rounded;
}

function scaled(text: string, places: number): bigint | undefined {
  const match = /^(-?)(\d{1,20})(?:\.(\d{1,30}))?$/.exec(text);
  if (!match) return undefined;
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > places) return undefined;
  return BigInt(`${match[1]}${match[2]}${fraction.padEnd(places, "0")}`);
}
