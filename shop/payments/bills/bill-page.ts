import { createHash } from "node:crypto";
import { decimalText, type Money } from "@daybook/kernel/money";
import type { BilledLine } from "./billed-order.ts";
import { billId } from "./bills.ts";
import type { ShownBill } from "./shown-bill.ts";

const STYLE = `:root{color-scheme:light dark}body{font:11pt/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .4rem;border-bottom:1px solid #999;text-align:left}
td.n,th.n{text-align:right;white-space:nowrap}tfoot td{font-weight:600;border-bottom:0}@media print{:root{color-scheme:light}body{margin:0}}`;

/** What the page may load: its own style, by its digest, and nothing else. */
export const BILL_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; frame-ancestors 'none'`;

/** The bill or credit note as a page to print, complete in itself; whatever is said by people is escaped. */
export function billPage({ bill, corrects, ...order }: ShownBill): string {
  const title = `${bill.kind === "bill" ? "Bill" : "Credit note"} ${billId(bill)}`;
  const date = Temporal.Instant.fromEpochMilliseconds(bill.issuedAt).toString().slice(0, 10);
  const said = bill.kind === "bill" ? "Paid." : "Paid back.";
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escaped(title)}</h1>
<p>${order.recipient.map(escaped).join("<br>")}</p>
<p>${corrects === undefined ? "" : `To bill ${escaped(corrects)}<br>`}Order ${escaped(bill.orderId)}<br>Payment ${escaped(bill.paymentId)}<br><time>${date}</time></p>
<table>
<thead><tr><th>Product</th><th class="n">Quantity</th><th class="n">Price</th><th class="n">Tax</th><th class="n">Amount</th></tr></thead>
<tbody>
${order.lines.map(lineRow).join("\n")}
${order.adjustments.map(({ reason, amount }) => row([reason, "", "", "", decimalText(amount)])).join("\n")}
</tbody>
<tfoot><tr><td>Total</td><td class="n" colspan="4">${decimalText(bill.amount)} ${bill.amount.currency}</td></tr></tfoot>
</table>
<p>${said}</p>
</body>
</html>
`;
}

function lineRow({ name, quantity, unitPrice, amount, tax }: BilledLine): string {
  return row([name, String(quantity), unitPrice, taxText(tax), decimalText(amount)]);
}

function taxText(tax: Money | undefined): string {
  return tax ? decimalText(tax) : "";
}

function row([first = "", ...numbers]: readonly string[]): string {
  return `<tr><td>${escaped(first)}</td>${numbers.map((text) => `<td class="n">${escaped(text)}</td>`).join("")}</tr>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
