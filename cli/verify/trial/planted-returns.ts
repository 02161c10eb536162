import assert from "node:assert/strict";
import { extraRow, plant, rewritten, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

const RULES = "return rules (laws 2 and 13)";
const ROWS = "returns read model (law 3)";
const AGREE = "returns agree";

/** The first of the trial's returns is completed, the second rejected, the third waits for its piece. */
const COMPLETED = idOf(0);
const REJECTED = idOf(1);
const WAITING = idOf(2);
const ORDER = "(SELECT substr(stream, 8) FROM facts WHERE type = 'ReturnCompleted')";

/** What is read of the data that are changed: all that a return's facts hold. */
interface Data {
  [name: string]: unknown;
  quantity: number;
  writtenOff: number | number[];
  customerId: string;
  amount: Amount;
  lines: { line: number; productId: string; quantity: number; amount: Amount }[];
  entry: { account: string }[];
}
interface Amount {
  minor: string;
}

export const PLANTED_RETURNS: readonly Plant[] = [
  plant(
    RULES,
    "more that comes back than was bought",
    requested((line) => (line.quantity = 4)),
    /more comes back/,
  ),
  plant(
    RULES,
    "more given back than the pieces' share",
    edited("ReturnRequested", (data) => {
      data.amount.minor = "3401";
      for (const line of data.lines) line.amount.minor = "3401";
    }),
    /not the share/,
  ),
  plant(
    RULES,
    "lines that do not add up",
    requested((line) => (line.amount.minor = "3399")),
    /not the sum/,
  ),
  plant(
    RULES,
    "another product",
    requested((line) => (line.productId = "clock")),
    /not what was bought/,
  ),
  plant(
    RULES,
    "a line that the order does not have",
    requested((line) => (line.line = 2)),
    /not what was bought/,
  ),
  plant(
    RULES,
    "another person's order",
    edited("ReturnRequested", (data) => (data.customerId = "cus_other")),
    /another person/,
  ),
  plant(
    RULES,
    "an order that was not sent",
    sql(`UPDATE facts SET type = 'OrderHeld' WHERE type = 'OrderShipped' AND stream = 'order-' || ${ORDER}`),
    /was not sent/,
  ),
  plant(
    RULES,
    "pieces of a return that was rejected",
    renamed("ReturnAccepted", "ReturnRejected"),
    /but the return was rejected/,
  ),
  plant(
    RULES,
    "a line written off that did not come back",
    edited("ReturnReceived", (data) => (data.writtenOff = [2])),
    /else is written/,
  ),
  plant(
    RULES,
    "completed with other pieces",
    edited("ReturnCompleted", ({ lines: [line] }) => line && (line.quantity = 2)),
    /something else than was asked/,
  ),
  plant(RULES, "something else among returns", renamed("ReturnReceived", "ReturnLost"), /not an event/),
  plant(
    ROWS,
    "another state",
    sql(
      `UPDATE rows SET value = replace(value, '"completed"', '"received"') WHERE collection = 'returns' AND key = ${COMPLETED}`,
    ),
    /not the fold/,
  ),
  plant(ROWS, "a missing row", sql(`DELETE FROM rows WHERE collection = 'returns' AND key = ${REJECTED}`), /no row/),
  plant(ROWS, "a return of nothing", extraRow("returns"), /no stream/),
  plant(
    ROWS,
    "a return in another order's list",
    sql(`UPDATE row_index SET entry = 'ord_other 1' WHERE name = 'order' AND key = ${WAITING}`),
    /not the row's/,
  ),
  plant(AGREE, "a completed return that was not paid back", lost("PaymentGivenBack"), /nothing was paid back/),
  plant(
    AGREE,
    "another amount that went back",
    edited("PaymentGivenBack", (data) => (data.amount.minor = "3300")),
    /not what the return/,
  ),
  plant(
    AGREE,
    "money back before the pieces",
    moved("PaymentGivenBack", WAITING),
    /back of a return that is accepted|back that is accepted/,
  ),
  plant(AGREE, "money back of a rejected return", moved("PaymentGivenBack", REJECTED), /back that is rejected/),
  plant(AGREE, "money back of no return", moved("PaymentGivenBack", "'ret_none'"), /of no return/),
  plant(AGREE, "a completed return whose pieces are not back", lost("StockReturned"), /pieces are not back/),
  plant(
    AGREE,
    "other pieces that are back",
    edited("StockReturned", (data) => (data.quantity = 2)),
    /not those of the return/,
  ),
  plant(
    AGREE,
    "pieces on hand that were broken",
    edited("StockReturned", (data) => (data.writtenOff = 0)),
    /not those of the return/,
  ),
  plant(
    AGREE,
    "another credit note",
    edited("ReturnCompleted", (data) => (data["creditNote"] = "2026-999")),
    /not the one that was/,
  ),
  plant(
    AGREE,
    "an order that knows other pieces",
    edited("ItemsReturned", ({ lines: [line] }) => line && (line.quantity = 2)),
    /knows something else/,
  ),
  plant(
    AGREE,
    "an order that does not know",
    sql(`DELETE FROM facts WHERE type = 'ItemsReturned';
         INSERT OR REPLACE INTO keys (key, value) VALUES ('checkpoint/order-progress', '100000')`),
    /order does not know/,
  ),
  plant(
    AGREE,
    "a return that nothing carries out",
    sql(`DELETE FROM due WHERE queue LIKE 'queue/return-work/%';
         DELETE FROM rows WHERE collection = 'workflow' AND key = 'return-' || ${WAITING}`),
    /nothing carries/,
  ),
  plant(AGREE, "a workflow that ended before its return", lost("ReturnCompleted"), /its workflow has ended, and it is received/),
  plant(
    "order rules (laws 2 and 13)",
    "an order of which more came back than was bought",
    edited("ItemsReturned", ({ lines: [line] }) => line && (line.quantity = 4)),
    /more has come back/,
  ),
  plant(
    "stock (law 12)",
    "more written off than came back",
    edited("StockReturned", (data) => (data.writtenOff = 2)),
    /more is written/,
  ),
  plant(
    "stock (law 12)",
    "more back than had left",
    edited("StockReturned", (data) => (data.quantity = 90)),
    /more pieces go/,
  ),
  plant(
    "payments",
    "more paid back than was charged",
    edited("PaymentGivenBack", (data) => (data.amount.minor = "340000")),
    /more is paid back/,
  ),
  plant(
    "payments",
    "a part that goes to another account",
    edited("PaymentGivenBack", ({ entry }) =>
      entry.forEach((posting) => (posting.account = posting.account.replace("carried", "zoe"))),
    ),
    /did not come from/,
  ),
  plant("bills", "a part without a credit note", lost("CreditNoteIssued", "data LIKE '%refundId%'"), /no credit-note/),
  plant(
    "bills",
    "a credit note whose lines do not add up",
    edited("CreditNoteIssued", ({ lines: [line] }) => line && (line.amount.minor = "1"), 2),
    /do not add up/,
  ),
];

function idOf(number: number): string {
  const requests = "SELECT json_extract(data, '$.returnId') FROM facts WHERE type = 'ReturnRequested' ORDER BY position";
  return `(${requests} LIMIT 1 OFFSET ${number})`;
}

function lost(type: string, where = "TRUE"): TrialChange {
  return sql(`DELETE FROM facts WHERE type = '${type}' AND ${where}`);
}

function renamed(from: string, to: string): TrialChange {
  return sql(`UPDATE facts SET type = '${to}' WHERE position = (SELECT min(position) FROM facts WHERE type = '${from}')`);
}

/** What was done for the completed return, as if it were for another one. */
function moved(type: string, returnId: string): TrialChange {
  return sql(`UPDATE facts SET data = replace(data, ${COMPLETED}, ${returnId}) WHERE type = '${type}'`);
}

/** A fact of this type, the first one unless given, with other data under their digest. */
function edited(type: string, change: (data: Data) => unknown, number = 0): TrialChange {
  return {
    store: (db) => {
      const found = db.prepare("SELECT position FROM facts WHERE type = ? ORDER BY position LIMIT 1 OFFSET ?").get(type, number);
      assert.ok(typeof found?.["position"] === "number", `there is a ${type}`);
      const text = (before: string) => {
        const data = JSON.parse(before) as Data; // as the facts of a return are
        change(data);
        return JSON.stringify(data);
      };
      rewritten(found["position"], text).store?.(db);
    },
  };
}

function requested(change: (line: Data["lines"][number]) => unknown): TrialChange {
  return edited("ReturnRequested", ({ lines: [line] }) => line && change(line));
}
