import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { expectedReturns, type ExpectedReturns, type SoldLine } from "./expected-returns.ts";

/** What an import must come to, computed without a line of the code that imports. */
export interface Expected {
  readonly rows: number;
  /** Business content by number. */
  readonly orders: ReadonlyMap<string, ExpectedOrder>;
  /** Rows that are neither a line of an order nor of a credit note, by their reasons. */
  readonly rejected: ReadonlyMap<number, string>;
  /** Rows of credit notes. */
  readonly notes: ReadonlySet<number>;
  readonly returns: ExpectedReturns;
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
  readonly StockCode?: string;
}

export function expectedOrders(file: string): Expected {
  const rows: Row[] = parse(readFileSync(file, "utf8"), { columns: true, trim: true });
  const numbered = rows.map((row, index) => [index + 1, row] as const);
  const isNote = ({ InvoiceNo }: Row) => InvoiceNo.startsWith("C");
  const rejected = new Map(
    numbered.flatMap(([at, row]) => {
      const reason = isNote(row) ? undefined : reasonAgainst(row);
      return reason === undefined ? [] : [[at, reason] as const];
    }),
  );
  const lines = numbered.filter(([at, row]) => !isNote(row) && !rejected.has(at));
  const orders = new Map<string, ExpectedOrder>();
  for (const [, row] of lines) orders.set(row.InvoiceNo, withRow(orders.get(row.InvoiceNo), row));
  const notes = numbered.filter(([, row]) => isNote(row));
  return {
    rows: rows.length,
    orders,
    rejected,
    notes: new Set(notes.map(([at]) => at)),
    returns: expectedReturns(soldOrders(lines, orders), notes.map(noteOf)),
    ordered: [...orders.values()].reduce((sum, { pence }) => sum + pence, 0n),
  };
}

function reasonAgainst({ InvoiceNo, Quantity, UnitPrice }: Row): string | undefined {
  if (InvoiceNo.startsWith("A")) return "adjustment";
  if (Number(Quantity) <= 0) return "quantity-not-positive";
  return Number(UnitPrice) <= 0 ? "price-not-positive" : undefined;
}

function withRow(before: ExpectedOrder | undefined, row: Row): ExpectedOrder {
  const at = londonTime(row.InvoiceDate);
  return {
    placedAt: Math.min(before?.placedAt ?? at, at),
    customer: customerOf(row),
    country: row.Country,
    pieces: (before?.pieces ?? 0) + Number(row.Quantity),
    pence: (before?.pence ?? 0n) + pence(BigInt(row.Quantity), row.UnitPrice),
  };
}

function soldOrders(lines: readonly (readonly [number, Row])[], orders: ReadonlyMap<string, ExpectedOrder>) {
  const sold = Map.groupBy(lines, ([, { InvoiceNo }]) => InvoiceNo);
  return [...sold].map(([number, rows]) => {
    const merged = new Map<string, SoldLine>();
    for (const [, row] of rows) {
      const key = `${row.StockCode} ${row.UnitPrice}`;
      const before = merged.get(key);
      merged.set(key, {
        product: row.StockCode ?? "",
        pieces: (before?.pieces ?? 0) + Number(row.Quantity),
        pence: (before?.pence ?? 0n) + pence(BigInt(row.Quantity), row.UnitPrice),
      });
    }
    const { placedAt = 0, customer } = orders.get(number) ?? {};
    return { number, firstRow: rows[0]?.[0] ?? 0, placedAt, customer, lines: [...merged.values()] };
  });
}

function noteOf([row, note]: readonly [number, Row]) {
  const pieces = Math.abs(Number(note.Quantity));
  const about = { number: note.InvoiceNo, at: londonTime(note.InvoiceDate), customer: customerOf(note) };
  return { row, ...about, product: note.StockCode ?? "", pieces };
}

function customerOf({ CustomerID }: Row): string | undefined {
  return ["", "(blank)"].includes(CustomerID) ? undefined : `cus_${Number(CustomerID)}`;
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
