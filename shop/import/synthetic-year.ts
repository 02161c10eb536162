import { below, pick, seededRandom, type Random } from "@daybook/kernel/random";

/** What a synthetic year is made of. The same seed gives the same text. */
export interface SyntheticYear {
  readonly seed: number;
  /** Numbers, credit notes and adjustments included. */
  readonly invoices: number;
}

const COUNTRIES = ["United Kingdom", "United Kingdom", "United Kingdom", "Germany", "France", "EIRE", "Channel Islands"];
const DESCRIPTIONS = ["FEATHER PEN,COAL BLACK", 'LETTER "M" BLING KEY RING', "SET/3 VANILLA CANDLE ", "POPPY'S PLAYHOUSE", ""];
const YEAR_MINUTES = 370 * 24 * 60;
const FIRST_NUMBER = 536_365;

/** A CSV file like `online-retail-lines.csv`, with its defects: rows of an order apart, guests, zeros, quotes, credit notes. */
export function syntheticLines({ seed, invoices }: SyntheticYear): string {
  const random = seededRandom(seed);
  const sold: Sold[] = [];
  const rows = Array.from({ length: invoices }, (_, index) => linesOf(random, index, invoices, sold)).flat();
  for (let swaps = 0; swaps < rows.length / 20; swaps++) swapNear(random, rows);
  const head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
  return `${[head, ...rows].join("\n")}\n`;
}

/** A CSV file like `online-retail-invoices.csv`: one row an invoice, some twice, mean prices with many decimals. */
export function syntheticInvoices({ seed, invoices }: SyntheticYear): string {
  const random = seededRandom(seed);
  const rows = Array.from({ length: invoices }, (_, index) => {
    const number = numberOf(random, index);
    const time = timeOf(index, invoices);
    const customer = below(random, 7) === 0 ? "(blank)" : String(12_346 + below(random, 500));
    const country = pick(random, COUNTRIES);
    const rowOf = (minute: number) =>
      [
        number,
        usTime(time.add({ minutes: minute })),
        customer,
        country,
        quantityOf(random, number, 20_000),
        meanPrice(random),
      ].join(",");
    return below(random, 200) === 0 ? [rowOf(0), rowOf(1)] : [rowOf(0)];
  }).flat();
  return `${["InvoiceNo,InvoiceDate,CustomerID,Country,Quantity,UnitPrice", ...rows].join("\r\n")}\r\n`;
}

/** What somebody bought, and may bring back. */
interface Sold {
  readonly customer: string;
  readonly code: string;
}

function linesOf(random: Random, index: number, invoices: number, sold: Sold[]): readonly string[] {
  const number = numberOf(random, index);
  const time = timeOf(index, invoices);
  // Most credit notes are of something that was sold.
  const back = number.startsWith("C") && sold.length > 0 && below(random, 4) > 0 ? pick(random, sold) : undefined;
  const customer = back?.customer ?? (below(random, 4) === 0 ? "" : `${12_346 + below(random, 500)}.0`);
  const country = pick(random, COUNTRIES);
  return Array.from({ length: 1 + below(random, 12) }, (_, line) => {
    const at = time
      .add({ minutes: line > 8 ? 1 : 0 })
      .toString({ smallestUnit: "second" })
      .replace("T", " ");
    const code = (line === 0 && back?.code) || `${20_000 + below(random, 900)}${pick(random, ["", "A", "b", "BL"])}`;
    if (!number.startsWith("C") && customer !== "") sold.push({ customer, code });
    const cells = [
      number,
      code,
      quoted(pick(random, DESCRIPTIONS)),
      quantityOf(random, number, 600),
      at,
      price(random),
      customer,
      country,
    ];
    return cells.join(",");
  });
}

function numberOf(random: Random, index: number): string {
  const number = FIRST_NUMBER + index;
  if (index % 97 === 50) return `A${number}`;
  return below(random, 8) === 0 ? `C${number}` : String(number);
}

/** Through the whole year, so that both changes of the clocks are in it. */
function timeOf(index: number, invoices: number): Temporal.PlainDateTime {
  const minutes = Math.floor((index / invoices) * YEAR_MINUTES);
  return Temporal.PlainDateTime.from("2010-12-01T08:26:00").add({ minutes });
}

function usTime(time: Temporal.PlainDateTime): string {
  return `${time.month}/${time.day}/${time.year} ${time.hour}:${String(time.minute).padStart(2, "0")}`;
}

function quantityOf(random: Random, number: string, most: number): number {
  if (number.startsWith("C")) return -1 - below(random, most);
  const odd = below(random, 60);
  if (odd === 0) return 0;
  if (odd === 1) return -1 - below(random, 50);
  return odd === 2 ? 80_995 : 1 + below(random, most);
}

function price(random: Random): string {
  if (below(random, 50) === 0) return "0.0";
  return `${below(random, 30)}.${below(random, 100)}`;
}

function meanPrice(random: Random): string {
  const odd = below(random, 100);
  if (odd === 0) return "0";
  if (odd === 1) return "-11062.06";
  return odd < 20 ? String(1 + below(random, 9)) : `${below(random, 30)}.${String(below(random, 10_000)).padStart(4, "0")}`;
}

function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function swapNear(random: Random, rows: string[]): void {
  const a = below(random, rows.length);
  const b = Math.min(rows.length - 1, a + 1 + below(random, 30));
  [rows[a], rows[b]] = [rows[b] ?? "", rows[a] ?? ""];
}
