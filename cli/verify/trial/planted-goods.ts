import assert from "node:assert/strict";
import { deletedRow, extraRow, plant, rewritten, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

const STOCK = "stock (law 12)";
const STOCK_ROWS = "stock read model (law 3)";
const RESERVATIONS = "reservations";
const SOLD = "sold-together (law 3)";
const LEDGER = "ledger (law 12)";
const PAYMENTS = "payments";
const ACCOUNTS = "accounts read model (law 3)";
const BILLS = "bills";

export const PLANTED_GOODS: readonly Plant[] = [
  plant(
    STOCK,
    "more pieces reserved than there are",
    changed("StockReserved", '"quantity":2', '"quantity":20'),
    /more pieces go/,
  ),
  plant(STOCK, "pieces of another product", changed("StockReceived", '"productId":"', '"productId":"x'), /its stream's/),
  plant(STOCK, "half a piece", changed("StockWrittenOff", '"quantity":1', '"quantity":0.5'), /not counted/),
  plant(
    STOCK,
    "an event of something else",
    sql("UPDATE facts SET type = 'StockFound' WHERE type = 'StockWrittenOff'"),
    /not an event/,
  ),
  plant(
    STOCK_ROWS,
    "a piece more on hand",
    sql(`UPDATE rows SET value = replace(value, '"onHand":5', '"onHand":7') WHERE collection = 'stock'`),
    /not the fold/,
  ),
  plant(STOCK_ROWS, "a missing row", deletedRow("stock", "clock"), /no row/),
  plant(STOCK_ROWS, "stock of nothing", extraRow("stock"), /no stream/),
  plant(
    RESERVATIONS,
    "a reservation of other pieces",
    sql(`UPDATE keys SET value = replace(value, '"quantity":2', '"quantity":3') WHERE key = 'reservation/ord_held'`),
    /does not agree/,
  ),
  plant(
    RESERVATIONS,
    "one that says it was released",
    sql(`UPDATE keys SET value = replace(value, '"reserved"', '"released"') WHERE key = 'reservation/ord_held'`),
    /does not agree/,
  ),
  plant(
    RESERVATIONS,
    "a released one whose pieces left",
    sql("UPDATE facts SET type = 'StockShipped' WHERE type = 'StockReleased'"),
    /does not agree/,
  ),
  plant(RESERVATIONS, "one that is gone", sql("DELETE FROM keys WHERE key = 'reservation/ord_held'"), /without a reservation/),
  plant(
    SOLD,
    "a sale too many",
    sql(`UPDATE rows SET value = replace(value, '"sales":', '"sales":1') WHERE collection = 'sold-together.1'`),
    /not the fold/,
  ),
  plant(
    SOLD,
    "another product that was with it",
    sql(`UPDATE rows SET value = replace(value, '[["clock",1]]', '[["apron",1]]') WHERE collection = 'sold-together.1'`),
    /not the fold/,
  ),
  plant(SOLD, "a missing row", deletedRow("sold-together.1", "clock"), /no row/),
  plant(SOLD, "a product that was never sold", extraRow("sold-together.1"), /of nothing/),
  plant(
    SOLD,
    "a best seller that is none",
    sql("UPDATE row_index SET entry = '000000000009' WHERE name = 'sales' AND key = 'clock'"),
    /not the row's/,
  ),
  plant(SOLD, "a list too short", sql("DELETE FROM row_index WHERE name = 'sales' AND key = 'clock'"), /lacks the row/),
  plant(LEDGER, "an entry that gives more than it takes", changed("AccountDeposited", '"5000"', '"5001"'), /does not give/),
  plant(LEDGER, "an account below zero", changed("AccountCharged", '"1000"', '"9000"'), /below zero/),
  plant(
    LEDGER,
    "an account that pays less than its order costs",
    changed("AccountCharged", '"1000"', '"900"'),
    /what the ledger/,
  ),
  plant(PAYMENTS, "an order charged twice", renamedPayment("PaymentRefunded", "PaymentCompleted"), /charged twice/),
  plant(PAYMENTS, "half of it paid back", changed("PaymentRefunded", '1000"', '500"'), /not what was charged/),
  plant(PAYMENTS, "declined after it was charged", renamedPayment("PaymentRefunded", "PaymentDeclined"), /was charged/),
  plant(
    ACCOUNTS,
    "another balance",
    sql(`UPDATE rows SET value = replace(value, '"4000"', '"4001"') WHERE collection = 'accounts'`),
    /not the fold/,
  ),
  plant(ACCOUNTS, "a missing row", deletedRow("accounts", "acc_zoe"), /no row/),
  plant(
    ACCOUNTS,
    "an account of another person's",
    sql("UPDATE row_index SET entry = 'cus_eve acc_zoe' WHERE name = 'owner' AND key = 'acc_zoe'"),
    /not the row's/,
  ),
  plant(BILLS, "a bill of another amount", changed("BillIssued", '"1000"', '"999"'), /no bill/),
  plant(BILLS, "a payment without a bill", sql("DELETE FROM facts WHERE type = 'BillIssued'"), /no bill/),
  plant(BILLS, "a refund without a credit note", sql("DELETE FROM facts WHERE type = 'CreditNoteIssued'"), /no credit-note/),
];

function renamedPayment(from: string, to: string): TrialChange {
  return sql(`UPDATE facts SET type = '${to}' WHERE type = '${from}'`);
}

/** The first fact of this type with another text, under the digest of that text. */
function changed(type: string, from: string, to: string): TrialChange {
  return {
    store: (db) => {
      const { position } = db.prepare("SELECT min(position) AS position FROM facts WHERE type = ?").get(type) ?? {};
      assert.ok(typeof position === "number", `there is a ${type}`);
      rewritten(position, (data) => data.replaceAll(from, to)).store?.(db);
    },
  };
}
