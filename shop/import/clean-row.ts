import { hash } from "node:crypto";
import type { Rejection, Stage } from "./contract.ts";
import { decimalTexts, shifted, type DecimalText } from "./mapping/decimal-text.ts";
import { localTimes } from "./mapping/local-time.ts";
import type { Mapping } from "./mapping/mapping.ts";
import type { Cells, SourceRow } from "./rows/source-row.ts";

/** A row that is a line of an order. */
export interface CleanRow {
  readonly kind: "line";
  readonly row: number;
  readonly number: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly quantity: number;
  /** Above zero. */
  readonly unitPrice: DecimalText;
  readonly currency: string;
  readonly productId: string;
  readonly name: string;
  readonly customerId: string | undefined;
  readonly country: string | undefined;
}

/** A row of a credit note: pieces that came back. */
export interface NoteRow {
  readonly kind: "note";
  readonly row: number;
  readonly number: string;
  readonly time: number;
  readonly quantity: number;
  readonly productId: string;
  readonly customerId: string | undefined;
  /** The number of the order that it is of, when the file says so. */
  readonly returnOf: string | undefined;
}

export type Cleaned = CleanRow | NoteRow | Rejection;

const QUANTITY_MAX = 1_000_000;

/** Reads rows by a mapping; what is no line of an order or a credit note comes back with the reason. Pure. */
export function rowCleaner(mapping: Mapping): (row: SourceRow) => Cleaned {
  const kindOf = rowKinds(mapping);
  const timeOf = localTimes(mapping.timeFormat, mapping.timeZone);
  const decimal = decimalTexts(mapping);
  return ({ row, cells, fault }) => {
    const reject = (reason: string, stage: Stage = "clean"): Rejection => ({ row, stage, reason });
    if (fault) return reject(fault, "parse");
    const { number = "" } = cells;
    if (number === "" || number.length > 100) return reject(number === "" ? "number-missing" : "number-too-long");
    const kind = kindOf(cells);
    if (kind !== "order" && kind !== "credit-note") return reject(kind);
    const quantity = signedQuantity(decimal(cells.quantity ?? ""), kind);
    if (typeof quantity === "string") return reject(quantity);
    const time = timeOf(cells.time ?? "");
    if (time === undefined || time < 0 || time > TIME_MAX) return reject("time-unreadable");
    const { productId, name } = productOf(cells, mapping);
    if (productId === "") return reject("product-missing");
    const common = { row, number, time, quantity, productId, customerId: customerOf(cells, mapping) };
    if (kind === "credit-note") return { kind: "note", ...common, returnOf: cells.returnOf || undefined };
    const priced = priceOf(cells, mapping, decimal);
    if ("fault" in priced) return reject(priced.fault);
    const country = cells.country ? cells.country.slice(0, 100) : undefined;
    return { kind: "line", ...common, ...priced, name, country };
  };
}

export function isRejection(cleaned: object): cleaned is Rejection {
  return "reason" in cleaned;
}

/** The end of the year 9999. */
const TIME_MAX = 253_402_300_799_999;

type Kind = "order" | "credit-note" | "adjustment" | "cancelled";

/** By number and status. */
function rowKinds({ numbers, statuses }: Mapping): (cells: Cells) => Kind {
  const adjustment = patternOf(numbers.adjustment);
  const creditNote = patternOf(numbers.creditNote);
  return ({ number = "", status = "" }) => {
    if (adjustment(number) || statuses.adjustment?.includes(status)) return "adjustment";
    if (statuses.cancelled?.includes(status)) return "cancelled";
    return creditNote(number) || statuses.creditNote?.includes(status) ? "credit-note" : "order";
  };
}

function patternOf(text: string | undefined): (number: string) => boolean {
  if (text === undefined) return () => false;
  const pattern = new RegExp(text);
  return (number) => pattern.test(number);
}

/** Pieces; of a credit note with or without a minus. Or what is wrong with them. */
function signedQuantity(text: DecimalText, kind: Kind): number | string {
  const whole = withoutZeros(text);
  if (!/^-?\d{1,15}$/.test(whole)) return "quantity-unreadable";
  const quantity = kind === "credit-note" ? Math.abs(Number(whole)) : Number(whole);
  if (quantity <= 0) return "quantity-not-positive";
  return quantity > QUANTITY_MAX ? "quantity-too-large" : quantity;
}

function priceOf(
  { unitPrice: text = "", currency: given = "" }: Cells,
  { priceExponent, currency }: Mapping,
  decimal: (text: string) => DecimalText,
): Pick<CleanRow, "unitPrice" | "currency"> | { readonly fault: string } {
  const price = decimal(text);
  if (!/^-?\d{1,12}(\.\d{1,14})?$/.test(price)) return { fault: "price-unreadable" };
  if (price.startsWith("-") || /^[0.]+$/.test(price)) return { fault: "price-not-positive" };
  if (given !== "" && !/^[A-Z]{3}$/.test(given)) return { fault: "currency-unreadable" };
  return { unitPrice: shifted(price, priceExponent), currency: given || currency };
}

/** A number that went through a spreadsheet: `6.0`, `17850.0`. */
function withoutZeros(text: string): string {
  return text.replace(/\.0+$/, "");
}

function productOf({ product = "", description = "" }: Cells, { standIn }: Mapping): Pick<CleanRow, "productId" | "name"> {
  if (product === "") return standIn ?? { productId: "", name: "" };
  return { productId: idOf("prd", product), name: (description || product).slice(0, 300) };
}

function customerOf({ customer = "" }: Cells, { guests }: Mapping): string | undefined {
  if (customer === "" || guests.includes(customer)) return undefined;
  const text = withoutZeros(customer);
  return /^[A-Za-z0-9_-]{1,60}$/.test(text) ? `cus_${text}` : digestId("cus", text);
}

/** As it is, where it can be an id; else made of its digest: the same in every file. */
function idOf(prefix: string, text: string): string {
  return /^[A-Za-z0-9_.-]{1,100}$/.test(text) ? text : digestId(prefix, text);
}

function digestId(prefix: string, text: string): string {
  return `${prefix}_${hash("sha256", text, "hex").slice(0, 26)}`;
}
