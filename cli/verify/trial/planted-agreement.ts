import { deletedRow, extraRow, plant, sql, type Plant } from "./planting.ts";
import type { TrialChange } from "./trial-shop.ts";

const AGREE = "orders agree";
const REST = "orders at rest";
const WORKFLOWS = "workflows";
const LEDGER = "ledger read model (law 3)";
const DETAILS = "order-details (law 3)";
const PRODUCTS = "product-search (law 3)";

/** Ids of the trial's orders that were sent, undone, and are on hold; the last hold of all. */
const SENT = "(SELECT substr(stream, 7) FROM facts WHERE type = 'OrderShipped')";
const UNDONE = "(SELECT substr(stream, 7) FROM facts WHERE type = 'OrderFailed')";
const HELD = "(SELECT substr(stream, 7) FROM facts WHERE type = 'OrderHeld' ORDER BY position DESC LIMIT 1)";

export const PLANTED_AGREEMENT: readonly Plant[] = [
  plant(AGREE, "an order sent without a payment", lost("PaymentCompleted", `stream = 'payment-' || ${SENT}`), /not paid in full/),
  plant(
    AGREE,
    "an order sent for less than its total",
    sql(
      `UPDATE facts SET data = replace(data, '"3400"', '"3300"') WHERE type = 'PaymentCompleted' AND stream = 'payment-' || ${SENT}`,
    ),
    /not paid in full/,
  ),
  plant(
    AGREE,
    "an order paid back and sent",
    renamed("PaymentCompleted", "PaymentRefunded", `stream = 'payment-' || ${SENT}`),
    /not paid in full: the payment is refunded/,
  ),
  plant(
    AGREE,
    "an order sent without a shipment",
    sql(`DELETE FROM facts WHERE stream = 'shipment-' || ${SENT}`),
    /its shipment is none/,
  ),
  plant(AGREE, "two shipments of an order", renamed("ShipmentHandedOver", "ShipmentCreated"), /ShipmentCreated, but/),
  plant(
    AGREE,
    "a parcel handed over before it was made",
    renamed("ShipmentCreated", "ShipmentHandedOver"),
    /ShipmentHandedOver, but/,
  ),
  plant(AGREE, "something else in a shipment", renamed("ShipmentHandedOver", "ShipmentSunk"), /not an event/),
  plant(AGREE, "an order carried out and not handed over", lost("ShipmentHandedOver"), /not handed over/),
  plant(AGREE, "pieces that never left", lost("StockShipped", ofOrder(SENT)), /did not leave/),
  plant(
    AGREE,
    "other pieces than the order's that left",
    sql(`UPDATE facts SET data = replace(data, '"quantity":1', '"quantity":2') WHERE type = 'StockShipped' AND ${ofOrder(SENT)}`),
    /what left the stock is not/,
  ),
  plant(
    AGREE,
    "other pieces than the order's reserved",
    sql(
      `UPDATE facts SET data = replace(data, '"quantity":1', '"quantity":3') WHERE type = 'StockReserved' AND ${ofOrder(UNDONE)}`,
    ),
    /what is reserved is not/,
  ),
  plant(
    AGREE,
    "pieces that left without the order",
    sql("UPDATE facts SET type = 'OrderHeld' WHERE type = 'OrderShipped'"),
    /was not sent have left/,
  ),
  plant(AGREE, "a workflow that ended before its order", lost("OrderFailed"), /its workflow has ended, and it is/),
  plant(
    AGREE,
    "a failed order that is still paid",
    lost("PaymentRefunded", `stream = 'payment-' || ${UNDONE}`),
    /its payment is charged/,
  ),
  plant(AGREE, "a failed order with pieces reserved", lost("StockReleased", ofOrder(UNDONE)), /pieces are reserved/),
  plant(AGREE, "a failed order with a parcel", lost("ShipmentCancelled"), /its shipment is created/),
  plant(AGREE, "an order that nobody placed", sql(`DELETE FROM facts WHERE stream = 'order-' || ${SENT}`), /nobody placed/),
  plant(
    AGREE,
    "an order delivered without a parcel's arrival",
    renamed("OrderShipped", "OrderDelivered"),
    /delivered, but its shipment/,
  ),
  plant(
    AGREE,
    "an arrival that the order missed",
    sql(
      `UPDATE facts SET type = 'ShipmentDelivered', version = 3, stream = 'shipment-' || ${SENT} WHERE stream = 'workflow-order-processing-' || ${SENT};
       UPDATE keys SET value = '100000' WHERE key = 'checkpoint/order-progress'`,
    ),
    /does not know/,
  ),
  plant(
    AGREE,
    "a parcel that left and its order missed",
    sql(
      `UPDATE facts SET type = 'OrderHeld' WHERE type = 'OrderShipped';
       UPDATE facts SET meta = json_set(meta, '$.occurredAt', 1) WHERE type = 'ShipmentHandedOver';
       UPDATE keys SET value = '100000' WHERE key = 'checkpoint/order-progress'`,
    ),
    /has its parcel, and the order does not know/,
  ),
  plant(AGREE, "an arrival before the order was sent that it missed", arrivedEarly(""), /does not know/),
  plant(
    AGREE,
    "an arrival that an order did not keep",
    arrivedEarly("UPDATE facts SET type = 'OrderHeld' WHERE type = 'OrderShipped'"),
    /does not know/,
  ),
  plant(AGREE, "an order that nothing carries out", forgotten(), /nothing is going to do that/),
  plant(REST, "an order that does not go on", lost("OrderHeld", `stream = 'order-' || ${HELD}`), /nothing is under way/),
  plant(
    REST,
    "a failed order that is still paid",
    lost("PaymentRefunded", `stream = 'payment-' || ${UNDONE}`),
    /its payment is charged/,
  ),
  plant(
    WORKFLOWS,
    "an open workflow without a next step",
    sql(`DELETE FROM due WHERE id = 'order-processing-' || ${HELD}`),
    /no next step/,
  ),
  plant(WORKFLOWS, "an end that the log does not know", lost("WorkflowEnded"), /how it ended/),
  plant(
    LEDGER,
    "another balance",
    sql(
      `UPDATE rows SET value = replace(value, '"minor":"', '"minor":"1') WHERE collection = 'ledger.1' AND key = 'acc_carried'`,
    ),
    /not the fold/,
  ),
  plant(LEDGER, "a missing row", deletedRow("ledger.1", "acc_carried"), /no row/),
  plant(LEDGER, "an account that nobody opened", extraRow("ledger.1"), /of nothing/),
  plant(
    LEDGER,
    "an account in another's list",
    sql("UPDATE row_index SET entry = 'house:x GBP' WHERE name = 'house'"),
    /not the row's/,
  ),
  plant(LEDGER, "a list too short", sql("DELETE FROM row_index WHERE name = 'house'"), /lacks the row/),
  plant(
    DETAILS,
    "another state of the payment",
    sql(
      `UPDATE rows SET value = replace(value, '"refunded"', '"completed"') WHERE collection = 'order-details.1' AND key = ${UNDONE}`,
    ),
    /not the fold/,
  ),
  plant(
    DETAILS,
    "a missing row",
    sql(
      `DELETE FROM row_index WHERE collection = 'order-details.1' AND key = ${SENT}; DELETE FROM rows WHERE collection = 'order-details.1' AND key = ${SENT}`,
    ),
    /no row/,
  ),
  plant(DETAILS, "an order that nobody placed", extraRow("order-details.1"), /of nothing/),
  plant(
    DETAILS,
    "a shipment in another's list",
    sql("UPDATE row_index SET entry = replace(entry, 'in-transit', 'delivered') WHERE name = 'shipment'"),
    /not the row's/,
  ),
  plant(DETAILS, "a payment in no list", sql("DELETE FROM row_index WHERE name = 'payment'"), /lacks the row/),
  plant(
    PRODUCTS,
    "another word",
    sql(`UPDATE rows SET value = replace(value, '"apron"', '"april"') WHERE collection = 'product-search.1'`),
    /not the fold/,
  ),
  plant(PRODUCTS, "a missing row", deletedRow("product-search.1", "apron"), /no row/),
  plant(PRODUCTS, "a product that nobody listed", extraRow("product-search.1"), /of nothing/),
  plant(
    PRODUCTS,
    "a word that leads elsewhere",
    sql("UPDATE row_index SET entry = 'april' WHERE name = 'word' AND entry = 'apron'"),
    /not the row's/,
  ),
  plant(
    PRODUCTS,
    "a word that leads nowhere",
    sql("DELETE FROM row_index WHERE name = 'word' AND entry = 'apron'"),
    /lacks the row/,
  ),
];

function lost(type: string, where = "TRUE"): TrialChange {
  return sql(`DELETE FROM facts WHERE type = '${type}' AND ${where}`);
}

function renamed(from: string, to: string, where = "TRUE"): TrialChange {
  return sql(`UPDATE facts SET type = '${to}' WHERE type = '${from}' AND ${where}`);
}

function ofOrder(orderId: string): string {
  return `data LIKE '%"' || ${orderId} || '"%'`;
}

/** The parcel of the order that was sent arrives as it is made. */
function arrivedEarly(more: string): TrialChange {
  return sql(
    `UPDATE facts SET type = 'ShipmentDelivered' WHERE type = 'ShipmentCreated' AND stream = 'shipment-' || ${SENT};
     UPDATE keys SET value = '100000' WHERE key = 'checkpoint/order-progress'; ${more}`,
  );
}

/** The workflow of the order on hold, and the message that would start it, are gone. */
function forgotten(): TrialChange {
  const run = `collection = 'workflow' AND key = 'order-processing-' || ${HELD}`;
  return sql(`DELETE FROM due WHERE queue LIKE 'queue/order-work/%'; DELETE FROM rows WHERE ${run}`);
}
