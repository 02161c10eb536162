import { lineAmount, type Money } from "@daybook/kernel/money";
import type { Product } from "@daybook/shop-catalog/contract";
import { rowCleaner, type CleanRow } from "./clean-row.ts";
import type { ImportOptions } from "./contract.ts";
import { CreditNotes } from "./credit-notes.ts";
import { RowIndex } from "./order-groups.ts";
import { sourceRows } from "./rows/source-rows.ts";

/** What a first reading of a file says: everything that must be known before the first order is placed. */
export interface Survey {
  readonly index: RowIndex;
  readonly notes: CreditNotes;
  /** By id, as the first row of each says. */
  readonly products: ReadonlyMap<string, Product>;
}

/** Reads the whole file; one that cannot be read fails here. */
export async function survey({ file, mapping, signal }: ImportOptions): Promise<Survey> {
  const index = new RowIndex();
  const notes = new CreditNotes();
  const products = new Map<string, Product>();
  const clean = rowCleaner(mapping);
  for await (const chunk of sourceRows(file, mapping)) {
    signal?.throwIfAborted();
    for (const row of chunk) {
      index.add(row.cells.number ?? "");
      const cleaned = clean(row);
      if (!("kind" in cleaned)) continue;
      if (cleaned.kind === "note") notes.add(cleaned);
      else if (!products.has(cleaned.productId)) products.set(cleaned.productId, productOf(cleaned));
    }
  }
  return { index, notes, products };
}

/** For the catalogue; imported orders keep their own names and prices. */
function productOf({ productId, name, unitPrice, currency }: CleanRow): Product {
  return { productId, name: name.trim() || productId, price: listPrice(lineAmount(1, unitPrice, currency)) };
}

const MINOR_DIGITS_MAX = 12;

/** A price that a catalogue can have: a minor unit at least. */
function listPrice({ minor, currency }: Money): Money {
  if (minor === "0") return { minor: "1", currency };
  return { minor: minor.length > MINOR_DIGITS_MAX ? "9".repeat(MINOR_DIGITS_MAX) : minor, currency };
}
