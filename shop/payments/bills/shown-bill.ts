import type { BilledOrder } from "./billed-order.ts";
import { billId, type Bill } from "./bills.ts";

/** A bill or credit note with what it says of its order: of a refund, the lines that it is for. */
export interface ShownBill extends Pick<BilledOrder, "recipient" | "lines" | "adjustments"> {
  readonly bill: Bill;
  /** The bill that a credit note takes back, or lines of it. */
  readonly corrects?: string | undefined;
}

/** `others`: the bills of the order, of a credit note. */
export function shownBill(bill: Bill, { recipient, lines, adjustments }: BilledOrder, others: readonly Bill[]): ShownBill {
  const corrected = others.find(({ kind }) => kind === "bill");
  const corrects = corrected && billId(corrected);
  if (!bill.lines) return { bill, corrects, recipient, lines, adjustments };
  // An amount holds its share of taxes and adjustments.
  const credited = bill.lines.flatMap(({ line, quantity, amount }) => {
    const billed = lines[line - 1];
    return billed ? [{ ...billed, quantity, amount, tax: undefined }] : [];
  });
  return { bill, corrects, recipient, lines: credited, adjustments: [] };
}
