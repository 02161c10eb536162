import { hash } from "node:crypto";
import { lineAmount } from "@daybook/kernel/money";
import { importOrderSchema, type ImportOrder } from "@daybook/shop-ordering/contract";
import type { CleanRow } from "./clean-row.ts";
import type { Rejection } from "./contract.ts";
import type { Mapping } from "./mapping/mapping.ts";
import type { OrderGroup } from "./order-groups.ts";

/**
 * The order of a group's lines, at their earliest time; every row with the reason when it cannot be one. With `isPaid` it says
 * how it is paid. Pure.
 */
export function mappedOrder(group: OrderGroup, mapping: Mapping, isPaid: boolean): ImportOrder | readonly Rejection[] {
  const { number, lines } = group;
  const { source } = mapping;
  const placedAt = placedAtOf(group);
  const customerId = lines.find((line) => line.customerId !== undefined)?.customerId;
  const country = lines.find((line) => line.country !== undefined)?.country;
  const currency = lines[0]?.currency ?? mapping.currency;
  const parsed = importOrderSchema.safeParse({
    orderId: orderIdOf(placedAt, source, number),
    ...(customerId !== undefined && { customerId }),
    ...(country !== undefined && { country }),
    currency,
    placedAt,
    origin: { source, number },
    lines: lines.map((line) => lineOf(line, currency)),
    ...(isPaid && { payment: paymentOf(mapping, customerId, currency) }),
  } satisfies ImportOrder);
  const reason = faultOf(lines, currency) ?? (parsed.success ? undefined : "order-invalid");
  if (parsed.success && reason === undefined) return parsed.data;
  return lines.map(({ row }) => ({ row, stage: "map", reason: reason ?? "order-invalid" }));
}

function placedAtOf({ lines }: OrderGroup): number {
  return lines.reduce((earliest, { time }) => Math.min(earliest, time), Infinity);
}

function lineOf({ productId, name, quantity, unitPrice }: CleanRow, currency: string): ImportOrder["lines"][number] {
  return { productId, name, quantity, unitPrice, amount: lineAmount(quantity, unitPrice, currency) };
}

function faultOf(lines: readonly CleanRow[], currency: string): string | undefined {
  if (lines.length > LINES_MAX) return "too-many-lines";
  return lines.some((line) => line.currency !== currency) ? "currencies-differ" : undefined;
}

/** A customer's account for imported orders of a currency is one, whatever file they come from. */
function paymentOf({ payment }: Mapping, customerId: string | undefined, currency: string): NonNullable<ImportOrder["payment"]> {
  const method = customerId === undefined ? payment.guests : payment.customers;
  if (method !== "account") return { kind: "card", token: method.card };
  const digest = hash("sha256", `import\n${customerId}\n${currency}`, "hex");
  return { kind: "account", accountId: `acc_${digest.slice(0, 26)}` };
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
