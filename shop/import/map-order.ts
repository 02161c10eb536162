import { hash } from "node:crypto";
import { lineAmount } from "@daybook/kernel/money";
import { importOrderSchema, type ImportOrder } from "@daybook/shop-ordering/contract";
import type { Rejection } from "./contract.ts";
import type { Mapping } from "./mapping.ts";
import type { OrderGroup } from "./order-groups.ts";

/** The order of a group's lines, at their earliest time; every row with the reason when it cannot be one. Pure. */
export function mappedOrder({ number, lines }: OrderGroup, { source, currency }: Mapping): ImportOrder | readonly Rejection[] {
  const placedAt = lines.reduce((earliest, { time }) => Math.min(earliest, time), Infinity);
  const customerId = lines.find((line) => line.customerId !== undefined)?.customerId;
  const country = lines.find((line) => line.country !== undefined)?.country;
  const parsed = importOrderSchema.safeParse({
    orderId: orderIdOf(placedAt, source, number),
    ...(customerId !== undefined && { customerId }),
    ...(country !== undefined && { country }),
    currency,
    placedAt,
    origin: { source, number },
    lines: lines.map(({ productId, name, quantity, unitPrice }) => ({
      productId,
      name,
      quantity,
      unitPrice,
      amount: lineAmount(quantity, unitPrice, currency),
    })),
  } satisfies ImportOrder);
  if (parsed.success) return parsed.data;
  const reason = lines.length > LINES_MAX ? "too-many-lines" : "order-invalid";
  return lines.map(({ row }) => ({ row, stage: "map", reason }));
}

const LINES_MAX = 1_000;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * The id of an imported order: the same for the same source, number and time, so that an order that was placed before is
 * refused by its stream's version. Of the form of `idSource`, with a digest in the place of counter and randomness.
 */
export function orderIdOf(placedAt: number, source: string, number: string): string {
  const digest = BigInt(`0x${hash("sha256", `${source}\n${number}`, "hex").slice(0, 20)}`);
  const head = (BigInt(placedAt) << 32n) | (digest >> 48n);
  return `ord_${base32(head, 16)}${base32(digest & 0xffff_ffff_ffffn, 10)}`;
}

function base32(value: bigint, characters: number): string {
  let text = "";
  for (let rest = value; text.length < characters; rest >>= 5n) text = ALPHABET.charAt(Number(rest & 31n)) + text;
  return text;
}
