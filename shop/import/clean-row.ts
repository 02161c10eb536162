import { hash } from "node:crypto";
import type { Rejection, Stage } from "./contract.ts";
import type { Cells, CsvRow } from "./csv-rows.ts";
import { localTimes } from "./local-time.ts";
import type { Mapping } from "./mapping.ts";

/** A row that is a line of an order. */
export interface CleanRow {
  readonly row: number;
  readonly number: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly quantity: number;
  /** Decimal text, above zero. */
  readonly unitPrice: string;
  readonly productId: string;
  readonly name: string;
  readonly customerId: string | undefined;
  readonly country: string | undefined;
}

/** Reads rows by a mapping; what is no line of an order comes back with the reason. Pure. */
export function rowCleaner(mapping: Mapping): (row: CsvRow) => CleanRow | Rejection {
  const kindOf = numberKinds(mapping);
  const timeOf = localTimes(mapping.timeFormat, mapping.timeZone);
  return ({ row, cells, isComplete }) => {
    const reject = (stage: Stage, reason: string): Rejection => ({ row, stage, reason });
    if (!isComplete) return reject("parse", "columns-differ");
    const { number = "", unitPrice = "" } = cells;
    if (number === "" || number.length > 100) return reject("clean", number === "" ? "number-missing" : "number-too-long");
    const kind = kindOf(number);
    if (kind !== "order") return reject("clean", kind);
    const fault = quantityFault(cells.quantity) ?? priceFault(unitPrice);
    if (fault !== undefined) return reject("clean", fault);
    const time = timeOf(cells.time ?? "");
    if (time === undefined || time < 0) return reject("clean", "time-unreadable");
    const product = productOf(cells, mapping);
    if (product.productId === "") return reject("clean", "product-missing");
    const quantity = Number(withoutZeros(cells.quantity ?? ""));
    return { row, number, time, quantity, unitPrice, ...product, ...buyerOf(cells, mapping) };
  };
}

export function isRejection(cleaned: CleanRow | Rejection): cleaned is Rejection {
  return "reason" in cleaned;
}

/** Adjustments and credit notes go by their numbers. Returns come with their own process. */
function numberKinds({ numbers }: Mapping): (number: string) => "order" | "adjustment" | "returns-not-yet" {
  const adjustment = numbers.adjustment === undefined ? undefined : new RegExp(numbers.adjustment);
  const creditNote = numbers.creditNote === undefined ? undefined : new RegExp(numbers.creditNote);
  return (number) => {
    if (adjustment?.test(number)) return "adjustment";
    return creditNote?.test(number) ? "returns-not-yet" : "order";
  };
}

function quantityFault(text = ""): string | undefined {
  const whole = withoutZeros(text);
  if (!/^-?\d{1,15}$/.test(whole)) return "quantity-unreadable";
  if (Number(whole) <= 0) return "quantity-not-positive";
  return Number(whole) > 1_000_000 ? "quantity-too-large" : undefined;
}

function priceFault(text: string): string | undefined {
  if (!/^-?\d{1,12}(\.\d{1,20})?$/.test(text)) return "price-unreadable";
  return text.startsWith("-") || /^[0.]+$/.test(text) ? "price-not-positive" : undefined;
}

/** A number that went through a spreadsheet: `6.0`, `17850.0`. */
function withoutZeros(text: string): string {
  return text.replace(/\.0+$/, "");
}

function productOf(cells: Cells, { columns, standIn }: Mapping): Pick<CleanRow, "productId" | "name"> {
  if (columns.product === undefined) return standIn ?? { productId: "", name: "" };
  const productId = (cells.product ?? "").slice(0, 100);
  const name = (cells.description ?? "").slice(0, 300);
  return { productId, name: name === "" ? productId : name };
}

function buyerOf(cells: Cells, { guests }: Mapping): Pick<CleanRow, "customerId" | "country"> {
  const { customer = "", country = "" } = cells;
  const isGuest = customer === "" || guests.includes(customer);
  return {
    customerId: isGuest ? undefined : customerIdOf(withoutZeros(customer)),
    country: country === "" ? undefined : country.slice(0, 100),
  };
}

/** The same customer has the same id in every file. */
function customerIdOf(text: string): string {
  return /^[A-Za-z0-9_-]{1,60}$/.test(text) ? `cus_${text}` : `cus_${hash("sha256", text, "hex").slice(0, 26)}`;
}
