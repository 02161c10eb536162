import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";

/** What an import must come to, computed without a line of the code that imports. */
export interface Expected {
  readonly rows: number;
  /** Business content by number. */
  readonly orders: ReadonlyMap<string, ExpectedOrder>;
  readonly rejected: ReadonlyMap<number, string>;
  /** In pence. */
  readonly ordered: bigint;
}

export interface ExpectedOrder {
  readonly placedAt: number;
  readonly customer: string | undefined;
  readonly country: string;
  readonly pieces: number;
  readonly pence: bigint;
}

interface Row {
  readonly InvoiceNo: string;
  readonly InvoiceDate: string;
  readonly Quantity: string;
  readonly UnitPrice: string;
  readonly CustomerID: string;
  readonly Country: string;
}

export function expectedOrders(file: string): Expected {
  const rows: Row[] = parse(readFileSync(file, "utf8"), { columns: true, trim: true });
  const rejected = new Map<number, string>();
  const orders = new Map<string, ExpectedOrder>();
  for (const [index, row] of rows.entries()) {
    const reason = reasonAgainst(row);
    if (reason !== undefined) rejected.set(index + 1, reason);
    else orders.set(row.InvoiceNo, withRow(orders.get(row.InvoiceNo), row));
  }
  const ordered = [...orders.values()].reduce((sum, { pence }) => sum + pence, 0n);
  return { rows: rows.length, orders, rejected, ordered };
}

function reasonAgainst({ InvoiceNo, Quantity, UnitPrice }: Row): string | undefined {
  if (InvoiceNo.startsWith("A")) return "adjustment";
  if (InvoiceNo.startsWith("C")) return "returns-not-yet";
  if (Number(Quantity) <= 0) return "quantity-not-positive";
  return Number(UnitPrice) <= 0 ? "price-not-positive" : undefined;
}

function withRow(before: ExpectedOrder | undefined, row: Row): ExpectedOrder {
  const customer = ["", "(blank)"].includes(row.CustomerID) ? undefined : `cus_${Number(row.CustomerID)}`;
  const at = londonTime(row.InvoiceDate);
  return {
    placedAt: Math.min(before?.placedAt ?? at, at),
    customer,
    country: row.Country,
    pieces: (before?.pieces ?? 0) + Number(row.Quantity),
    pence: (before?.pence ?? 0n) + pence(BigInt(row.Quantity), row.UnitPrice),
  };
}

/** Quantity × price in pence, half to even: with twenty decimals, as one division. */
function pence(quantity: bigint, price: string): bigint {
  const [whole = "0", fraction = ""] = price.split(".");
  const scaled = BigInt(whole + fraction.padEnd(20, "0")) * quantity;
  const unit = 10n ** 18n;
  const floor = scaled / unit;
  const rest = (scaled % unit) * 2n;
  return rest > unit || (rest === unit && floor % 2n === 1n) ? floor + 1n : floor;
}

/** Clocks in London were one hour ahead of UTC from 27 March to 30 October 2011, 01:00 UTC each. */
function londonTime(text: string): number {
  const us = /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+)$/.exec(text);
  const iso = us
    ? `${us[3]}-${us[1]?.padStart(2, "0")}-${us[2]?.padStart(2, "0")}T${us[4]?.padStart(2, "0")}:${us[5]}:00Z`
    : `${text.replace(" ", "T")}Z`;
  const asUtc = Date.parse(iso);
  const isSummer = asUtc >= Date.parse("2011-03-27T01:00:00Z") && asUtc < Date.parse("2011-10-30T02:00:00Z");
  return isSummer ? asUtc - 3_600_000 : asUtc;
}
