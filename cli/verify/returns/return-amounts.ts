import { isRecord, memberOf, type JsonRecord } from "../canonical-text.ts";
import { halfEven, minorOf } from "../shop/order-amounts.ts";

/** A line of an order, as returns are measured by it. */
export interface SentLine {
  readonly productId: string;
  readonly bought: number;
  /** What it was charged, in minor units. */
  readonly charged: bigint;
}

/**
 * The rule: a line's charge is its amount, its tax, and the part of the order's adjustments that falls to it by worth (by
 * pieces, when nothing is worth anything). Line by line, the charges so far are the total's share so far, rounded half to even.
 */
export function sentLines(order: JsonRecord): readonly SentLine[] {
  const currency = String(order["currency"]);
  const lines = (Array.isArray(order["lines"]) ? order["lines"] : []).filter(isRecord);
  const total = minorOf(order["total"], currency) ?? 0n;
  const worth = lines.map((line) => {
    const minor = (minorOf(line["amount"], currency) ?? 0n) + (minorOf(line["tax"], currency) ?? 0n);
    return minor > 0n ? minor : 0n;
  });
  const weights = worth.some((minor) => minor > 0n) ? worth : lines.map((line) => BigInt(Number(line["quantity"])));
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  const upTo = (count: number) => {
    const part = weights.slice(0, count).reduce((sum, weight) => sum + weight, 0n);
    return halfEven(total * part, whole);
  };
  return lines.map((line, at) => ({
    productId: String(line["productId"]),
    bought: Number(line["quantity"]),
    charged: upTo(at + 1) - upTo(at),
  }));
}

/** Pieces of one line that have come back, or are about to, and what is given for them. */
export interface Standing {
  readonly quantity: number;
  readonly minor: bigint;
}

/** The rule: a share rounded half to even, never more than is left; the last pieces of a line get what is left. */
export function expectedShare({ charged, bought }: SentLine, before: Standing, quantity: number): bigint {
  const rest = charged - before.minor;
  if (before.quantity + quantity === bought) return rest;
  const share = halfEven(charged * BigInt(quantity), BigInt(bought));
  return share > rest ? rest : share;
}

/** What of which line, as an event says it; undefined when it says something else. */
export interface ReturnedLine extends Standing {
  readonly line: number;
  readonly productId: string;
}

export function returnedLines(data: unknown, currency: string): readonly ReturnedLine[] | undefined {
  const lines = memberOf(data, "lines");
  if (!Array.isArray(lines) || lines.length === 0) return undefined;
  const read = lines.map((each) => {
    const [line, quantity, productId] = [memberOf(each, "line"), memberOf(each, "quantity"), memberOf(each, "productId")];
    const minor = minorOf(memberOf(each, "amount"), currency);
    const isLine = Number.isSafeInteger(line) && Number.isSafeInteger(quantity) && Number(quantity) > 0 && minor !== undefined;
    return isLine ? { line: Number(line), quantity: Number(quantity), minor, productId: String(productId) } : undefined;
  });
  return read.every((line) => line !== undefined) ? read : undefined;
}
